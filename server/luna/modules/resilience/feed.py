"""Follows facts of one stream as they are recorded, with tokens that lead back into it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import NamedTuple

from luna.kernel import tokens
from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, EventFilter
from luna.kernel.streams import with_pauses
from luna.modules.resilience.errors import PageTokenError, ResilienceResumeTokenError


class Heard(NamedTuple):
    """Some facts, and the token that resumes after them."""

    events: Sequence[Event]
    resume_token: str


class Feed:
    """Streams of the log, and the tokens that lead through it."""

    def __init__(self, events: EventLog, *, checkpoint_seconds: float) -> None:
        self._events = events
        self._checkpoint_seconds = checkpoint_seconds
        self._log_id = ""

    async def watch(self, wanted: EventFilter, *, after: int) -> AsyncGenerator[Heard, None]:
        """Yield facts past *after* as they are recorded, and an empty batch when there was none for a while."""
        pages = self._events.follow(wanted, after=after)
        async with aclosing(with_pauses(pages, every=self._checkpoint_seconds)) as news:
            async for page in news:
                after = max(after, page.position) if page is not None else after
                yield Heard(page.events if page is not None else (), await self.token(after))

    async def resumed(self, resume_token: str) -> int:
        """Return the position that a resume token stands for.

        Raises:
            ResilienceResumeTokenError: it was not issued by this node.

        """
        try:
            return tokens.redeem(resume_token, await self.log_id())
        except tokens.ResumeTokenError:
            raise ResilienceResumeTokenError from None

    async def paged(self, page_token: str) -> int:
        """Return the position that a page token stands for, 0 for an empty one.

        Raises:
            PageTokenError: it was not issued for a list of this node.

        """
        if not page_token:
            return 0
        try:
            return tokens.redeem(page_token, await self.log_id())
        except tokens.ResumeTokenError:
            raise PageTokenError from None

    async def token(self, position: int) -> str:
        """Return the token that stands for *position*."""
        return tokens.issue(await self.log_id(), position)

    async def log_id(self) -> str:
        """Return the id of the log."""
        if not self._log_id:
            self._log_id = (await self._events.stats()).log_id
        return self._log_id
