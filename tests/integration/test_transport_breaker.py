"""The breaker around each handler, through a real server."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.resilience.circuit import CircuitPolicy, CircuitState
from luna.resilience.selection import CircuitRules, Selector
from luna.transport.circuit_commands import Command
from luna.transport.circuits import Circuits
from luna.transport.on_behalf import PROBE
from luna.transport.parts import Parts
from tests.integration.transport_contract import SERVICE, question
from tests.integration.transport_probe import ALL, Node, details, invoke, probe_node, refused, until

POLICY = CircuitPolicy(consecutive_failures=3, open_seconds=0.2, open_jitter=0.0)
ANYWHERE = Selector()


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    parts = Parts(circuits=Circuits("probe-0"))
    parts.circuits.configure(CircuitRules(policy=POLICY))
    async with probe_node(parts=parts) as node:
        yield node


def state_of(node: Node, method: str = "Ask") -> CircuitState:
    (found,) = [it.state for it in node.parts.circuits.engines() if it.key.method == f"{SERVICE}/{method}"]
    return found


async def fail(node: Node, method: str, times: int = 3) -> None:
    for _ in range(times):
        await refused(node, method, question("break"))


@pytest.mark.parametrize("method", ALL)
async def test_a_handler_that_keeps_failing_is_left_alone(node: Node, method: str) -> None:
    """
    Every shape of rpc is refused before its handler runs, with the time to wait.
    """
    await fail(node, method)
    before = len(node.probe.seen)
    error = await refused(node, method, question("hello", count=1))

    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert details(error).reason == "REQUEST_ERROR_REASON_CIRCUIT_OPEN"
    assert details(error).metadata["breaker"] == f"probe-0/server/probe-0/{SERVICE}/{method}"
    assert 0 < details(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() <= 200
    assert len(node.probe.seen) == before


@pytest.mark.parametrize("method", ALL)
async def test_it_closes_when_the_handler_works_again(node: Node, method: str) -> None:
    """
    Two probes succeed.
    """
    await fail(node, method)
    await asyncio.sleep(0.25)
    for _ in range(2):
        await invoke(node, method, question("hello", count=1))

    await until(lambda: state_of(node, method) is CircuitState.CLOSED)
    assert [changed.transition.after for changed in node.parts.circuits.take_changes(9)] == [
        CircuitState.OPEN,
        CircuitState.HALF_OPEN,
        CircuitState.CLOSED,
    ]


async def test_a_probe_is_let_in_and_ends_the_wait(node: Node) -> None:
    """
    While it finds trouble the breaker stays as it is; when it is answered, callers are let in again.
    """
    node.parts.circuits.configure(CircuitRules(policy=replace(POLICY, open_seconds=60.0)))
    await fail(node, "Ask")
    probe = ((PROBE, "1"),)
    with pytest.raises(grpc.aio.AioRpcError):
        await node.stub["Ask"](question("break"), metadata=probe)
    assert state_of(node) is CircuitState.OPEN

    await node.stub["Ask"](question("hello"), metadata=probe)

    await until(lambda: state_of(node) is CircuitState.HALF_OPEN)
    for _ in range(2):
        await invoke(node, "Ask", question("hello"))
    await until(lambda: state_of(node) is CircuitState.CLOSED)


async def test_a_probe_does_not_end_what_somebody_wanted(node: Node) -> None:
    """
    It is let in all the same: how things are is one thing, who may call another.
    """
    for state, end in ((CircuitState.FORCED_OPEN, None), (CircuitState.OPEN, time.monotonic() + 60)):
        node.parts.circuits.command(Command(selector=ANYWHERE, state=state, cause="test", until=end))
        await node.stub["Ask"](question("hello"), metadata=((PROBE, "1"),))
        await asyncio.sleep(0.05)

        assert state_of(node) is state
        assert (await refused(node, "Ask", question("hello"))).code() is grpc.StatusCode.UNAVAILABLE


async def test_a_stream_that_has_begun_shows_that_it_works(node: Node) -> None:
    """
    A probe that lives for days is not waited for, nor is a second one.
    """
    await fail(node, "Talk")
    await asyncio.sleep(0.25)
    call = node.stub["Talk"]()
    await call.write(question("hello"))
    await call.read()

    assert state_of(node, "Talk") is CircuitState.CLOSED
    call.cancel()


async def test_what_the_caller_did_wrong_does_not_count(node: Node) -> None:
    """
    Neither a refusal of the domain nor a request outside its limits.
    """
    for _ in range(10):
        await refused(node, "Ask", question("refuse"))
        await refused(node, "Ask", question("x" * 101))

    assert state_of(node) is CircuitState.CLOSED


async def test_the_hurried_do_not_shut_others_out(node: Node) -> None:
    """
    A deadline shorter than the time of a slow call says nothing about the handler.
    """
    for _ in range(5):
        await refused(node, "Ask", question("hang"), timeout=0.05)
    assert state_of(node) is CircuitState.CLOSED

    for _ in range(3):
        await refused(node, "Ask", question("hang"))
    await until(lambda: state_of(node) is CircuitState.OPEN)


async def test_who_hangs_up_has_no_verdict(node: Node) -> None:
    """
    A caller that cancels is not a failure.
    """
    for _ in range(5):
        call = node.stub["Ask"](question("hang"))
        await until(lambda: len(node.probe.seen) > len(node.probe.ended))
        call.cancel()
        await until(lambda: len(node.probe.seen) == len(node.probe.ended))

    assert state_of(node) is CircuitState.CLOSED


async def test_health_is_answered_whatever_breakers_say(node: Node) -> None:
    """
    It is not guarded at all.
    """
    node.parts.circuits.command(Command(selector=ANYWHERE, state=CircuitState.FORCED_OPEN, cause="told to"))
    await refused(node, "Ask", question("hello"))
    answer = await health_pb2_grpc.HealthStub(node.channel).Check(health_pb2.HealthCheckRequest())

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert all(not it.key.method.startswith("grpc.") for it in node.parts.circuits.engines())


async def test_a_refused_call_is_no_error_of_the_service(node: Node) -> None:
    """
    It is counted by its code and apart, or whoever refuses would be found failing.
    """
    node.parts.circuits.command(Command(selector=ANYWHERE, state=CircuitState.FORCED_OPEN, cause="told to"))
    for _ in range(4):
        await refused(node, "Ask", question("hello"))
    (method,) = [it for it in node.meter.methods() if it.method == f"{SERVICE}/Ask"]

    assert method.refused == 4
    assert sum(method.outcomes[14].seconds.counts) == 4


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        (CircuitState.FORCED_OPEN, CircuitState.FORCED_OPEN),
        (CircuitState.DISABLED, CircuitState.DISABLED),
        (CircuitState.CLOSED, CircuitState.CLOSED),
    ],
)
async def test_a_command_holds_for_breakers_that_appear_later(
    node: Node, wanted: CircuitState, after: CircuitState
) -> None:
    """
    Whoever says it need not wait for the first call.
    """
    node.parts.circuits.command(Command(selector=Selector(method=SERVICE), state=CircuitState.FORCED_OPEN, cause=""))
    node.parts.circuits.command(Command(selector=Selector(method=SERVICE), state=wanted, cause=""))
    call = refused if wanted is CircuitState.FORCED_OPEN else invoke
    await call(node, "Ask", question("hello"))

    assert state_of(node) is after


async def test_who_wants_a_breaker_open_is_heard_before_who_is_back(node: Node) -> None:
    """
    A peer that is back does not undo what somebody commanded for a time.
    """
    loop = asyncio.get_running_loop()
    await invoke(node, "Ask", question("hello"))
    node.parts.circuits.command(Command(selector=ANYWHERE, state=CircuitState.OPEN, cause="", until=loop.time() + 60))
    node.parts.circuits.try_again("log is back")
    assert state_of(node) is CircuitState.OPEN

    node.parts.circuits.command(Command(selector=ANYWHERE, state=CircuitState.HALF_OPEN, cause=""))
    assert state_of(node) is CircuitState.HALF_OPEN


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        (Selector(process="probe"), True),
        (Selector(process="probe-0"), True),
        (Selector(process="pro"), False),
        (Selector(method=SERVICE), True),
        (Selector(method=f"{SERVICE}/Ask"), True),
        (Selector(method=f"{SERVICE}/Tell"), False),
        (Selector(peer="log"), False),
    ],
)
async def test_the_policy_of_the_last_rule_that_fits_holds(node: Node, selector: Selector, *, meant: bool) -> None:
    """
    Processes are meant with their replica or without, methods by themselves or their service.
    """
    first, second = CircuitPolicy(consecutive_failures=7), CircuitPolicy(consecutive_failures=8)
    await invoke(node, "Ask", question("hello"))
    node.parts.circuits.configure(CircuitRules(policy=POLICY, rules=[(ANYWHERE, first), (selector, second)]))
    (engine,) = node.parts.circuits.engines()

    assert engine.policy.consecutive_failures == (8 if meant else 7)
    assert engine.policy.slow_call_seconds == 0.15


@pytest.mark.parametrize("method", ALL)
async def test_what_fails_outside_of_the_node_does_not_count(node: Node, method: str) -> None:
    """
    The caller is told that it failed; the handler is as well as before.
    """
    for _ in range(4):
        error = await refused(node, method, question("outside"))
        assert details(error).reason == "PROBE_ERROR_REASON_OUTSIDE"

    assert state_of(node, method) is CircuitState.CLOSED
