"""What is injected happens for real, and ends by itself."""

import asyncio
import signal
import time
import uuid
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
import grpc.aio
import psutil
import pytest
import pytest_asyncio
from arkalia.chaos.v1.chaos_service_pb2 import ListFaultsRequest
from arkalia.chaos.v1.chaos_service_pb2_grpc import ChaosServiceStub
from arkalia.events.v1.consumer_pb2 import Consumer
from arkalia.events.v1.event_pb2 import NewEvent, StreamAppend
from arkalia.events.v1.event_service_pb2 import AppendRequest, GetConsumerRequest, GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest, ListCapabilitiesRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from google.protobuf.wrappers_pb2 import BytesValue

from arkalia_client import ArkaliaError, connect
from luna.sidecar.chaos.victims import ImpossibleError, strike
from tests.faults import clear, inject, own_channel
from tests.node import Node, running_node

pytestmark = [pytest.mark.mesh, pytest.mark.asyncio(loop_scope="module")]

ECHO = "arkalia.helloria.v1.HelloriaService/Echo"
CAPABILITIES = "arkalia.helloria.v1.HelloriaService/ListCapabilities"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), chaos="true") as node:
            yield node


@pytest_asyncio.fixture(loop_scope="module")
async def node(running: Node) -> Node:
    """Return the node once nothing is wrong in it, or being mended."""
    async with asyncio.timeout(60):
        while not await _is_well(running):
            await asyncio.sleep(0.1)
    return running


async def _is_well(node: Node) -> bool:
    try:
        for process in ("kernel", "log"):
            await clear(node, process)
        async with connect(node.target) as client:
            return not (await client.recoveries.report()).under_way and (await client.status()).score == 1
    except (ArkaliaError, ImpossibleError):
        return False


async def _echo(node: Node) -> float:
    started = time.monotonic()
    async with own_channel(node, "kernel") as channel:
        await HelloriaServiceStub(channel).Echo(EchoRequest(message="hello"), timeout=10)
    return time.monotonic() - started


async def _capabilities(node: Node) -> None:
    async with own_channel(node, "kernel") as channel:
        await HelloriaServiceStub(channel).ListCapabilities(ListCapabilitiesRequest(), timeout=10)


async def test_calls_are_slowed_and_failed_for_a_while(node: Node) -> None:
    """
    Only those that are meant, and only while the fault lasts.
    """
    await inject(node, "kernel", "SLOW", seconds=30, target=ECHO, delay_seconds=0.4)
    assert await _echo(node) >= 0.4
    await clear(node, "kernel")
    # Not what the node asks itself all the time: five failures in a row would open its breaker.
    await inject(node, "kernel", "ERROR", seconds=0.5, target=CAPABILITIES, code=14)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _capabilities(node)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert await _echo(node) < 0.4
    await asyncio.sleep(0.6)
    await _capabilities(node)
    assert await _echo(node) < 0.4


async def test_the_event_loop_stands_still(node: Node) -> None:
    """
    Whoever calls meanwhile waits until it goes on.
    """
    await inject(node, "kernel", "LOOP_BLOCK", seconds=0.8)
    await asyncio.sleep(0.1)

    assert await _echo(node) > 0.4


async def test_memory_is_taken_and_given_back(node: Node) -> None:
    """
    Resident, not only promised.
    """
    process = psutil.Process((await node.pids())["kernel-0"])
    before = process.memory_info().rss
    await inject(node, "kernel", "MEMORY", seconds=30, size_bytes=128 * 2**20)
    async with asyncio.timeout(10):
        while process.memory_info().rss < before + 120 * 2**20:
            await asyncio.sleep(0.05)
    await clear(node, "kernel")

    async with asyncio.timeout(10):
        while process.memory_info().rss > before + 60 * 2**20:
            await asyncio.sleep(0.05)


