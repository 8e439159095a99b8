"""The event log in one SQLite file: an adapter of `EventLog`."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar, cast

import apsw

from luna.adapters.log_ring import LogRing
from luna.adapters.sqlite_log_consumers import SqliteConsumers
from luna.adapters.sqlite_log_inspection import inspect
from luna.adapters.sqlite_log_ledger import Batch
from luna.adapters.sqlite_log_quota import Quota
from luna.adapters.sqlite_log_reader import PAGE_BYTES_MAX, PAGE_EVENTS_MAX, LogReader
from luna.adapters.sqlite_log_retention import prune
from luna.adapters.sqlite_log_schema import check_library
from luna.adapters.sqlite_log_session import Appends, Outcome, Task
from luna.adapters.sqlite_log_writer import APPENDS_MAX, Hooks, Writer
from luna.kernel.clock import Clock, SystemClock
from luna.kernel.event_errors import EventLogError, LogReadOnlyError
from luna.kernel.event_ids import measured
from luna.kernel.events import BEGINNING, EVERYTHING, Append, Appended, Direction, Event, EventFilter, LogStats, Page

T = TypeVar("T")
_SKIPPED_MAX: Final = 1000
_MANY_BYTES_MAX: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteLogPolicy:
    """How the log treats its file."""

    handover_seconds: float = 10.0
    """How long appends wait for another process to let go of the file."""
    inspection_seconds: float = 0.5
    """How long the file may be looked at before it is used."""
    poll_seconds: float = 0.05
    """How often followers look for events while another process writes."""
    reader_threads: int = 2
    ring_events_max: int = 1024
    ring_bytes_max: int = 2 * 1024 * 1024


class SqliteEventLog:
    """Appends through one thread, reads through a few others, follows from memory."""

    def __init__(self, path: Path, clock: Clock, policy: SqliteLogPolicy) -> None:
        self._path = path
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._policy = policy
        self._ring = LogRing(events_max=policy.ring_events_max, bytes_max=policy.ring_bytes_max)
        self._local = threading.local()
        self._readers: list[LogReader] = []
        self._pool = ThreadPoolExecutor(policy.reader_threads, thread_name_prefix="log-reader")
        hooks = Hooks(owned=self._ring.start, committed=self._committed)
        self._writer = Writer(path, clock, hooks, handover_seconds=policy.handover_seconds)
        self.consumer_storage = SqliteConsumers(self._read, self._change)
        """Where this log keeps its consumers."""
        self.quota = Quota(self._change)
        self.log_id = ""
        """The UUID of the log."""

    @classmethod
    async def open(cls, path: Path, clock: Clock | None = None, policy: SqliteLogPolicy | None = None) -> Self:
        """Open the log at *path*, and create it if it is missing.

        While another process writes the log, reads are served at once, and
        appends wait until that process lets go.

        Raises:
            CorruptLogError: the file is damaged.
            LogReadOnlyError: the file can be neither read nor created.

        """
        check_library()
        log = cls(path, clock or SystemClock(), policy or SqliteLogPolicy())
        try:
            await log._open()
        except BaseException:
            await log.aclose()
            raise
        return log

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Commit what is queued, end all followers, and let another process write."""
        self._ring.close()
        await asyncio.to_thread(self._pool.shutdown)
        for reader in self._readers:
            reader.close()
        self._readers.clear()
        # The last one to close the file folds the write-ahead log into it, which only the writer can.
        await self._writer.aclose()

    async def append(self, append: Append) -> Appended:
        """Record all of *append* or nothing."""
        (outcome,) = await self._submit((append,), *measured(append))
        if isinstance(outcome, Appended):
            return outcome
        raise outcome

    async def append_many(self, appends: Sequence[Append]) -> Sequence[Appended | EventLogError]:
        """Record each of *appends* in order, in as few transactions as is sensible."""
        # All are cut before any is submitted: a malformed id refuses them together.
        chunks = [*_chunks(appends)]
        futures = [self._submit(*chunk) for chunk in chunks]
        answered: list[Appended | EventLogError] = []
        for outcomes in await asyncio.gather(*futures):
            for outcome in outcomes:
                if not isinstance(outcome, (Appended, EventLogError)):
                    raise outcome
                answered.append(outcome)
        return answered

    async def read(
        self,
        filter: EventFilter = EVERYTHING,
        *,
        after: int = BEGINNING,
        limit: int = PAGE_EVENTS_MAX,
        direction: Direction = Direction.FORWARD,
    ) -> Page:
        """Return up to *limit* wanted events beyond *after*."""
        return await self._read(lambda reader: reader.page(filter, after, limit, direction))

    async def find(self, event_id: str) -> Event | None:
        """Return the event of that id, or ``None``."""
        return await self._read(lambda reader: reader.find(event_id))

    async def find_many(self, event_ids: Sequence[str]) -> Sequence[Event]:
        """Return the events of those ids that there are, in that order."""
        return await self._read(lambda reader: reader.find_many(event_ids))

    async def head(self) -> int:
        """Return the position of the newest event."""
        return self._ring.head if self._ring.live else await self._read(LogReader.head)

    async def stats(self) -> LogStats:
        """Return figures about the log."""
        return await self._read(lambda reader: reader.stats(writable=self._writer.writable))

    async def follow(self, filter: EventFilter = EVERYTHING, *, after: int) -> AsyncGenerator[Page, None]:
        """Yield pages of wanted events past *after*, in order, until the log is closed."""
        position = told = after
        caught_up = False
        while not self._ring.closed:
            change = self._ring.change
            page = await self._next_page(filter, position)
            position = page.position
            if page.events or position - told >= _SKIPPED_MAX:
                told = position
                yield page
            if page.done and not caught_up:
                caught_up = True
                told = position
                yield Page(events=(), position=position, done=True)
            await self._pause(page, change)

    async def prune(self, category: str, *, before_ns: int = 0, keep: int | None = None) -> int:
        """Remove the oldest events of *category*, in bounded steps; return how many went."""
        removed = 0
        while step := await self._change(lambda connection: prune(connection, category, before_ns, keep)):
            removed += step
        return removed

    async def _next_page(self, wanted: EventFilter, after: int) -> Page:
        if self._ring.holds(after):
            return self._ring.page(wanted, after, events_max=PAGE_EVENTS_MAX, bytes_max=PAGE_BYTES_MAX)
        return await self.read(wanted, after=after)

    async def _pause(self, page: Page, change: asyncio.Event) -> None:
        """Wait until there may be something behind *page*."""
        if not page.done:
            await asyncio.sleep(0)
        elif self._ring.live:
            await change.wait()
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._policy.poll_seconds):
                    await change.wait()

    async def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(inspect, self._path, self._policy.inspection_seconds)
        self._writer.start()
        if not await asyncio.shield(self._writer.opened):
            await self._readable()
        self.log_id = await self._read(LogReader.log_id)

    async def _readable(self) -> None:
        """Wait until the process that writes the log has created it."""
        deadline = self._clock.monotonic() + self._policy.handover_seconds
        while not self._path.exists() or not await self._read(LogReader.log_id):
            if self._clock.monotonic() > deadline:
                raise LogReadOnlyError(self._path, "another process holds it and does not create it")
            await asyncio.sleep(self._policy.poll_seconds)

    def _submit(self, appends: Sequence[Append], ids: Sequence[bytes], size: int) -> asyncio.Future[Sequence[Outcome]]:
        answer: asyncio.Future[Sequence[Outcome]] = self._loop.create_future()
        self._writer.submit(Appends(appends, ids, size, answer))
        return answer

    async def _change(self, job: Callable[[apsw.Connection], T]) -> T:
        """Do *job* inside a transaction of the writer."""
        answer: asyncio.Future[T] = self._loop.create_future()
        self._writer.submit(Task(job, cast("asyncio.Future[object]", answer)))
        return await answer

    async def _read(self, question: Callable[[LogReader], T]) -> T:
        """Ask *question* on a thread that reads."""
        if self._ring.closed:
            raise LogReadOnlyError(self._path, "the log was closed")
        return await self._loop.run_in_executor(self._pool, self._ask, question)

    def _ask(self, question: Callable[[LogReader], T]) -> T:
        reader: LogReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = LogReader(self._path)
            self._readers.append(reader)
        return question(reader)

    def _committed(self, batch: Batch) -> None:
        self._ring.extend(batch.drafts)
        self.consumer_storage.settled(batch.settled)


def _chunks(appends: Sequence[Append]) -> Iterator[tuple[Sequence[Append], Sequence[bytes], int]]:
    """Cut *appends* so that nobody else waits long for a transaction."""
    begin, size, ids = 0, 0, list[bytes]()
    for index, append in enumerate(appends, start=1):
        more_ids, more_size = measured(append)
        ids += more_ids
        size += more_size
        if index - begin == APPENDS_MAX or size >= _MANY_BYTES_MAX or index == len(appends):
            yield appends[begin:index], ids, size
            begin, size, ids = index, 0, []
