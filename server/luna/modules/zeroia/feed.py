"""Reads recorded facts of one stream: newest first in pages, or onwards as they come."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final, NamedTuple

from luna.kernel import tokens
from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, Event, EventFilter
from luna.kernel.streams import with_pauses
from luna.kernel.times import timestamp
from luna.modules.zeroia.errors import PageTokenError, TimeRangeError

_READ: Final = 250
_READS_MAX: Final = 8
"""How much of the log one call for a page looks through."""


class Heard(NamedTuple):
    """Some facts, and the token that resumes after them."""

    events: Sequence[Event]
    resume_token: str


class Feed:
    """Pages and streams of the log, with the tokens that lead through them."""

    def __init__(self, events: EventLog, *, checkpoint_seconds: float) -> None:
        self._events = events
        self._checkpoint_seconds = checkpoint_seconds
        self._log_id = ""

    async def watch(self, wanted: EventFilter, resume_token: str) -> AsyncGenerator[Heard, None]:
        """Yield facts as they are recorded, and an empty batch when there was none for a while.

        Raises:
            ResumeTokenError: the token was not issued by this node.

        """
        position = await self._begin(wanted, resume_token)
        pages = self._events.follow(wanted, after=position)
        async with aclosing(with_pauses(pages, every=self._checkpoint_seconds)) as news:
            async for page in news:
                if page is not None:
                    position = max(position, page.position)
                yield Heard(page.events if page is not None else (), tokens.issue(await self.log_id(), position))

    async def newest(
        self, wanted: EventFilter, *, page_token: str, limit: int, admits: Callable[[Event], bool]
    ) -> tuple[Sequence[Event], str]:
        """Return facts that *admits* accepts, newest first, and the token of the next page.

        Raises:
            PageTokenError: the token was not issued for this list.

        """
        after, found = await self.position(page_token), list[Event]()
        for _ in range(_READS_MAX):
            page = await self._events.read(wanted, after=after, limit=_READ, direction=Direction.BACKWARD)
            for event in page.events:
                if admits(event):
                    found.append(event)
                    if len(found) == limit:
                        return found, await self.page_token(event.position) if event.position > 1 else ""
            if page.done or page.position <= 1:
                return found, ""
            after = page.position
            await asyncio.sleep(0)
        return found, await self.page_token(after)

    async def position(self, page_token: str) -> int:
        """Return the position that a page token stands for, 0 for an empty one.

        Raises:
            PageTokenError: it was not issued for this list.

        """
        if not page_token:
            return 0
        try:
            return tokens.redeem(page_token, await self.log_id())
        except tokens.ResumeTokenError:
            raise PageTokenError from None

    async def page_token(self, position: int) -> str:
        """Return the page token that stands for *position*."""
        return tokens.issue(await self.log_id(), position)

    async def log_id(self) -> str:
        """Return the id of the log."""
        if not self._log_id:
            self._log_id = (await self._events.stats()).log_id
        return self._log_id

    async def _begin(self, wanted: EventFilter, resume_token: str) -> int:
        if resume_token:
            return tokens.redeem(resume_token, await self.log_id())
        page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
        return page.events[0].position - 1 if page.events else await self._events.head()


def between(wanted: EventFilter, start_ns: int, end_ns: int) -> EventFilter:
    """Narrow *wanted* to a range of time; 0 leaves an end open.

    Raises:
        TimeRangeError: it ends before it starts.

    """
    if start_ns and end_ns and start_ns >= end_ns:
        raise TimeRangeError(timestamp(start_ns).ToJsonString(), timestamp(end_ns).ToJsonString())
    return replace(wanted, since_ns=start_ns, until_ns=end_ns)
