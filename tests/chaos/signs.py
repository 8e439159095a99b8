"""Signs of health, looked for by somebody who is not the node: each asks a process over its own socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import grpc.aio
import psutil
from arkalia.events.v1.event_service_pb2 import GetConsumerRequest, GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.node.v1.node_service_pb2 import GetNodeRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub
from arkalia.recovery.v1.recovery_pb2 import INCIDENT_STATE_OPEN
from arkalia.recovery.v1.recovery_service_pb2 import ListIncidentsRequest
from arkalia.recovery.v1.recovery_service_pb2_grpc import RecoveryServiceStub
from arkalia.resilience.v1.projection_service_pb2 import ListProjectionsRequest
from arkalia.resilience.v1.projection_service_pb2_grpc import ProjectionServiceStub
from arkalia.zeroia.v1.zeroia_service_pb2 import ListDecisionsRequest
from arkalia.zeroia.v1.zeroia_service_pb2_grpc import DecisionServiceStub

from tests.faults import own_channel
from tests.node import Node

Sign = Callable[[Node], Awaitable[bool]]

ANSWER_SECONDS = 0.25
LOOK_SECONDS = 0.02
STEADY_SECONDS = 0.5
"""How long a sign must hold to be believed."""
UNNOTICED_SECONDS = 5.0
"""Whatever has not failed by then has not failed for anybody who looks fifty times a second."""


async def kernel_answers(node: Node) -> bool:
    async with own_channel(node, "kernel") as channel:
        return await _answers(HelloriaServiceStub(channel).Echo(EchoRequest(message="?"), timeout=ANSWER_SECONDS))


async def log_answers(node: Node) -> bool:
    async with own_channel(node, "log") as channel:
        return await _answers(EventServiceStub(channel).GetStats(GetStatsRequest(), timeout=ANSWER_SECONDS))


async def sidecar_answers(node: Node) -> bool:
    async with own_channel(node, "sidecar") as channel:
        return await _answers(NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=ANSWER_SECONDS))


async def envoy_answers(node: Node) -> bool:
    async with node.channel() as channel:
        return await _answers(HelloriaServiceStub(channel).Echo(EchoRequest(message="?"), timeout=ANSWER_SECONDS))


async def all_answer(node: Node) -> bool:
    return all(
        await asyncio.gather(kernel_answers(node), log_answers(node), sidecar_answers(node), envoy_answers(node))
    )


async def decisions_answer(node: Node) -> bool:
    """The kernel reads the log for this."""
    async with own_channel(node, "kernel") as channel:
        request = ListDecisionsRequest(page_size=1)
        return await _answers(DecisionServiceStub(channel).ListDecisions(request, timeout=2 * ANSWER_SECONDS))


async def projections_intact(node: Node) -> bool:
    async with own_channel(node, "kernel") as channel:
        try:
            answer = await ProjectionServiceStub(channel).ListProjections(ListProjectionsRequest(), timeout=1)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.projections) and all(it.intact for it in answer.projections)


async def incident_open(node: Node) -> bool:
    """A human finds what there is to do."""
    async with own_channel(node, "sidecar") as channel:
        request = ListIncidentsRequest(state=INCIDENT_STATE_OPEN)
        try:
            answer = await RecoveryServiceStub(channel).ListIncidents(request, timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.incidents)


def rss_below(process: str, limit_bytes: int) -> Sign:
    async def sign(node: Node) -> bool:
        try:
            async with own_channel(node, "sidecar") as channel:
                answer = await NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=ANSWER_SECONDS)
            (pid,) = [it.pid for it in answer.node.processes if it.process == process]
            return psutil.Process(pid).memory_info().rss < limit_bytes and await kernel_answers(node)
        except (grpc.aio.AioRpcError, psutil.Error, ValueError):
            return False

    return sign


async def checkpoint(node: Node, consumer: str) -> int | None:
    async with own_channel(node, "log") as channel:
        request = GetConsumerRequest(name=consumer)
        try:
            answer = await EventServiceStub(channel).GetConsumer(request, timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError:
            return None
    return answer.consumer.checkpoint if answer.consumer.lag < 50 else -1


def consumer_moves(consumer: str) -> Sign:
    """Look whether a consumer has settled anything since it was looked at before."""
    seen: dict[str, tuple[int, float]] = {}

    async def sign(node: Node) -> bool:
        now, at = await checkpoint(node, consumer), time.monotonic()
        if now is None:
            return False
        before, since = seen.get("last", (now - 1, at))
        if now > before:
            seen["last"] = now, at
            return True
        # Samples come once a second.
        return at - since < 1.5

    return sign


async def time_to_heal(node: Node, sign: Sign, struck: float, *, seconds: float) -> float | None:
    """Return the time from *struck* until *sign* holds and goes on to, once it has failed; ``None``: it did not.

    A sign that never fails has nothing to heal: 0.
    """
    broken, since = False, None
    while (now := time.monotonic()) - struck < seconds:
        if not await sign(node):
            broken, since = True, None
        elif not broken and now - struck > UNNOTICED_SECONDS:
            return 0.0
        elif broken:
            since = since or time.monotonic()
            if now - since >= STEADY_SECONDS:
                return since - struck
        await asyncio.sleep(LOOK_SECONDS)
    return None


async def _answers(call: Awaitable[object]) -> bool:
    try:
        await call
    except grpc.aio.AioRpcError:
        return False
    return True
