"""Runs transactions on the connection that writes."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Final, TypeAlias

import apsw

from luna.adapters.sqlite_log_ledger import Batch, Ledger
from luna.adapters.sqlite_log_schema import open_writer, run
from luna.kernel.event_errors import EventLogError, LogFullError, LogReadOnlyError
from luna.kernel.events import Append, Appended

Outcome: TypeAlias = Appended | EventLogError | ValueError | TypeError
Job: TypeAlias = Callable[[apsw.Connection], object]
_ROOM_MIN_BYTES: Final = 1024 * 1024
_JUDGED_MAX: Final = 128
"""Appends judged in a row, which is about a millisecond."""


@dataclass(slots=True)
class Appends:
    """Appends that share one transaction and one answer. Not frozen: one is made for every append."""

    appends: Sequence[Append]
    ids: Sequence[bytes]
    """The event ids that callers chose."""
    size: int
    """The payloads' bytes."""
    answer: asyncio.Future[Sequence[Outcome]]
    queued_at: float = 0.0
    """Noted only while another process writes the log."""


@dataclass(slots=True)
class Task:
    """Other work on the tables, inside a transaction."""

    job: Job
    answer: asyncio.Future[object]
    queued_at: float = 0.0


Item: TypeAlias = Appends | Task
Answer: TypeAlias = object | Exception


class Session:
    """The connection that writes, and what it knows about the tables."""

    def __init__(self, path: Path, now_ns: Callable[[], int]) -> None:
        self._path = path
        self._now_ns = now_ns
        self._connection: apsw.Connection | None = None
        self._ledger: Ledger | None = None

    def open(self) -> int:
        """Open the file, and return the head of the log."""
        self._connection = open_writer(self._path)
        self._ledger = Ledger(self._connection, self._now_ns)
        return self._ledger.head

    def transact(self, items: Sequence[Item], judged: Callable[[], None]) -> tuple[Sequence[Answer], Batch]:
        """Do all of *items* in one transaction, and return an answer for each. Call *judged* before writing.

        Raises:
            EventLogError: the file could not be written; nothing was recorded.

        """
        try:
            return self._transact(items, judged)
        except apsw.Error as error:
            self._abandon(reopen=not isinstance(error, apsw.FullError))
            raise _refusal(self._path, error) from error
        except BaseException:
            self._abandon(reopen=True)
            raise

    def close(self) -> None:
        """Close the file, with everything in it that was in its write-ahead log."""
        if self._connection:
            with suppress(apsw.Error):
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._connection.close()
        self._connection = self._ledger = None

    def _transact(self, items: Sequence[Item], judged: Callable[[], None]) -> tuple[Sequence[Answer], Batch]:
        if self._connection is None or self._ledger is None:
            self.open()
        connection, ledger = self._connection, self._ledger
        assert connection  # noqa: S101  open() sets both
        assert ledger  # noqa: S101
        run(connection, "BEGIN IMMEDIATE")
        answers = [_do(connection, item.job) if isinstance(item, Task) else None for item in items]
        wanted = [item for item in items if isinstance(item, Appends)]
        ledger.prepare([a for item in wanted for a in item.appends], [raw for item in wanted for raw in item.ids])
        judged_since = 0
        for index, item in enumerate(items):
            if isinstance(item, Appends):
                answers[index] = _add(ledger, item.appends)
                judged_since += len(item.appends)
                if judged_since >= _JUDGED_MAX:
                    judged_since = 0
                    sleep(0)  # lets the event loop have its turn
        judged()
        batch = ledger.write()
        run(connection, "COMMIT")
        return answers, batch

    def _abandon(self, *, reopen: bool) -> None:
        """Undo a transaction, with a fresh connection where this one may be in a bad state."""
        try:
            if self._connection and self._connection.in_transaction:
                run(self._connection, "ROLLBACK")
            if self._ledger and not reopen:
                self._ledger.reload()
                return
        except apsw.Error:
            pass  # The next transaction opens the file again.
        self.close()


def _add(ledger: Ledger, appends: Sequence[Append]) -> Sequence[Outcome]:
    outcomes: list[Outcome] = []
    for append in appends:
        try:
            outcomes.append(ledger.add(append))
        except (EventLogError, ValueError, TypeError) as error:
            outcomes.append(error)
    return outcomes


def _do(connection: apsw.Connection, job: Job) -> Answer:
    run(connection, "SAVEPOINT job")
    try:
        answer = job(connection)
    except EventLogError as error:
        run(connection, "ROLLBACK TO job")
        answer = error
    run(connection, "RELEASE job")
    return answer


def _refusal(path: Path, error: apsw.Error) -> EventLogError:
    if isinstance(error, apsw.FullError):
        return LogFullError(path)
    if isinstance(error, apsw.IOError):
        room = os.statvfs(path.parent)
        if room.f_bavail * room.f_frsize < _ROOM_MIN_BYTES:
            return LogFullError(path)
    return LogReadOnlyError(path, str(error))
