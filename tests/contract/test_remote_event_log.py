"""A log in another process, and its consumers, keep the promises of the ports as well."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import pytest

from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.clock import Clock, SystemClock
from luna.kernel.consumers import ConsumerAdmin, ConsumerPolicy, ConsumerState, Member, Parked
from luna.kernel.event_log import EventLog
from luna.kernel.events import Appended
from luna.transport.remote_consumers import RemoteConsumers
from luna.transport.remote_log import RemoteEventLog
from tests.contract.consumers import ConsumersContract
from tests.contract.event_log import EventLogContract
from tests.contract.event_log_words import new, write
from tests.fakes import FakeClock
from tests.integration.events_server import Served, channel_to, serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """The log from both sides."""

    served: Served
    channel: grpc.aio.Channel
    log: RemoteEventLog


@asynccontextmanager
async def both(clock: Clock) -> AsyncIterator[Both]:
    async with AsyncExitStack() as stack:
        # Unix sockets want short paths.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="luna")))
        owned = await stack.enter_async_context(await SqliteEventLog.open(folder / "events.db", clock))
        served = await stack.enter_async_context(
            serving(owned, folder / "log.sock", clock=clock, sweeping=False, check=_anything)
        )
        channel = await stack.enter_async_context(channel_to(served.target))
        log = await stack.enter_async_context(RemoteEventLog(channel))
        yield Both(served=served, channel=channel, log=log)


class TestRemoteEventLog(EventLogContract):
    @pytest.fixture
    async def log(self) -> AsyncIterator[EventLog]:
        async with both(SystemClock()) as sides:
            yield sides.log

    async def test_full_messages_keep_their_order(self, log: EventLog) -> None:
        """
        Several are on their way at a time; each event stands where it was told to, whatever comes between.
        """
        large = [write(f"s/{n % 3}", new("x" * 300_000)) for n in range(20)]
        many = asyncio.create_task(log.append_many(large))
        small = [await log.append(write("t", str(n))) for n in range(10)]
        outcomes = await many

        assert [found.events[0].stream_version for found in outcomes if isinstance(found, Appended)] == [
            n // 3 + 1 for n in range(20)
        ]
        assert [found.events[0].stream_version for found in small] == [*range(1, 11)]


class TestRemoteConsumers(ConsumersContract):
    @pytest.fixture
    async def sides(self, clock: FakeClock) -> AsyncIterator[Both]:
        async with both(clock) as sides:
            yield sides

    @pytest.fixture
    async def log(self, sides: Both) -> EventLog:
        return sides.log

    @pytest.fixture
    async def consumers(self, sides: Both) -> ConsumerAdmin:
        return HalfRemote(RemoteConsumers(sides.channel), sides.served.consumers)


class HalfRemote:
    """Takes part from afar, and administers at home: nobody else may."""

    def __init__(self, remote: RemoteConsumers, home: ConsumerAdmin) -> None:
        self._remote = remote
        self._home = home

    async def create(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        return await self._remote.create(name, policy)

    def join(self, name: str, member: str, *, prefetch: int = 64) -> AbstractAsyncContextManager[Member]:
        return self._remote.join(name, member, prefetch=prefetch)

    async def update(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        return await self._home.update(name, policy)

    async def get(self, name: str) -> ConsumerState:
        return await self._home.get(name)

    async def list(self) -> Sequence[ConsumerState]:
        return await self._home.list()

    async def delete(self, name: str) -> None:
        await self._home.delete(name)

    async def list_parked(self, name: str, *, after: int = 0, limit: int = 100) -> Sequence[Parked]:
        return await self._home.list_parked(name, after=after, limit=limit)

    async def replay_parked(self, name: str, positions: Sequence[int] = ()) -> int:
        return await self._home.replay_parked(name, positions)


def _anything(type: str, payload: bytes) -> None:
    """Accept the types that the suites make up."""
