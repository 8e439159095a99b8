"""Leads callers through streams of the log: onwards as facts are recorded, back in pages, with tokens to go on from."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final, NamedTuple

from luna.kernel import tokens
from luna.kernel.errors import DomainError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, Event, EventFilter
from luna.kernel.streams import with_pauses

_READ: Final = 250
_READS_MAX: Final = 8
"""How much of the log one call for a page looks through."""


class Heard(NamedTuple):
    """Some facts, and the token that resumes after them."""

    events: Sequence[Event]
    resume_token: str


class Refusals(NamedTuple):
    """What a module says to tokens that are not its own."""

    page: Callable[[], DomainError]
    resume: Callable[[], DomainError] | None = None
    """Unless given, it is what the log says."""


class Feed:
    """Streams of the log, and the tokens that lead through it."""

    def __init__(self, events: EventLog, refusals: Refusals, *, checkpoint_seconds: float) -> None:
        self._events = events
        self._refusals = refusals
        self._checkpoint_seconds = checkpoint_seconds
        self._log_id = ""

    async def watch(self, wanted: EventFilter, *, after: int) -> AsyncGenerator[Heard, None]:
        """Yield facts past *after* as they are recorded, and an empty batch when there was none for a while."""
        pages = self._events.follow(wanted, after=after)
        async with aclosing(with_pauses(pages, every=self._checkpoint_seconds)) as news:
            async for page in news:
                after = max(after, page.position) if page is not None else after
                yield Heard(page.events if page is not None else (), await self.token(after))

    async def newest(
        self, wanted: EventFilter, *, page_token: str, limit: int, admits: Callable[[Event], bool] | None = None
    ) -> tuple[Sequence[Event], str]:
        """Return facts that *admits* accepts, newest first, and the token of the next page.

        Raises:
            DomainError: the refusal of page tokens; it was not issued by this log.

        """
        after, found = await self.paged(page_token), list[Event]()
        for _ in range(_READS_MAX):
            size = _READ if admits else min(limit, _READ)
            page = await self._events.read(wanted, after=after, limit=size, direction=Direction.BACKWARD)
            for event in page.events:
                if admits is None or admits(event):
                    found.append(event)
                    if len(found) == limit:
                        return found, await self.token(event.position) if event.position > 1 else ""
            if page.done or page.position <= 1:
                return found, ""
            after = page.position
            await asyncio.sleep(0)
        return found, await self.token(after)

    async def last(self, wanted: EventFilter) -> int:
        """Return the position just before the newest fact, or the head of the log while there is none."""
        page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
        return page.events[0].position - 1 if page.events else await self._events.head()

    async def resumed(self, resume_token: str) -> int:
        """Return the position that a resume token stands for.

        Raises:
            DomainError: the refusal of resume tokens; it was not issued by this log.

        """
        return await self._redeemed(resume_token, self._refusals.resume)

    async def paged(self, page_token: str) -> int:
        """Return the position that a page token stands for, 0 for an empty one.

        Raises:
            DomainError: the refusal of page tokens; it was not issued by this log.

        """
        return await self._redeemed(page_token, self._refusals.page) if page_token else 0

    async def token(self, position: int) -> str:
        """Return the token that stands for *position*."""
        return tokens.issue(await self.log_id(), position)

    async def log_id(self) -> str:
        """Return the id of the log."""
        if not self._log_id:
            self._log_id = (await self._events.stats()).log_id
        return self._log_id

    async def _redeemed(self, token: str, refusal: Callable[[], DomainError] | None) -> int:
        try:
            return tokens.redeem(token, await self.log_id())
        except tokens.ResumeTokenError:
            if refusal is None:
                raise
            raise refusal() from None
