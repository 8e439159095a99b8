"""The table of breakers and what is done to them, through a real server and a process that reports to it."""

import asyncio
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from google.protobuf.duration_pb2 import Duration

from luna.modules.resilience import table
from luna.modules.resilience.record import CIRCUIT_COMMANDED
from luna.resilience.circuit import CircuitState
from tests.integration.resilience_server import APPEND, READ, STREAMS, Reporter, Running, name_of, running
from tests.integration.zeroia_server import Node, events_in, reason


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(node: Node) -> AsyncIterator[Running]:
    async with running(node) as server:
        yield server


@pytest.fixture
def log(node: Node, server: Running) -> Reporter:
    return Reporter(node=node, stub=server.circuits)


async def listed(server: Running, **request: object) -> list[pb.CircuitBreaker]:
    answer = await server.circuits.ListCircuitBreakers(
        rpc.ListCircuitBreakersRequest(**request)  # type: ignore[arg-type]  # the fields of the request
    )
    return list(answer.circuit_breakers)


async def test_every_process_is_listed_as_it_reported_last(server: Running, log: Reporter) -> None:
    """
    Its breakers with their state, their counts and their policy, by name.
    """
    log.breaker(READ)
    log.fail(log.breaker(APPEND), 5)
    await log.report()
    kernel = Reporter(node=log.node, stub=log.stub, process="kernel-0")
    kernel.breaker(APPEND)
    await kernel.report()

    found = await listed(server)
    assert [one.name for one in found] == [name_of("kernel-0"), name_of("log-0"), name_of("log-0", READ)]
    assert [one.state for one in found] == [
        pb.CIRCUIT_STATE_CLOSED,
        pb.CIRCUIT_STATE_OPEN,
        pb.CIRCUIT_STATE_CLOSED,
    ]
    assert found[1].window.failures == 5
    assert found[1].policy.calls_min == 10
    assert abs(found[1].report_time.ToNanoseconds() - log.node.clock.wall_ns()) < 5e9


async def test_a_list_can_be_narrowed_and_paged(server: Running, log: Reporter) -> None:
    """
    By what a selector says and by state; the pages make the list.
    """
    log.fail(log.breaker(APPEND), 5)
    log.breaker(READ)
    log.breaker(READ, peer="mind")
    await log.report()

    assert [one.key.peer for one in await listed(server, selector=pb.CircuitSelector(peer="mind"))] == ["mind"]
    assert [one.key.method for one in await listed(server, state=pb.CIRCUIT_STATE_OPEN)] == [APPEND]
    assert not await listed(server, selector=pb.CircuitSelector(process="kernel"))
    pages: list[list[str]] = []
    token = ""
    while not pages or token:
        answer = await server.circuits.ListCircuitBreakers(
            rpc.ListCircuitBreakersRequest(page_size=1, page_token=token)
        )
        pages.append([one.name for one in answer.circuit_breakers])
        token = answer.next_page_token
    assert pages == [[one.name] for one in await listed(server)]


async def test_a_page_token_belongs_to_its_list(server: Running, log: Reporter) -> None:
    """
    Neither a garbled one nor that of another list is taken.
    """
    log.breaker(APPEND)
    log.breaker(READ)
    await log.report()
    answer = await server.circuits.ListCircuitBreakers(rpc.ListCircuitBreakersRequest(page_size=1))

    for token, state in [("nonsense", pb.CIRCUIT_STATE_UNSPECIFIED), (answer.next_page_token, pb.CIRCUIT_STATE_OPEN)]:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await listed(server, page_token=token, state=state)
        assert reason(caught.value).reason == "RESILIENCE_ERROR_REASON_PAGE_TOKEN"


async def test_a_late_report_changes_nothing(server: Running, log: Reporter) -> None:
    """
    What was taken before is left aside when it comes after.
    """
    log.breaker(APPEND)
    await log.report()
    late = rpc.ReportCircuitBreakersRequest(process="log-0", report_time_ns=1)
    await server.circuits.ReportCircuitBreakers(late)

    assert len(await listed(server)) == 1


async def test_a_silent_process_is_forgotten(monkeypatch: pytest.MonkeyPatch, server: Running, log: Reporter) -> None:
    """
    Breakers of which nobody has heard for long are not shown as if they were known.
    """
    monkeypatch.setattr(table, "SILENT_SECONDS", 0.05)
    log.breaker(APPEND)
    await log.report()
    await asyncio.sleep(0.06)

    assert not await listed(server)


async def test_a_trip_is_answered_when_its_process_has_done_it(node: Node, server: Running, log: Reporter) -> None:
    """
    The breaker is open, the command is on record with who and why.
    """
    breaker = log.breaker(APPEND)
    log.breaker(READ)
    await log.report()
    async with log.obeying():
        answer = await server.circuits.TripCircuitBreaker(
            rpc.TripCircuitBreakerRequest(selector=pb.CircuitSelector(method=APPEND), reason="for the test"),
            metadata=[("x-jwt-sub", "alice")],
        )

    assert [(one.name, one.state) for one in answer.circuit_breakers] == [
        (name_of("log-0"), pb.CIRCUIT_STATE_FORCED_OPEN)
    ]
    assert breaker.state is CircuitState.FORCED_OPEN
    [event] = [event for event in await events_in(node.log, STREAMS.breaker) if event.type == CIRCUIT_COMMANDED]
    assert b"alice" in event.payload
    assert b"for the test" in event.payload