async def test_a_partition_drops_connections_until_it_heals(node: Node) -> None:
    """
    The process goes on, and finds the other one again.
    """
    fault = await inject(node, "kernel", "PARTITION", seconds=0.6, target="log")

    assert fault.target == "log"
    await asyncio.sleep(1.2)
    async with node.channel() as channel:
        stats = await EventServiceStub(channel).GetStats(GetStatsRequest(), timeout=5)
        async with asyncio.timeout(10):
            # Samples come from the kernel: they arrive again.
            while (await EventServiceStub(channel).GetStats(GetStatsRequest(), timeout=5)).head_position <= (
                stats.head_position
            ):
                await asyncio.sleep(0.1)


async def test_a_consumer_stops_in_the_middle_of_an_event(node: Node) -> None:
    """
    It stands still while its process answers, until the node finds out and gets it going again.
    """

    async def consumer(channel: grpc.aio.Channel) -> Consumer:
        request = GetConsumerRequest(name="zeroia")
        consumer: Consumer = (await EventServiceStub(channel).GetConsumer(request, timeout=5)).consumer
        return consumer

    async with node.channel() as channel:
        async with asyncio.timeout(10):
            # It joins a moment after the node answers for the first time.
            while not await _tried(inject(node, "kernel", "CONSUMER_STUCK", seconds=60, target="zeroia")):
                await asyncio.sleep(0.1)
            # What is nothing to it is passed over, until it has an event in hand.
            while not (await consumer(channel)).in_flight_count:
                await asyncio.sleep(0.02)
        stuck = (await consumer(channel)).checkpoint
        await asyncio.sleep(0.9)
        assert await _echo(node) < 1
        assert (await consumer(channel)).checkpoint <= stuck + 2
        async with asyncio.timeout(20):
            while (await consumer(channel)).checkpoint <= stuck + 2:
                await asyncio.sleep(0.1)


async def _tried(injection: Awaitable[object]) -> bool:
    try:
        await injection
    except ImpossibleError:
        return False
    return True


async def test_a_full_disk_is_said_and_survived(node: Node) -> None:
    """
    Appends are refused with the reason, reading goes on, and afterwards appends do too.
    """

    def large() -> AppendRequest:
        event = NewEvent(event_id=str(uuid.uuid4()))
        event.payload.Pack(BytesValue(value=bytes(200_000)))
        return AppendRequest(appends=[StreamAppend(stream="test/full", events=[event])])

    async with node.channel() as channel:
        events = EventServiceStub(channel)
        # It is up a moment after the node answers for the first time; Envoy waits for it.
        await events.GetStats(GetStatsRequest(), timeout=10)
        await inject(node, "log", "DISK_QUOTA", seconds=30)
        with pytest.raises(grpc.aio.AioRpcError, match="no space left") as caught:
            await asyncio.gather(*(events.Append(large(), timeout=5) for _ in range(5)))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await events.GetStats(GetStatsRequest(), timeout=5)
        await clear(node, "log")
        async with asyncio.timeout(10):
            while True:
                try:
                    await events.Append(large(), timeout=5)
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.2)
                else:
                    break


async def test_a_fault_without_a_target_here_is_refused(node: Node) -> None:
    """
    The answer names what there is.
    """
    with pytest.raises(ImpossibleError, match="this process has log"):
        await inject(node, "kernel", "PARTITION", seconds=1, target="nowhere")


async def test_only_processes_of_the_node_are_signalled(node: Node) -> None:
    """
    A stranger is not touched, whoever asks for it.
    """
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    with pytest.raises(ImpossibleError, match="is not one of the node"):
        strike(stranger.pid, signal.SIGKILL, home=node.home)
    assert stranger.returncode is None
    stranger.terminate()
    await stranger.wait()


async def test_nothing_can_be_injected_into_a_node_that_does_not_ask_for_it() -> None:
    """
    The service is not there.
    """
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node, own_channel(node, "kernel") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await ChaosServiceStub(channel).ListFaults(ListFaultsRequest(), timeout=5)

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
