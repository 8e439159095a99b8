"""The thread that writes: gathers what is waiting, and commits it as one transaction."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter, thread_time
from typing import Final

from luna.adapters.sqlite_log_ledger import Batch
from luna.adapters.sqlite_log_session import Answer, Appends, Item, Session
from luna.adapters.write_lock import WriteLock
from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventLogError, LogReadOnlyError

APPENDS_MAX: Final = 1024
BYTES_MAX: Final = 8 * 1024 * 1024
_APPENDS_MIN: Final = 64
_LOCK_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the writer reports, on the event loop."""

    owned: Callable[[int], None]
    """The log is ours to write, and this is its head."""
    committed: Callable[[Batch], None]
    """A transaction is durable. Called before its appends are answered."""


class Writer:
    """Owns the only connection that writes."""

    def __init__(self, path: Path, clock: Clock, hooks: Hooks, *, handover_seconds: float) -> None:
        self._path = path
        self._clock = clock
        self._hooks = hooks
        self._handover_seconds = handover_seconds
        self._loop = asyncio.get_running_loop()
        self._inbox: SimpleQueue[Sequence[Item] | None] = SimpleQueue()
        self._submitted: list[Item] = []
        """What this turn of the event loop has submitted so far: the thread gets it at once."""
        self._backlog: deque[Item] = deque()
        self._lock = WriteLock(path)
        self._session = Session(path, clock.wall_ns)
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._pace = _Pace()
        self._owned = self._closing = self._stopping = False
        self.writable = True
        self.transactions = 0
        """How many were committed."""
        self.opened: asyncio.Future[bool] = self._loop.create_future()
        """Whether the log was ours to write at once."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, item: Item) -> None:
        """Queue *item*.

        Raises:
            LogReadOnlyError: the log was closed.

        """
        if self._closing:
            raise LogReadOnlyError(self._path, "the log was closed")
        if not self._submitted:
            self._loop.call_soon(self._hand_over)
        self._submitted.append(item)

    async def aclose(self) -> None:
        """Finish what is queued, and let go of the file."""
        if not self._closing:
            self._closing = True
            self._hand_over()
            self._inbox.put(None)
        if self._thread.ident:
            await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        if self._submitted:
            self._inbox.put(self._submitted)
            self._submitted = []

    def _run(self) -> None:
        try:
            try:
                opened: Answer = self._take_over()
            except Exception as error:  # noqa: BLE001  whoever opens the log gets it
                opened = error
            self._post(_resolve, [(self.opened, opened)])
            while not self._stopping or self._backlog:
                self._gather()
                if self._backlog and (self._owned or self._try_to_take_over()):
                    self._transact(self._take())
        finally:
            self._session.close()
            self._lock.release()

    def _take_over(self) -> bool:
        """Become the writer, if no other process is."""
        if not self._lock.acquire():
            return False
        try:
            head = self._session.open()
        except BaseException:
            self._session.close()
            self._lock.release()
            raise
        self._owned = True
        self._post(self._hooks.owned, head)
        return True

    def _try_to_take_over(self) -> bool:
        try:
            if self._take_over():
                return True
            why = "another process is writing it"
        except Exception as error:  # noqa: BLE001  a file that cannot be opened refuses appends, and the thread goes on
            why = str(error)
        oldest = self._clock.monotonic() - self._handover_seconds
        while self._backlog and (self._stopping or self._backlog[0].queued_at <= oldest):
            self._post(_resolve, [(self._backlog.popleft().answer, LogReadOnlyError(self._path, why))])
        return False

    def _gather(self) -> None:
        """Move what was submitted into the backlog; wait for something if there is nothing."""
        try:
            if self._owned:
                self._receive(self._inbox.get(block=not self._backlog and not self._stopping))
            else:
                self._receive(self._inbox.get(timeout=_LOCK_POLL_SECONDS))
            while True:
                self._receive(self._inbox.get_nowait())
        except Empty:
            pass
        if not self._owned and not self._backlog and not self._stopping:
            self._try_to_take_over()

    def _receive(self, items: Sequence[Item] | None) -> None:
        if items is None:
            self._stopping = True
            return
        self._backlog.extend(items)
        if not self._owned:
            now = self._clock.monotonic()
            for item in items:
                item.queued_at = now

    def _take(self) -> Sequence[Item]:
        """Take as much from the backlog as one transaction should hold."""
        taken: list[Item] = []
        appends = size = 0
        bound = self._pace.bound()
        while self._backlog and (not taken or (appends < bound and size < BYTES_MAX)):
            item = self._backlog.popleft()
            taken.append(item)
            if isinstance(item, Appends):
                appends += len(item.appends)
                size += item.size
        self._pace.began(appends)
        return taken

    def _transact(self, items: Sequence[Item]) -> None:
        try:
            answers, batch = self._session.transact(items, self._pace.judged)
        except Exception as error:  # noqa: BLE001  those who wait get it, and the thread goes on
            self.writable = self.writable and not isinstance(error, EventLogError)
            self._post(_resolve, [(item.answer, error) for item in items])
            return
        self._pace.committed()
        self.transactions += 1
        self.writable = True
        self._post(self._settle, batch, [item.answer for item in items], answers)

    def _settle(self, batch: Batch, futures: Sequence[asyncio.Future[object]], answers: Sequence[Answer]) -> None:
        self._hooks.committed(batch)
        _resolve(zip(futures, answers, strict=True))

    def _post(self, callback: Callable[..., None], *arguments: object) -> None:
        # Without a loop there is nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)


def _resolve(answers: Iterable[tuple[asyncio.Future[object], Answer]]) -> None:
    for future, answer in answers:
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


class _Pace:
    """Sizes transactions: where judging takes twice as long as committing, more of it buys little."""

    def __init__(self) -> None:
        self._append_seconds = 1e-5
        self._commit_seconds = 1e-3
        self._mark = 0.0
        self._appends = 0

    def bound(self) -> int:
        """Return how many appends the next transaction should hold."""
        return min(APPENDS_MAX, max(_APPENDS_MIN, int(2 * self._commit_seconds / self._append_seconds)))

    def began(self, appends: int) -> None:
        """Note that a transaction of so many appends begins."""
        self._appends, self._mark = appends, thread_time()

    def judged(self) -> None:
        """Note that its appends are judged."""
        if self._appends:
            self._append_seconds += 0.1 * ((thread_time() - self._mark) / self._appends - self._append_seconds)
        self._mark = perf_counter()

    def committed(self) -> None:
        """Note that it is durable."""
        if self._appends:
            self._commit_seconds += 0.1 * (perf_counter() - self._mark - self._commit_seconds)
