"""Keeps the newest cycles at hand, so that a look at them does not read the log each time. A projection of the log."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts

from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, Event, EventFilter
from luna.kernel.times import ns_of
from luna.modules.zeroia.ranges import between
from luna.modules.zeroia.record import CYCLE_COMPLETED, CYCLES
from luna.modules.zeroia.timeline import Beat

CYCLES_MAX: Final = 20_000
"""How many of the newest cycles a timeline looks at."""
COMPLETED: Final = EventFilter(stream=CYCLES, types=frozenset({CYCLE_COMPLETED}))
_PAGE: Final = 250


class Found(NamedTuple):
    """Cycles, oldest first, and whether older ones were left out."""

    beats: Sequence[Beat]
    truncated: bool


class CycleHistory:
    """The newest cycles, as of the last question about them."""

    def __init__(self, events: EventLog, *, kept: int = CYCLES_MAX) -> None:
        self._events = events
        self._kept = kept
        self._beats: deque[Beat] = deque(maxlen=kept)
        self._position = 0
        self._truncated = False
        self._reading = asyncio.Lock()
        self._begun = self._read = 0
        """The number of the last reading that was begun, and of the last that was finished."""

    async def between(self, start_ns: int, end_ns: int) -> Found:
        """Return the newest of the cycles that began in that time, with all that are recorded by now.

        Raises:
            TimeRangeError: it ends before it starts.

        """
        wanted = between(COMPLETED, start_ns, end_ns)
        await self._refresh()
        if self._truncated and self._beats[0].time_ns > start_ns:
            found, truncated = await self._newest(wanted)
            return Found([_beat(event) for event in reversed(found)], truncated)
        return Found([beat for beat in self._beats if start_ns <= beat.time_ns < end_ns], truncated=False)

    async def _refresh(self) -> None:
        """Take up what is recorded by now. Whoever comes while others read shares what is read next."""
        before = self._begun
        async with self._reading:
            if self._read <= before:
                self._begun = reading = self._begun + 1
                await (self._catch_up() if self._position else self._load())
                self._read = reading

    async def _load(self) -> None:
        found, self._truncated = await self._newest(COMPLETED)
        self._beats.extend(map(_beat, reversed(found)))
        self._position = found[0].position if found else 0

    async def _catch_up(self) -> None:
        done = False
        while not done:
            page = await self._events.read(COMPLETED, after=self._position, limit=_PAGE)
            self._truncated = self._truncated or len(self._beats) + len(page.events) > self._kept
            self._beats.extend(map(_beat, page.events))
            self._position, done = max(self._position, page.position), page.done

    async def _newest(self, wanted: EventFilter) -> tuple[list[Event], bool]:
        """Return the newest cycles, newest first, and whether older ones were left out."""
        found, after = list[Event](), 0
        while len(found) < self._kept:
            limit = min(_PAGE, self._kept - len(found))
            page = await self._events.read(wanted, after=after, limit=limit, direction=Direction.BACKWARD)
            found += page.events
            if page.done or page.position <= 1:
                return found, False
            after = page.position
        return found, True


def _beat(event: Event) -> Beat:
    cycle = facts.CycleCompleted.FromString(event.payload).cycle
    judgement = cycle.judgement if cycle.HasField("judgement") else None
    return Beat.of(ns_of(cycle.start_time), judgement)
