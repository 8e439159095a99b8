"""Takes the room away that the log's file could still grow into, and gives it back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import apsw

from luna.adapters.sqlite_log_schema import number

_PAGES_MAX: Final = 4_294_967_294
"""SQLite's own limit."""

Job = Callable[[apsw.Connection], None]


class Quota:
    """The number of pages that the file may have."""

    def __init__(self, change: Callable[[Job], Awaitable[None]]) -> None:
        """Take what does a job on the connection that writes."""
        self._change = change
        self._tasks: set[asyncio.Task[None]] = set()

    def exhaust(self) -> Callable[[], None]:
        """Let the file have no more pages than it has, until what this returns is called."""
        self._do(_close_in)
        return lambda: self._do(_open_up)

    def _do(self, job: Job) -> None:
        task = asyncio.ensure_future(self._done(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(self, job: Job) -> None:
        await self._change(job)


def _close_in(connection: apsw.Connection) -> None:
    number(connection, f"PRAGMA max_page_count = {number(connection, 'PRAGMA page_count')}")


def _open_up(connection: apsw.Connection) -> None:
    number(connection, f"PRAGMA max_page_count = {_PAGES_MAX}")
