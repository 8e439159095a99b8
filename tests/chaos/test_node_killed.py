"""Processes of a whole node are killed and restarted under load."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import pytest
import pytest_asyncio
from arkalia.events.v1.event_service_pb2 import GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.node.v1.node_event_pb2 import NodeAdopted
from arkalia.node.v1.node_service_pb2 import RestartProcessRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub
from grpc_health.v1 import health_pb2, health_pb2_grpc

from arkalia_client import connect
from tests.node import Node, alive, running_node

pytestmark = [pytest.mark.chaos, pytest.mark.alone, pytest.mark.asyncio(loop_scope="module")]

REQUESTS_MIN = 1000
CALLERS = 32
SECONDS = 60

Call = Callable[[grpc.aio.Channel], Awaitable[object]]


def _echo(channel: grpc.aio.Channel) -> Awaitable[object]:
    return HelloriaServiceStub(channel).Echo(EchoRequest(message="hello"), timeout=20)


def _stats(channel: grpc.aio.Channel) -> Awaitable[object]:
    return EventServiceStub(channel).GetStats(GetStatsRequest(), timeout=20)


CALLS: dict[str, Call] = {"kernel": _echo, "log": _stats}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            yield node


@pytest_asyncio.fixture(loop_scope="module")
async def node(running: Node) -> Node:
    """Return the node once it is as it is most of the time: everything serves, and its spare process is ready."""
    async with asyncio.timeout(SECONDS):
        while not any((running.home / "run").glob("standby-*.sock")) or not await _serves(running):
            await asyncio.sleep(0.1)
    return running


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_a_killed_process_costs_no_idempotent_request(node: Node, name: str) -> None:
    """
    Envoy asks again until the process is back.
    """
    pid = (await node.pids())[f"{name}-0"]

    async def kill() -> None:
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(SECONDS):
            while (await node.pids())[f"{name}-0"] in {0, pid} or not await _serves(node):
                await asyncio.sleep(0.05)

    assert await _failures_during(kill, node, CALLS[name]) == []
    assert (await node.pids())[f"{name}-0"] != pid


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_a_rolling_restart_costs_nothing(node: Node, name: str) -> None:
    """
    No request fails, and none had to be sent twice.
    """
    pid = (await node.pids())[f"{name}-0"]
    retries = await node.envoy_stat("cluster.*.upstream_rq_retry")

    async def restart() -> None:
        async with node.channel() as channel:
            await NodeServiceStub(channel).RestartProcess(
                RestartProcessRequest(process=name, restart_id=str(pid)), timeout=SECONDS
            )

    assert await _failures_during(restart, node, CALLS[name]) == []
    assert await node.envoy_stat("cluster.*.upstream_rq_retry") == retries
    assert (await node.pids())[f"{name}-0"] != pid


async def test_a_killed_sidecar_costs_nothing(node: Node) -> None:
    """
    No request fails, none had to be sent twice, every process goes on, and the log knows.
    """
    pids, sidecar = await node.pids(), await node.sidecar_pid()
    retries = await node.envoy_stat("cluster.*.upstream_rq_retry")

    async def kill() -> None:
        os.kill(sidecar, signal.SIGKILL)
        await _adopted(node)

    assert await _failures_during(kill, node, *CALLS.values()) == []
    assert await node.envoy_stat("cluster.*.upstream_rq_retry") == retries
    assert await node.pids() == pids
    adopted = await _adopted(node)
    assert adopted.exit.signal == "SIGKILL"
    assert adopted.pid == await node.sidecar_pid() != sidecar
    assert {f"{process.process}-{process.replica}": process.pid for process in adopted.processes} == pids


async def _adopted(node: Node) -> NodeAdopted:
    """Wait until the log has the event."""
    async with asyncio.timeout(SECONDS), connect(node.target) as arkalia:
        while True:
            async for event in arkalia.events.read():
                if event.type == NodeAdopted.DESCRIPTOR.full_name:
                    return NodeAdopted.FromString(event.payload.value)
            await asyncio.sleep(0.1)


async def test_nothing_outlives_a_keeper_that_was_killed(node: Node) -> None:
    """
    No orphan, not even after SIGKILL.
    """
    pids = {**await node.pids(), "sidecar": await node.sidecar_pid()}
    node.process.send_signal(signal.SIGKILL)
    await node.process.wait()
    async with asyncio.timeout(5):
        while any(alive(pid) for pid in pids.values()):
            await asyncio.sleep(0.05)


async def _serves(node: Node) -> bool:
    async with node.channel() as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _failures_during(event: Callable[[], Awaitable[None]], node: Node, *calls: Call) -> list[str]:
    """Send requests a second before, while and a second after something happens, and return which failed."""
    failures: list[str] = []
    sent, over = 0, asyncio.Event()

    async def caller(call: Call) -> None:
        nonlocal sent
        async with node.channel() as channel:
            while not over.is_set() or sent < REQUESTS_MIN:
                sent += 1
                try:
                    await call(channel)
                except grpc.aio.AioRpcError as error:
                    failures.append(f"{error.code().name}: {error.details()}")

    async with asyncio.TaskGroup() as group:
        for call, _ in zip(cycle(calls), range(CALLERS), strict=False):
            group.create_task(caller(call))
        try:
            await asyncio.sleep(1)
            await event()
            await asyncio.sleep(1)
        finally:
            over.set()
    return failures