async def test_a_request_that_is_repeated_is_one_command(node: Node, server: Running, log: Reporter) -> None:
    """
    Whoever lost the answer asks again with the same id, and gets it.
    """
    log.breaker(APPEND)
    await log.report()
    request = rpc.TripCircuitBreakerRequest(selector=pb.CircuitSelector(process="log"), request_id="one")
    async with log.obeying():
        first = await server.circuits.TripCircuitBreaker(request)
        again = await server.circuits.TripCircuitBreaker(request)

    assert [one.name for one in first.circuit_breakers] == [one.name for one in again.circuit_breakers]
    commands = [event for event in await events_in(node.log, STREAMS.breaker) if event.type == CIRCUIT_COMMANDED]
    assert len(commands) == 1


async def test_a_breaker_is_opened_for_a_while_reset_and_disabled(server: Running, log: Reporter) -> None:
    """
    Each answer shows the state that was asked for.
    """
    breaker = log.breaker(APPEND)
    await log.report()
    everything = pb.CircuitSelector()
    async with log.obeying():
        tripped = await server.circuits.TripCircuitBreaker(
            rpc.TripCircuitBreakerRequest(selector=everything, duration=Duration(seconds=30))
        )
        reset = await server.circuits.ResetCircuitBreaker(rpc.ResetCircuitBreakerRequest(selector=everything))
        disabled = await server.circuits.DisableCircuitBreaker(rpc.DisableCircuitBreakerRequest(selector=everything))

    states = [answer.circuit_breakers[0].state for answer in (tripped, reset, disabled)]
    assert states == [pb.CIRCUIT_STATE_OPEN, pb.CIRCUIT_STATE_CLOSED, pb.CIRCUIT_STATE_DISABLED]
    assert breaker.state is CircuitState.DISABLED


async def test_who_does_not_confirm_is_left_out_of_the_answer(server: Running, log: Reporter) -> None:
    """
    After two seconds the answer has those that did.
    """
    log.breaker(APPEND)
    await log.report()
    kernel = Reporter(node=log.node, stub=log.stub, process="kernel-0")
    kernel.breaker(APPEND)
    await kernel.report()
    async with log.obeying():
        call = server.circuits.TripCircuitBreaker(rpc.TripCircuitBreakerRequest(selector=pb.CircuitSelector()))
        await asyncio.sleep(0.5)
        # It reports, and has not done it.
        await kernel.report()
        answer = await call

    assert [one.name for one in answer.circuit_breakers] == [name_of("log-0")]


async def test_a_breaker_that_nobody_has_is_not_found(node: Node, server: Running, log: Reporter) -> None:
    """
    The refusal names the selector, and nothing is put on record.
    """
    log.breaker(APPEND)
    await log.report()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.circuits.ResetCircuitBreaker(
            rpc.ResetCircuitBreakerRequest(selector=pb.CircuitSelector(process="mind", side=pb.CIRCUIT_SIDE_CLIENT))
        )

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    info = reason(caught.value)
    assert info.reason == "RESILIENCE_ERROR_REASON_BREAKER_UNKNOWN"
    assert info.metadata["selector"] == "mind/client/*/*"
    assert not await events_in(node.log, STREAMS.breaker)


async def test_right_after_the_start_a_report_is_waited_for(server: Running, log: Reporter) -> None:
    """
    A command that is given before a process has said what it has is not refused.
    """
    engine = log.breaker(APPEND)
    request = rpc.ResetCircuitBreakerRequest(selector=pb.CircuitSelector(process="log-0"))
    call = asyncio.ensure_future(server.circuits.ResetCircuitBreaker(request))
    await asyncio.sleep(0.2)
    assert not call.done()
    await log.report()
    await asyncio.sleep(0.1)
    await log.report()

    assert [one.name for one in (await call).circuit_breakers] == [engine.key.name]


async def test_changes_are_streamed_and_resumed(server: Running, log: Reporter) -> None:
    """
    First what is not closed, then each change; whoever comes back misses none.
    """
    log.fail(log.breaker(APPEND), 5)
    other = log.breaker(READ)
    await log.tell()
    await log.report()
    first = server.circuits.WatchCircuitBreakers(rpc.WatchCircuitBreakersRequest())
    shown = await anext(aiter(first))
    assert [one.name for one in shown.circuit_breakers] == [name_of("log-0")]
    first.cancel()

    log.fail(other, 5)
    await log.tell()
    again = server.circuits.WatchCircuitBreakers(rpc.WatchCircuitBreakersRequest(resume_token=shown.resume_token))
    async with asyncio.timeout(5):
        async for response in again:
            if any(one.name == name_of("log-0", READ) for one in response.circuit_breakers):
                break
    assert response.circuit_breakers[-1].state == pb.CIRCUIT_STATE_OPEN
    assert response.circuit_breakers[-1].policy.calls_min == 10
    async with asyncio.timeout(5):
        async for response in again:
            if not response.circuit_breakers:
                break
    again.cancel()

    assert response.resume_token


async def test_a_change_is_listed_before_the_next_report(server: Running, log: Reporter) -> None:
    """
    What is on record has happened.
    """
    breaker = log.breaker(APPEND)
    await log.report()
    log.fail(breaker, 5)
    await log.tell()

    async with asyncio.timeout(5):
        while not await listed(server, state=pb.CIRCUIT_STATE_OPEN):
            await asyncio.sleep(0.01)


async def test_a_foreign_resume_token_is_refused(server: Running) -> None:
    """
    It names no place in this log.
    """
    call = server.circuits.WatchCircuitBreakers(rpc.WatchCircuitBreakersRequest(resume_token="nonsense"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(call))

    assert reason(caught.value).reason == "RESILIENCE_ERROR_REASON_RESUME_TOKEN"
