"""Streams of the client outlive a server that goes away, and miss nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from arkalia.node.v1.health_pb2 import DEGRADATION_LEVEL_HEAVY, DEGRADATION_LEVEL_NORMAL
from arkalia.recovery.v1.recovery_pb2 import RECOVERY_STATE_SUCCEEDED
from arkalia.resilience.v1 import degradation_service_pb2 as rpc
from arkalia.resilience.v1.circuit_breaker_pb2 import CIRCUIT_STATE_CLOSED, CIRCUIT_STATE_OPEN, CircuitSelector

from arkalia_client import Arkalia, ArkaliaError, UnreachableError, connect
from arkalia_client._calls import follow_on
from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from tests.integration import recovery_server
from tests.integration.resilience_server import APPEND, READ, Reporter, running
from tests.integration.zeroia_server import Node
from tests.recovery import again, report, rig

T = TypeVar("T")
AWAY_SECONDS = 0.5


@pytest.fixture
def address() -> Iterator[str]:
    with TemporaryDirectory(prefix="luna") as folder:
        yield f"unix:{Path(folder) / 'node.sock'}"


@asynccontextmanager
async def watching(stream: AsyncGenerator[T, None]) -> AsyncIterator[list[T]]:
    """Collect what *stream* yields. If it ends, so does the test."""
    seen: list[T] = []
    take = seen.append

    async def collect() -> None:
        async with aclosing(stream):
            async for item in stream:
                take(item)

    task = asyncio.create_task(collect())
    try:
        yield seen
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(seen: list[T], count: int) -> None:
    async with asyncio.timeout(10):
        while len(seen) < count:
            await asyncio.sleep(0.01)


async def test_breakers_that_moved_while_the_server_was_away_are_told(address: str) -> None:
    """
    One opened and closed again meanwhile: each change once, and those from before not again.
    """
    node = Node()
    async with connect(address) as client:
        async with running(node, address=address) as server:
            reporter = Reporter(node=node, stub=server.circuits)
            other, breaker = reporter.breaker(READ), reporter.breaker(APPEND)
            reporter.fail(other, 5)
            await reporter.tell()
            await reporter.report()
            stream = client.breakers.watch(CircuitSelector(process="log"))
            first = await anext(stream)
        async with watching(stream) as seen:
            reporter.fail(breaker, 5)
            breaker.force(breaker.state.CLOSED, node.clock.monotonic(), cause="mended")
            await reporter.tell()
            await asyncio.sleep(AWAY_SECONDS)
            async with running(node, address=address):
                await until(seen, 2)

    assert first.name == other.key.name
    assert [(one.name, one.state) for one in seen] == [
        (breaker.key.name, CIRCUIT_STATE_OPEN),
        (breaker.key.name, CIRCUIT_STATE_CLOSED),
    ]


async def test_the_level_is_told_by_the_server_that_comes_back(address: str) -> None:
    """
    The level of before is not told again.
    """
    node = Node()
    async with connect(address) as client:
        async with running(node, address=address):
            stream = client.degradation.watch()
            first = await anext(stream)
        async with watching(stream) as seen:
            await asyncio.sleep(AWAY_SECONDS)
            async with running(node, address=address):
                await client.degradation.set(DEGRADATION_LEVEL_HEAVY, reason="an experiment")
                await until(seen, 1)

    assert [told.level for told in (first, *seen)] == [DEGRADATION_LEVEL_NORMAL, DEGRADATION_LEVEL_HEAVY]


async def test_a_recovery_that_was_over_when_the_sidecar_came_back_is_told(address: str) -> None:
    """
    It began and ended while nobody was there to tell of it.
    """
    log = MemoryEventLog(SystemClock())
    async with connect(address) as client:
        async with recovery_server.running(log, address=address) as server:
            stream = client.recoveries.watch()
            known = asyncio.ensure_future(anext(stream))
            while not known.done():
                server.rig.engine.take(report())
                await asyncio.sleep(0.05)
            await server.rig.settled()
        async with watching(stream) as seen:
            async with rig(log=log, ready=False) as meanwhile:
                await again(meanwhile, log)
                recovery_id = meanwhile.engine.take(report(process="log-0"))
                await meanwhile.settled()
            async with recovery_server.running(log, address=address), asyncio.timeout(10):
                while not (told := [one.state for one in seen if one.recovery_id == recovery_id]):
                    await asyncio.sleep(0.01)

    assert told == [RECOVERY_STATE_SUCCEEDED]


async def test_a_node_that_was_never_there_is_told_at_once(address: str) -> None:
    """
    There is nothing to resume.
    """
    async with connect(address) as client:
        with pytest.raises(UnreachableError):
            await anext(client.degradation.watch())


async def test_a_refusal_is_no_broken_stream(address: str) -> None:
    """
    It is raised, however long the stream has been there.
    """
    async with running(Node(), address=address), connect(address) as client:
        with pytest.raises(ArkaliaError) as caught:
            await anext(follow_on(_watch(client), rpc.WatchDegradationRequest(resume_token="made up")))

    assert caught.value.reason == "RESILIENCE_ERROR_REASON_RESUME_TOKEN"


async def test_patience_ends(address: str) -> None:
    """
    A node that stays away is reported as the break that it is.
    """
    async with connect(address) as client:
        async with running(Node(), address=address):
            stream = follow_on(_watch(client), rpc.WatchDegradationRequest(), patience_seconds=0.5)
            await anext(stream)
        async with asyncio.timeout(10):
            with pytest.raises(UnreachableError):
                await _all(stream)


def _watch(client: Arkalia) -> Callable[..., Any]:
    return client.degradation._stub.WatchDegradation


async def _all(stream: AsyncGenerator[object, None]) -> None:
    async for _ in stream:
        pass
