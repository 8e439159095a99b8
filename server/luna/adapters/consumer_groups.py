"""Consumers upon an event log: an adapter of `Consumers` and `ConsumerAdmin`."""

import asyncio
from builtins import list as list_of
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

from luna.adapters.consumer_member import GroupMember
from luna.adapters.consumer_run import GroupRun
from luna.kernel.clock import Clock
from luna.kernel.consumers import ConsumerPolicy, ConsumerState, Parked
from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Event
from luna.kernel.log_admin import ConsumerStorage, ParkedEntry, StoredConsumer

_PARKED_PAGE: Final = 500


class LogConsumers:
    """Runs the group of a consumer as long as it has members."""

    def __init__(self, log: EventLog, storage: ConsumerStorage, clock: Clock) -> None:
        self._log = log
        self._storage = storage
        self._clock = clock
        self._runs: dict[str, GroupRun] = {}
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop what runs. Members that are still here are handed nothing more."""
        for run in [*self._runs.values()]:
            await run.aclose()
        self._runs.clear()

    async def create(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        """Create the consumer, or return it as it is if it exists."""
        return await self._state(await self._storage.create(name, policy))

    async def update(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        """Replace the policy of a consumer."""
        await self._storage.update(name, policy)
        if run := self._runs.get(name):
            await run.update(policy)
        return await self.get(name)

    async def get(self, name: str) -> ConsumerState:
        """Return where a consumer stands."""
        return await self._state(await self._storage.load(name))

    async def list(self) -> Sequence[ConsumerState]:
        """Return all consumers, sorted by name."""
        return [await self.get(name) for name in await self._storage.names()]

    async def delete(self, name: str) -> None:
        """Forget a consumer, and send its members away."""
        await self._storage.delete(name)
        if run := self._runs.pop(name, None):
            await run.delete()

    async def list_parked(self, name: str, *, after: int = BEGINNING, limit: int = 100) -> Sequence[Parked]:
        """Return up to *limit* parked events beyond position *after*, oldest first."""
        entries = await self._storage.parked(name, after=after, limit=limit)
        found = [(entry, await self._event(entry.position)) for entry in entries]
        return [_parked(entry, event) for entry, event in found if event]

    async def replay_parked(self, name: str, positions: Sequence[int] = ()) -> int:
        """Hand parked events out again; without a member now, to the first that joins before this process ends."""
        wanted = set(positions)
        entries = [entry for entry in await self._all_parked(name) if not wanted or entry.position in wanted]
        async with self._using(name) as run:
            return await run.replay([entry.position for entry in entries])

    @asynccontextmanager
    async def join(self, name: str, member: str, *, prefetch: int = 64) -> AsyncIterator[GroupMember]:
        """Take part in the work of a consumer."""
        async with self._using(name) as run, run.joined(member, prefetch) as joined:
            yield joined

    @asynccontextmanager
    async def _using(self, name: str) -> AsyncIterator[GroupRun]:
        """Keep the group of *name* running."""
        async with self._starting:
            run = self._runs.get(name)
            if run is None:
                run = GroupRun(self._log, self._storage, self._clock, await self._storage.load(name))
                self._runs[name] = run
                run.start()
            run.users += 1
        try:
            yield run
        finally:
            run.users -= 1
            if run.idle and self._runs.get(name) is run:
                del self._runs[name]
                await run.aclose()

    async def _all_parked(self, name: str) -> list_of[ParkedEntry]:
        entries: list_of[ParkedEntry] = []
        while page := await self._storage.parked(
            name, after=entries[-1].position if entries else 0, limit=_PARKED_PAGE
        ):
            entries += page
        return entries

    async def _state(self, stored: StoredConsumer) -> ConsumerState:
        run = self._runs.get(stored.name)
        checkpoint = max(stored.checkpoint, run.checkpoint) if run else stored.checkpoint
        return ConsumerState(
            name=stored.name,
            policy=stored.policy,
            checkpoint=checkpoint,
            lag=max(0, await self._log.head() - checkpoint),
            in_flight=run.in_flight if run else 0,
            waiting=run.waiting if run else len(stored.waiting),
            parked=stored.parked,
            members=run.members if run else (),
        )

    async def _event(self, position: int) -> Event | None:
        page = await self._log.read(after=position - 1, limit=1)
        found = page.events[0] if page.events else None
        return found if found and found.position == position else None


def _parked(entry: ParkedEntry, event: Event) -> Parked:
    return Parked(event=event, attempts=entry.attempts, reason=entry.reason, parked_ns=entry.parked_ns)
