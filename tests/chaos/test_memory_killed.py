"""The process that remembers is killed during ingest, again and again."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import pytest_asyncio
from arkalia.events.v1.event_pb2 import EventFilter
from arkalia.memory.v1.memory_event_pb2 import MemoriesRetained
from arkalia.memory.v1.memory_service_pb2 import RetainManyRequest
from arkalia.node.v1.node_service_pb2 import RestartProcessRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub

from arkalia_client import Arkalia, ArkaliaError, connect, new_memory
from tests.node import Node, running_node

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]

DIMENSION = 384
BATCH = 50
NAMESPACE = "ingest"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            yield node


async def test_memory_is_what_the_log_says(node: Node, request: pytest.FixtureRequest) -> None:
    """
    After each kill nothing acknowledged is missing, nothing is there twice, and nothing that the log has not; and
    whatever the log has, the keys still read it.
    """
    async with connect(node.target) as client:
        await _until_serving(client)
        acknowledged: set[str] = set()
        for turn in range(1, 1 + request.config.getoption("--chaos-rounds")):
            pid = (await node.pids())["mind-0"]
            await _struck_during_ingest(client, turn, acknowledged, lambda pid=pid: _kill(pid))  # type: ignore[misc]
            await _matches(client, acknowledged)
        assert [step.memory_count async for step in client.memories.reindex()][-1] == await _told(client)
        await _matches(client, acknowledged)
        assert acknowledged


async def test_a_rolling_restart_leaves_memory_as_the_log_says(node: Node) -> None:
    """
    Two processes are there for a while, and one at a time writes.
    """
    async with connect(node.target) as client:
        await _until_serving(client)
        acknowledged: set[str] = set()
        before = (await node.pids())["mind-0"]
        await _struck_during_ingest(client, 0, acknowledged, lambda: _restart(node))
        await _matches(client, acknowledged)

        assert (await node.pids())["mind-0"] != before
        assert acknowledged


async def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


async def _restart(node: Node) -> None:
    request = RestartProcessRequest(process="mind", restart_id="r")
    async with node.channel() as channel:
        await NodeServiceStub(channel).RestartProcess(request, timeout=90)


async def _matches(client: Arkalia, acknowledged: set[str]) -> None:
    await _until_serving(client)
    told = await _told(client)
    held = [memory.id async for memory in client.memories.list(NAMESPACE)]

    assert len(held) == len(set(held))
    assert len(held) == told
    assert acknowledged <= set(held)


async def _struck_during_ingest(
    client: Arkalia, turn: int, acknowledged: set[str], strike: Callable[[], Awaitable[None]]
) -> None:
    chance = random.Random(turn)

    async def later() -> None:
        await asyncio.sleep(chance.uniform(0.05, 1.0))
        await strike()

    killing = asyncio.create_task(later())
    sent: list[list[str]] = []

    async def batches() -> AsyncIterator[RetainManyRequest]:
        vectors = np.random.default_rng(turn)
        while not killing.done():
            ids = [f"{turn}-{len(sent)}-{place}" for place in range(BATCH)]
            sent.append(ids)
            yield RetainManyRequest(
                namespace=NAMESPACE,
                memories=[new_memory(f"note {id}", id=id) for id in ids],
                vectors=vectors.normal(size=(BATCH, DIMENSION)).astype("<f4").tobytes(),
            )

    answered = 0
    try:
        async for _ in client.memories.retain_many(batches()):
            acknowledged.update(sent[answered])
            answered += 1
    except ArkaliaError:
        pass
    await killing


async def _until_serving(client: Arkalia) -> None:
    """Wait until the index has reached what the log has by now."""
    async with asyncio.timeout(60):
        newest = max([event.position async for event in client.events.read(filter=_MEMORY)], default=0)
        while True:
            try:
                if (await client.memories.stats(NAMESPACE)).position >= newest:
                    return
            except ArkaliaError:
                pass
            await asyncio.sleep(0.1)


async def _told(client: Arkalia) -> int:
    facts = [MemoriesRetained.FromString(event.payload.value) async for event in client.events.read(filter=_MEMORY)]
    return sum(len(fact.sealed) for fact in facts)


_MEMORY = EventFilter(category="memory")
