"""Reads the log for what is kept at hand of it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, Event, EventFilter, Page

_PAGE: Final = 250


class SharedReading:
    """Reads again for whoever asks. Those who come while others read share what is read next."""

    def __init__(self, read: Callable[[], Awaitable[None]]) -> None:
        """Call *read* for all that is recorded by then; never twice at once."""
        self._read = read
        self._reading = asyncio.Lock()
        self._begun = self._done = 0
        """The number of the last reading that was begun, and of the last that was finished."""

    async def refresh(self) -> None:
        """Return when all was read that had been recorded before this was called."""
        before = self._begun
        async with self._reading:
            if self._done <= before:
                self._begun = reading = self._begun + 1
                await self._read()
                self._done = reading


async def newest(events: EventLog, wanted: EventFilter, count: int) -> tuple[list[Event], bool]:
    """Return the newest events, newest first, and whether older ones were left out."""
    found, after = list[Event](), 0
    while len(found) < count:
        limit = min(_PAGE, count - len(found))
        page = await events.read(wanted, after=after, limit=limit, direction=Direction.BACKWARD)
        found += page.events
        if page.done or page.position <= 1:
            return found, False
        after = page.position
    return found, True


async def since(events: EventLog, wanted: EventFilter, position: int) -> AsyncGenerator[Page, None]:
    """Yield pages of what is recorded past *position* by now."""
    done = False
    while not done:
        page = await events.read(wanted, after=position, limit=_PAGE)
        yield page
        position, done = max(position, page.position), page.done
