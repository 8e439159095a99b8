"""Processes of a whole node are killed and restarted under load."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import pytest
from arkalia.events.v1.event_service_pb2 import GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.node.v1.node_event_pb2 import NodeAdopted
from arkalia.node.v1.node_service_pb2 import RestartProcessRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub

from arkalia_client import connect
from tests.node import Node, alive, running_node

pytestmark = pytest.mark.chaos

REQUESTS = 10_000
CALLERS = 32

Call = Callable[[grpc.aio.Channel], Awaitable[object]]


def _echo(channel: grpc.aio.Channel) -> Awaitable[object]:
    return HelloriaServiceStub(channel).Echo(EchoRequest(message="hello"), timeout=20)


def _stats(channel: grpc.aio.Channel) -> Awaitable[object]:
    return EventServiceStub(channel).GetStats(GetStatsRequest(), timeout=20)


CALLS: dict[str, Call] = {"kernel": _echo, "log": _stats}


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            yield node


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_a_killed_process_costs_no_idempotent_request(node: Node, name: str) -> None:
    """
    Envoy asks again until the process is back.
    """
    pid = (await node.pids())[f"{name}-0"]

    async def kill() -> None:
        await asyncio.sleep(1)
        _kill(pid)

    failures, _ = await asyncio.gather(_load(node, CALLS[name]), kill())

    assert failures == []
    assert (await node.pids())[f"{name}-0"] != pid


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_a_rolling_restart_costs_nothing(node: Node, name: str) -> None:
    """
    No request fails, and none had to be sent twice.
    """
    pid = (await node.pids())[f"{name}-0"]
    retries = await node.envoy_stat("cluster.*.upstream_rq_retry")

    async def restart() -> None:
        await asyncio.sleep(1)
        async with node.channel() as channel:
            await NodeServiceStub(channel).RestartProcess(
                RestartProcessRequest(process=name, restart_id=str(pid)), timeout=60
            )

    failures, _ = await asyncio.gather(_load(node, CALLS[name]), restart())

    assert failures == []
    assert await node.envoy_stat("cluster.*.upstream_rq_retry") == retries
    assert (await node.pids())[f"{name}-0"] != pid


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_a_killed_sidecar_costs_nothing(node: Node, name: str) -> None:
    """
    No request fails, none had to be sent twice, every process goes on, and the log knows.
    """
    pids, sidecar = await node.pids(), await node.sidecar_pid()
    retries = await node.envoy_stat("cluster.*.upstream_rq_retry")

    async def kill() -> None:
        await asyncio.sleep(1)
        _kill(sidecar)

    failures, _ = await asyncio.gather(_load(node, CALLS[name]), kill())

    assert failures == []
    assert await node.envoy_stat("cluster.*.upstream_rq_retry") == retries
    assert await node.pids() == pids
    adopted = await _adopted(node)
    assert adopted.exit.signal == "SIGKILL"
    assert adopted.pid == await node.sidecar_pid() != sidecar
    assert {f"{process.process}-{process.replica}": process.pid for process in adopted.processes} == pids


async def _adopted(node: Node) -> NodeAdopted:
    """Wait until the log has the event."""
    async with asyncio.timeout(10), connect(node.target) as arkalia:
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


async def _load(node: Node, call: Call) -> list[str]:
    failures: list[str] = []
    todo = iter(range(REQUESTS))

    async def caller() -> None:
        async with node.channel() as channel:
            for _ in todo:
                try:
                    await call(channel)
                except grpc.aio.AioRpcError as error:
                    failures.append(f"{error.code().name}: {error.details()}")

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return failures


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
