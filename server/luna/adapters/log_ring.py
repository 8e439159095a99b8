"""The newest events of a log in memory, shared by everyone who follows it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from luna.kernel.appends import Draft, event_of
from luna.kernel.bell import Bell
from luna.kernel.events import Event, EventFilter, Page

EVENTS_MAX: Final = 8192
BYTES_MAX: Final = 16 * 1024 * 1024
_ENVELOPE_BYTES: Final = 640
"""Roughly what an event takes besides its payload."""


class LogRing:
    """Readers hold a cursor, nothing else: however many they are, each event is here once."""

    def __init__(self, *, events_max: int = EVENTS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._events_max = events_max
        self._bytes_max = bytes_max
        self._events: list[Draft | Event] = []
        self._begin = 0
        """The index of the oldest event that counts; those before it go with the next trim."""
        self._arrivals: deque[tuple[int, int]] = deque()
        """How many events came at once, and their bytes: they also go at once."""
        self._size = 0
        self._bell = Bell()
        self.live = False
        """Whether every new event of the log arrives here."""
        self.head = 0
        self.closed = False

    @property
    def change(self) -> asyncio.Event:
        """What is set at the next change. Take it before looking, then nothing is missed."""
        return self._bell.next

    def start(self, head: int) -> None:
        """Begin to receive everything behind *head*."""
        self.head = head
        self.live = True
        self._bell.ring()

    def extend(self, drafts: Sequence[Draft]) -> None:
        """Take new events in."""
        if not drafts:
            return
        self.head = drafts[-1].position
        drafts = drafts[-self._events_max :]
        size = sum([len(draft[0].payload) for draft in drafts]) + _ENVELOPE_BYTES * len(drafts)
        self._events += drafts
        self._arrivals.append((len(drafts), size))
        self._size += size
        self._trim()
        self._bell.ring()

    def close(self) -> None:
        """Send every reader home."""
        self.closed = True
        self._bell.ring()

    def holds(self, after: int) -> bool:
        """Tell whether everything behind *after* is here."""
        return self.live and after >= self.head - (len(self._events) - self._begin)

    def page(self, wanted: EventFilter, after: int, *, events_max: int, bytes_max: int) -> Page:
        """Return wanted events behind *after*, which the ring `holds`."""
        start = max(0, len(self._events) - (self.head - after))
        found: list[Event] = []
        size, position = 0, after
        for index in range(start, min(start + events_max, len(self._events))):
            event = self._event(index)
            if wanted.admits(event):
                size += len(event.payload)
                if found and size > bytes_max:
                    break
                found.append(event)
            position = event.position
        return Page(events=found, position=position, done=position >= self.head)

    def _event(self, index: int) -> Event:
        event = self._events[index]
        if not isinstance(event, Event):
            event = self._events[index] = event_of(event)
        return event

    def _trim(self) -> None:
        end = len(self._events)
        while end - self._begin > self._events_max or self._size > self._bytes_max:
            count, size = self._arrivals.popleft()
            self._size -= size
            self._begin += count
        if self._begin > self._events_max:
            del self._events[: self._begin]
            self._begin = 0
