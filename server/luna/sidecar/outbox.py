"""Sends events to the log in the order in which they happened, as soon as it answers. Until then they are on disk.

::

    put ──▶ new ──▶ kept in a file ──▶ sent, again and again until it is answered ──▶ forgotten

Rule 1: what is kept together is sent together, by this process or the next one. An event has its id from the moment it
is made, so the log records it once, however often it is sent.
Rule 2: what an earlier process left goes first.
Rule 3: where the disk takes nothing, events wait in memory alone.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, Protocol, TypeAlias

from google.protobuf.message import DecodeError

from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventLogError, LogFullError, LogReadOnlyError
from luna.kernel.events import Append, Appended, NewEvent, Recorded, StreamWrite
from luna.transport.remote_log_messages import append_from, append_to
from luna.transport.spool import Spool

WAITING_MAX: Final = 4096
"""How many events may wait for the log in memory. The oldest give way."""
_BATCH: Final = 64
_RETRY_SECONDS: Final = 0.1

_log = logging.getLogger(__name__)


class Appends(Protocol):
    """The part of the event log that the outbox needs."""

    async def append(self, append: Append) -> Appended:
        """Record all of *append* or nothing."""
        ...


OpenLog: TypeAlias = Callable[[], AbstractAsyncContextManager[Appends]]
Put: TypeAlias = Callable[[str, NewEvent], None]
"""Takes an event for a stream. Never waits, never fails."""


class _Batch(NamedTuple):
    append: Append
    payload: bytes
    """The same, as it is on disk."""

    @property
    def size(self) -> int:
        return sum(len(write.events) for write in self.append.writes)


class Outbox:
    """A queue in front of the log that outlives its process."""

    def __init__(self, spool: Spool, *, clock: Clock, recorded: Callable[[Recorded], None] = lambda _: None) -> None:
        """Tell *recorded* where each event is, once the log has it."""
        self._spool = spool
        self._clock = clock
        self._recorded = recorded
        self._new: deque[tuple[str, NewEvent]] = deque()
        self._some_new = asyncio.Event()
        self._keeping: Sequence[bytes] = ()
        """What is on its way to the disk, and twice there in the worst case."""
        self._kept: deque[_Batch] = deque()
        self._some_kept = asyncio.Event()
        self._over: list[bytes] = []
        """What is still on disk and need not be."""
        self._empty = asyncio.Event()
        self._empty.set()
        self.replayed = asyncio.Event()
        """Set once the log has what an earlier process left."""
        self.waiting = 0
        """How many events are not on record yet."""
        self.dropped = 0

    def put(self, stream: str, event: NewEvent) -> None:
        """Queue *event*. Never waits, never fails."""
        self._new.append((stream, event))
        self._some_new.set()
        self._empty.clear()
        self.waiting += 1
        if self.waiting > WAITING_MAX:
            self._let_go()

    async def run(self, open_log: OpenLog) -> None:
        """Keep and send what is queued, forever."""
        try:
            left = await self._left()
            async with open_log() as log, asyncio.TaskGroup() as group:
                group.create_task(self._keep())
                group.create_task(self._send(log, left))
        finally:
            # What is not on disk yet is sent by whoever comes next.
            with suppress(OSError):
                self._spool.add([*self._keeping, *(batch.payload for batch in iter(self._take, None))])

    async def flush(self, *, seconds: float) -> None:
        """Wait up to *seconds* until everything is recorded."""
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            _log.warning("events were not recorded", extra={"count": self.waiting})

    def _let_go(self) -> None:
        """Let the oldest give way."""
        gone = 1
        if self._kept:
            batch = self._kept.popleft()
            gone = batch.size
            self._over.append(batch.payload)
        else:
            self._new.popleft()
        self.dropped += gone
        self.waiting -= gone

    def _take(self) -> _Batch | None:
        """Return what is kept together next."""
        if not self._new:
            self._some_new.clear()
            return None
        events = [self._new.popleft() for _ in range(min(_BATCH, len(self._new)))]
        append = Append(writes=_writes(events))
        return _Batch(append, b"".join(append_to(append, source="", trace_id="")))

    async def _keep(self) -> None:
        while True:
            await self._some_new.wait()
            if batch := self._take():
                self._keeping = [batch.payload]
                await self._on_disk(self._spool.add, self._keeping)
                self._keeping = ()
                self._kept.append(batch)
                self._some_kept.set()

    async def _send(self, log: Appends, left: Sequence[_Batch]) -> None:
        for batch in left:
            await self._deliver(log, batch)
        self.replayed.set()
        while True:
            if not self._kept:
                self._some_kept.clear()
                await self._some_kept.wait()
            await self._deliver(log, self._kept.popleft())

    async def _deliver(self, log: Appends, batch: _Batch) -> None:
        while not await self._delivered(log, batch):
            await self._clock.sleep(_RETRY_SECONDS)
        over, self._over = [batch.payload, *self._over], []
        await self._on_disk(self._spool.remove, over)
        self.waiting -= batch.size
        if not self.waiting:
            self._empty.set()

    async def _delivered(self, log: Appends, batch: _Batch) -> bool:
        """Tell whether nothing more is to be done about *batch*."""
        try:
            # One append, so that the log has all of it or nothing.
            appended = await log.append(batch.append)
        except (LogFullError, LogReadOnlyError):
            return False
        except EventLogError as error:
            # It would be refused again and again, and everything after it would wait.
            _log.error("events were refused", extra={"count": batch.size, "why": str(error)})
            return True
        except Exception as error:  # noqa: BLE001  a log that does not answer is asked again
            _log.debug("the log does not answer", extra={"why": repr(error)})
            return False
        for recorded in appended.events:
            self._recorded(recorded)
        return True

    async def _left(self) -> Sequence[_Batch]:
        """Return what an earlier process kept, and the log may not have."""
        found: list[_Batch] = []
        try:
            for payload in await asyncio.to_thread(self._spool.first):
                try:
                    found.append(_Batch(append_from(payload), payload))
                except DecodeError:
                    self._over.append(payload)
        except OSError as error:
            _log.warning("events that were kept cannot be read", extra={"why": str(error)})
        self.waiting += sum(batch.size for batch in found)
        if self.waiting:
            self._empty.clear()
        return found

    async def _on_disk(self, do: Callable[[Sequence[bytes]], object], payloads: Sequence[bytes]) -> None:
        try:
            await asyncio.to_thread(do, payloads)
        except OSError as error:
            _log.warning("events cannot be kept on disk", extra={"why": str(error)})


def _writes(events: Sequence[tuple[str, NewEvent]]) -> Sequence[StreamWrite]:
    """Return *events* in their order: what happened to one stream may depend on what happened to another before."""
    runs = groupby(events, key=itemgetter(0))
    return tuple(StreamWrite(stream=stream, events=tuple(event for _, event in run)) for stream, run in runs)
