"""Sends events to the log in the order in which they happened, as soon as it answers."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol, TypeAlias

from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventLogError, LogFullError, LogReadOnlyError
from luna.kernel.events import Append, Appended, NewEvent, Recorded, StreamWrite

WAITING_MAX: Final = 4096
"""How many events may wait for the log. The oldest give way."""
_BATCH: Final = 64
_RETRY_SECONDS: Final = 0.1

_log = logging.getLogger(__name__)


class Appends(Protocol):
    """The part of the event log that the outbox needs."""

    async def append(self, append: Append) -> Appended:
        """Record all of *append* or nothing."""
        ...


OpenLog: TypeAlias = Callable[[], AbstractAsyncContextManager[Appends]]


class Outbox:
    """A queue in front of the log.

    An event carries its id from the moment it is made, so a retry after a lost answer records it once.
    """

    def __init__(self, *, clock: Clock, recorded: Callable[[Recorded], None] = lambda _: None) -> None:
        """Tell *recorded* where each event is, once the log has it."""
        self._clock = clock
        self._recorded = recorded
        self._waiting: deque[tuple[str, NewEvent]] = deque(maxlen=WAITING_MAX)
        self._unsent: Sequence[tuple[str, NewEvent]] = ()
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """How many events are not on record yet."""
        return len(self._waiting) + len(self._unsent)

    def put(self, stream: str, event: NewEvent) -> None:
        """Queue *event*. Never waits, never fails."""
        self.dropped += len(self._waiting) == WAITING_MAX
        self._waiting.append((stream, event))
        self._more.set()
        self._empty.clear()

    async def run(self, open_log: OpenLog) -> None:
        """Send what is queued, forever."""
        async with open_log() as log:
            while True:
                await self._more.wait()
                await self._send(log)

    async def flush(self, *, seconds: float) -> None:
        """Wait up to *seconds* until everything is recorded."""
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            _log.warning("events were not recorded", extra={"count": self.waiting})

    async def _send(self, log: Appends) -> None:
        if not self._unsent:
            self._unsent = tuple(self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting))))
        if not await self._delivered(log):
            await self._clock.sleep(_RETRY_SECONDS)
            return
        self._unsent = ()
        if not self._waiting:
            self._more.clear()
            self._empty.set()

    async def _delivered(self, log: Appends) -> bool:
        """Tell whether nothing more is to be done about what is unsent."""
        try:
            # One append, so that the log has all of it or nothing.
            appended = await log.append(Append(writes=_writes(self._unsent)))
        except (LogFullError, LogReadOnlyError):
            return False
        except EventLogError as error:
            # It would be refused again and again, and everything after it would wait.
            _log.error("events were refused", extra={"count": len(self._unsent), "why": str(error)})
            return True
        except Exception as error:  # noqa: BLE001  a log that does not answer is asked again
            _log.debug("the log does not answer", extra={"why": repr(error)})
            return False
        for recorded in appended.events:
            self._recorded(recorded)
        return True


def _writes(unsent: Sequence[tuple[str, NewEvent]]) -> Sequence[StreamWrite]:
    """Return what is *unsent* with one entry a stream, in order of first use."""
    events: dict[str, list[NewEvent]] = {}
    for stream, event in unsent:
        events.setdefault(stream, []).append(event)
    return tuple(StreamWrite(stream=stream, events=tuple(each)) for stream, each in events.items())
