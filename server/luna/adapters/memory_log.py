"""The event log in memory: an adapter of `EventLog` for tests, and its own reference."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final
from uuid import uuid4

import uuid_utils

from luna.adapters.memory_consumers import MemoryConsumers
from luna.kernel.appends import Draft, Place, appended, compose, event_of, judge, place_of
from luna.kernel.bell import Bell
from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventLogError
from luna.kernel.event_ids import measured
from luna.kernel.events import (
    BEGINNING,
    EVERYTHING,
    Append,
    Appended,
    Direction,
    Event,
    EventFilter,
    LogStats,
    Page,
    category_of,
)

_PAGE_EVENTS_MAX: Final = 500
_PAGE_BYTES_MAX: Final = 1024 * 1024
_SKIPPED_MAX: Final = 1000


class MemoryEventLog:
    """Keeps events in a list. Nothing is durable, everything else is as promised."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: list[Event] = []
        self._versions: dict[str, int] = {}
        self._places: dict[str, Place] = {}
        self._gone: set[int] = set()
        self._change = Bell()
        self._closed = False
        self.log_id = str(uuid4())
        """The UUID of the log."""
        self.consumer_storage = MemoryConsumers()
        """Where this log keeps its consumers."""

    async def append(self, append: Append) -> Appended:
        """Record all of *append* or nothing."""
        measured(append)
        earlier = judge(append, self)
        drafts: list[Draft] = []
        if earlier is None:
            drafts = compose(
                append,
                head=len(self._events),
                version=self.version,
                now_ns=self._clock.wall_ns(),
                new_id=lambda: str(uuid_utils.uuid7()),
            )
            self._record(drafts)
        if append.checkpoint:
            self.consumer_storage.settle(append.checkpoint.consumer, append.checkpoint.position)
        return earlier or appended(drafts)

    async def append_many(self, appends: Sequence[Append]) -> Sequence[Appended | EventLogError]:
        """Record each of *appends* in order."""
        outcomes: list[Appended | EventLogError] = []
        for append in appends:
            try:
                outcomes.append(await self.append(append))
            except EventLogError as error:
                outcomes.append(error)
        return outcomes

    async def read(
        self,
        filter: EventFilter = EVERYTHING,
        *,
        after: int = BEGINNING,
        limit: int = _PAGE_EVENTS_MAX,
        direction: Direction = Direction.FORWARD,
    ) -> Page:
        """Return up to *limit* wanted events beyond *after*."""
        head = len(self._events)
        backward = direction is Direction.BACKWARD
        top = min(head, after - 1) if after else head
        positions = range(top, 0, -1) if backward else range(after + 1, head + 1)
        found: list[Event] = []
        size = 0
        for position in positions:
            event = self._events[position - 1]
            if position in self._gone or not filter.admits(event):
                continue
            size += len(event.payload)
            if len(found) == min(limit, _PAGE_EVENTS_MAX) or (found and size > _PAGE_BYTES_MAX):
                return Page(events=found, position=found[-1].position, done=False)
            found.append(event)
        return Page(events=found, position=min(1, head) if backward else max(after, head), done=True)

    async def find(self, event_id: str) -> Event | None:
        """Return the event of that id, or ``None``."""
        place = self._places.get(event_id)
        return self._events[place.position - 1] if place else None

    async def find_many(self, event_ids: Sequence[str]) -> Sequence[Event]:
        """Return the events of those ids that there are, in that order."""
        return [event for event_id in event_ids if (event := await self.find(event_id))]

    async def head(self) -> int:
        """Return the position of the newest event."""
        return len(self._events)

    async def stats(self) -> LogStats:
        """Return figures about the log."""
        kept = [event for event in self._events if event.position not in self._gone]
        types: dict[str, int] = {}
        for event in kept:
            types[event.type] = types.get(event.type, 0) + 1
        return LogStats(
            log_id=self.log_id,
            head=len(self._events),
            first_position=kept[0].position if kept else 0,
            event_count=len(kept),
            stream_count=len(self._versions),
            size_bytes=sum(len(event.payload) for event in kept),
            writable=True,
            types=types,
        )

    async def follow(self, filter: EventFilter = EVERYTHING, *, after: int) -> AsyncGenerator[Page, None]:
        """Yield pages of wanted events past *after*, in order, until the log is closed."""
        position = told = after
        caught_up = False
        while not self._closed:
            change = self._change.next
            page = await self.read(filter, after=position)
            position = page.position
            if page.events or position - told >= _SKIPPED_MAX:
                told = position
                yield page
            if page.done and not caught_up:
                caught_up = True
                yield Page(events=(), position=position, done=True)
            if page.done:
                await change.wait()

    async def prune(self, category: str, *, before_ns: int = 0, keep: int | None = None) -> int:
        """Remove the oldest events of *category*; return how many went."""
        bound = self.consumer_storage.settled_by_all()
        kept = [e for e in self._events if e.position not in self._gone and category_of(e.stream) == category]
        surplus = len(kept) if keep is None else len(kept) - keep
        removed = 0
        for index, event in enumerate(kept):
            old = event.time_ns < before_ns or (keep is not None and index < surplus)
            if not old or (bound is not None and event.position > bound):
                break
            self._gone.add(event.position)
            del self._places[event.event_id]
            removed += 1
        return removed

    async def aclose(self) -> None:
        """End all followers."""
        self._closed = True
        self._change.ring()

    def version(self, stream: str) -> int:
        """Return the version of the stream's last event."""
        return self._versions.get(stream, 0)

    def place(self, event_id: str) -> Place | None:
        """Return where the event of that id is."""
        return self._places.get(event_id)

    def settled(self, consumer: str, position: int) -> bool:
        """Tell whether *consumer* has settled *position*."""
        return self.consumer_storage.is_settled(consumer, position)

    def _record(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            self._events.append(event_of(draft))
            self._versions[draft.stream] = draft.stream_version
            self._places[draft.event_id] = place_of(draft)
        self._change.ring()
