"""The port that every event log implements."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from luna.kernel.event_errors import EventLogError
from luna.kernel.events import BEGINNING, EVERYTHING, Append, Appended, Direction, Event, EventFilter, LogStats, Page


class EventLog(Protocol):
    """An append-only log shared by all modules.

    ``tests/contract/event_log.py`` states these promises as tests; an
    adapter is an event log exactly when that suite passes. Nothing here asks
    for more than a table, a transaction and a notification can give.
    """

    async def append(self, append: Append) -> Appended:
        """Record all of *append* or nothing. Returning means that it is durable.

        Raises:
            VersionConflictError: expectations failed; all that did are listed.
            EventIdReusedError: an event id belongs to another event.
            AlreadyProcessedError: the checkpoint was recorded before.
            UnknownConsumerError: the checkpoint names no consumer.
            LogFullError: the disk is full.
            LogReadOnlyError: the log cannot be written.

        """
        ...

    async def append_many(self, appends: Sequence[Append]) -> Sequence[Appended | EventLogError]:
        """Record each of *appends* in order, as `append` would, and share what a commit costs.

        The answer has the outcome of each append at its index. One refused
        append does not touch its neighbours.
        """
        ...

    async def read(
        self,
        filter: EventFilter = EVERYTHING,
        *,
        after: int = BEGINNING,
        limit: int = 500,
        direction: Direction = Direction.FORWARD,
    ) -> Page:
        """Return up to *limit* wanted events beyond *after*.

        Backward, *after* 0 starts at the head, and the page holds positions
        below *after*, newest first.
        """
        ...

    async def find(self, event_id: str) -> Event | None:
        """Return the event of that id, or ``None``."""
        ...

    async def find_many(self, event_ids: Sequence[str]) -> Sequence[Event]:
        """Return the events of those ids that there are, in that order, for little more than `find` costs."""
        ...

    async def head(self) -> int:
        """Return the position of the newest event, `BEGINNING` in an empty log."""
        ...

    async def stats(self) -> LogStats:
        """Return figures about the log."""
        ...

    def follow(self, filter: EventFilter = EVERYTHING, *, after: int) -> AsyncGenerator[Page, None]:
        """Yield pages of wanted events past *after*, in order, forever.

        An empty page is yielded when the head is reached for the first time,
        and whenever a filter has skipped many events. A slow reader holds
        nothing but its position. Whoever opens this closes it, with ``aclosing``.
        """
        ...
