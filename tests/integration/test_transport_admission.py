"""Who is let in when there is not room for all, through a real server."""

import asyncio
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.resilience.gradient import GradientPolicy
from luna.resilience.levels import Level
from luna.resilience.limiter import Limiter, LimiterPolicy
from luna.transport.levels import LEVEL_TRAILER
from luna.transport.on_behalf import PRIORITY
from luna.transport.parts import Parts
from tests.integration.transport_contract import SERVICE, question
from tests.integration.transport_probe import ALL, Node, details, invoke, probe_node, refused, until


def narrow(limit: int = 8, *, queue: int = 2) -> Limiter:
    return Limiter(
        LimiterPolicy(
            gradient=GradientPolicy(limit_initial=limit, limit_min=limit, limit_max=limit),
            queue_max=queue,
            queue_seconds=0.1,
        )
    )


@pytest.mark.parametrize("method", ALL)
async def test_work_that_the_level_does_not_allow_is_refused(method: str) -> None:
    """
    With the level, the priority and when to come back; the handler never sees it.
    """
    async with probe_node() as node:
        node.parts.level.set(Level.EMERGENCY)
        error = await refused(node, method, question("hello", count=1))

        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert details(error).reason == "REQUEST_ERROR_REASON_DEGRADED"
        assert dict(details(error).metadata) == {"level": "EMERGENCY", "priority": "MEDIUM"}
        assert details(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() > 0
        assert node.probe.seen == []
        node.parts.level.set(Level.NORMAL)
        await invoke(node, method, question("hello", count=1))


@pytest.mark.parametrize("method", ALL)
async def test_what_the_node_does_by_itself_is_done_at_every_level(method: str) -> None:
    """
    A process of the node says how much the work matters that its call is part of.
    """
    async with probe_node() as node:
        node.parts.level.set(Level.SURVIVAL)
        for priority, served in (("1", True), ("3", False), ("nonsense", False)):
            call = node.stub[method](_sent(method, question("hello", count=1)), metadata=[(PRIORITY, priority)])
            with suppress(grpc.aio.AioRpcError):
                _ = await call if method in {"Ask", "Collect"} else [each async for each in call]

            assert (await call.code() is grpc.StatusCode.OK) is served


@pytest.mark.parametrize("method", ALL)
async def test_every_response_says_the_level(method: str) -> None:
    """
    Good or bad, in every shape.
    """
    async with probe_node() as node:
        node.parts.level.set(Level.LIGHT)
        error = await refused(node, method, question("refuse", count=1))
        call = node.stub[method](_sent(method, question("hello", count=1)))
        _ = await call if method in {"Ask", "Collect"} else [each async for each in call]

        assert dict(error.trailing_metadata() or ())[LEVEL_TRAILER] == "LIGHT"
        assert dict(await call.trailing_metadata())[LEVEL_TRAILER] == "LIGHT"


async def test_health_is_answered_at_every_level() -> None:
    """
    What steers and watches the node is never refused.
    """
    async with probe_node() as node:
        node.parts.level.set(Level.SURVIVAL)
        answer = await health_pb2_grpc.HealthStub(node.channel).Check(health_pb2.HealthCheckRequest())

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_more_calls_than_there_is_room_for_wait_and_are_then_refused() -> None:
    """
    At once where the queue is full, and otherwise when nobody has left in time.
    """
    async with probe_node(parts=Parts(limiter=narrow())) as node:
        hanging = [asyncio.ensure_future(refused(node, "Ask", question("hang"))) for _ in range(6)]
        await until(lambda: node.parts.limiter.in_flight == 6)
        errors = await asyncio.gather(*(refused(node, "Ask", question("hello")) for _ in range(4)))

        assert {error.code() for error in errors} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert {details(error).reason for error in errors} == {"REQUEST_ERROR_REASON_OVERLOADED"}
        assert details(errors[0], error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() > 0
        assert node.parts.limiter.shed == 4
        await asyncio.gather(*hanging)
        assert node.parts.limiter.in_flight == 0


async def test_who_waits_is_let_in_when_somebody_leaves() -> None:
    """
    Its answer is as good as any.
    """
    async with probe_node(parts=Parts(limiter=narrow())) as node:
        hanging = [node.stub["Ask"](question("hang")) for _ in range(6)]
        await until(lambda: node.parts.limiter.in_flight == 6)
        waiting = asyncio.ensure_future(invoke(node, "Ask", question("hello")))
        await until(lambda: node.parts.limiter.queued == 1)
        hanging[0].cancel()

        assert (await waiting)[0].text == "hello"
        for call in hanging:
            call.cancel()
        await until(lambda: node.parts.limiter.in_flight == 0)


async def test_who_hangs_up_while_waiting_leaves_no_trace() -> None:
    """
    Neither in the queue nor among those under way.
    """
    async with probe_node(parts=Parts(limiter=narrow())) as node:
        calls = [node.stub["Ask"](question("hang")) for _ in range(7)]
        await until(lambda: node.parts.limiter.queued == 1)
        for call in calls:
            call.cancel()

        await until(lambda: node.parts.limiter.in_flight == node.parts.limiter.queued == 0)
        (method,) = [it for it in node.meter.methods() if it.method == f"{SERVICE}/Ask"]
        await until(lambda: method.in_flight == 0)


@pytest.mark.parametrize("ending", ["refuse", "break", "hang", "hello", "x" * 101])
async def test_however_a_call_ends_its_place_is_given_back(ending: str) -> None:
    """
    Also when its time runs out.
    """
    async with probe_node(parts=Parts(limiter=narrow())) as node:
        for _ in range(10):
            await _whatever(node, "Ask", question(ending))

        await until(lambda: node.parts.limiter.in_flight == 0)


async def test_a_stream_keeps_no_place() -> None:
    """
    It may live for days.
    """
    async with probe_node(parts=Parts(limiter=narrow())) as node:
        calls = []
        for _ in range(20):
            calls.append(node.stub["Talk"]())
            await calls[-1].write(question("hello"))
            await calls[-1].read()

        assert node.parts.limiter.in_flight == 0
        for call in calls:
            call.cancel()


async def test_medium_work_is_limited_under_heavy_pressure() -> None:
    """
    It is let in as optional work is: into half of what room there is left.
    """
    async with probe_node(parts=Parts(limiter=narrow(20, queue=0))) as node:
        node.parts.level.set(Level.HEAVY)
        hanging = [node.stub["Ask"](question("hang")) for _ in range(6)]
        await until(lambda: node.parts.limiter.in_flight == 6)

        assert details(await refused(node, "Ask", question("hello"))).reason == "REQUEST_ERROR_REASON_OVERLOADED"
        for call in hanging:
            call.cancel()


def _sent(method: str, request: Any) -> Any:
    return iter([request]) if method in {"Collect", "Talk", "TalkWriting"} else request


async def _whatever(node: Node, method: str, request: Any) -> None:
    with suppress(grpc.aio.AioRpcError):
        await invoke(node, method, request)
