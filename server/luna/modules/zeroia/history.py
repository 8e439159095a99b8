"""Keeps the newest cycles at hand, so that a look at them does not read the log each time. A projection of the log."""

from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts

from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, EventFilter
from luna.kernel.times import ns_of
from luna.modules.zeroia.ranges import between
from luna.modules.zeroia.reading import SharedReading, newest, since
from luna.modules.zeroia.record import CYCLE_COMPLETED, CYCLES
from luna.modules.zeroia.timeline import Beat

CYCLES_MAX: Final = 20_000
"""How many of the newest cycles a timeline looks at."""
COMPLETED: Final = EventFilter(stream=CYCLES, types=frozenset({CYCLE_COMPLETED}))


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
        self._reading = SharedReading(self._read)

    async def between(self, start_ns: int, end_ns: int) -> Found:
        """Return the newest of the cycles that began in that time, with all that are recorded by now.

        Raises:
            TimeRangeError: it ends before it starts.

        """
        wanted = between(COMPLETED, start_ns, end_ns)
        await self._reading.refresh()
        if self._truncated and self._beats[0].time_ns > start_ns:
            found, truncated = await newest(self._events, wanted, self._kept)
            return Found([_beat(event) for event in reversed(found)], truncated)
        return Found([beat for beat in self._beats if start_ns <= beat.time_ns < end_ns], truncated=False)

    async def _read(self) -> None:
        if self._position:
            async with aclosing(since(self._events, COMPLETED, self._position)) as pages:
                async for page in pages:
                    self._truncated = self._truncated or len(self._beats) + len(page.events) > self._kept
                    self._beats.extend(map(_beat, page.events))
                    self._position = max(self._position, page.position)
        else:
            found, self._truncated = await newest(self._events, COMPLETED, self._kept)
            self._beats.extend(map(_beat, reversed(found)))
            self._position = found[0].position if found else 0


def _beat(event: Event) -> Beat:
    cycle = facts.CycleCompleted.FromString(event.payload).cycle
    judgement = cycle.judgement if cycle.HasField("judgement") else None
    return Beat.of(ns_of(cycle.start_time), judgement)
