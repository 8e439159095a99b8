"""Records what happens on the node in its log, as soon as the log answers."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol, TypeAlias

from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventLogError, LogFullError, LogReadOnlyError
from luna.kernel.events import Append, NewEvent, StreamWrite
from luna.kernel.identity import Identity
from luna.sidecar.facts import Fact

WAITING_MAX: Final = 1024
"""How many events may wait for the log. The oldest give way."""
_BATCH: Final = 128
_RETRY_SECONDS: Final = 0.5

_log = logging.getLogger(__name__)


class Appends(Protocol):
    """The part of the event log that the journal needs."""

    async def append(self, append: Append) -> object:
        """Record all of *append* or nothing."""
        ...


OpenLog: TypeAlias = Callable[[], AbstractAsyncContextManager[Appends]]
Encode: TypeAlias = Callable[[Fact, int], NewEvent]
"""Turns a fact, and the time it happened at, into an event with an id of its own."""


class Journal:
    """A queue in front of the log.

    An event carries its id from the moment it is queued, so a retry after a
    lost answer records it once.
    """

    def __init__(self, identity: Identity, *, clock: Clock) -> None:
        self._stream = f"node/{identity.node}"
        self._clock = clock
        self._waiting: deque[tuple[Fact, int]] = deque(maxlen=WAITING_MAX)
        self._unsent: tuple[NewEvent, ...] = ()
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.dropped = 0

    def record(self, fact: Fact) -> None:
        """Queue *fact*. Never waits, never fails."""
        self.dropped += len(self._waiting) == WAITING_MAX
        self._waiting.append((fact, self._clock.wall_ns()))
        self._more.set()
        self._empty.clear()

    async def run(self, open_log: OpenLog, encode: Encode) -> None:
        """Send what is queued to the log, forever."""
        async with open_log() as log:
            while True:
                await self._more.wait()
                await self._send(log, encode)

    async def flush(self, *, seconds: float) -> None:
        """Wait up to *seconds* until everything is recorded."""
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            _log.warning("events were not recorded", extra={"count": len(self._waiting) + len(self._unsent)})

    async def _send(self, log: Appends, encode: Encode) -> None:
        if not self._unsent:
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            self._unsent = tuple(encode(fact, time_ns) for fact, time_ns in batch)
        try:
            await log.append(Append(writes=(StreamWrite(stream=self._stream, events=self._unsent),)))
        except (LogFullError, LogReadOnlyError):
            await self._clock.sleep(_RETRY_SECONDS)
            return
        except EventLogError as error:
            # It would be refused again and again, and everything after it would wait.
            _log.error("events were refused", extra={"count": len(self._unsent), "why": str(error)})
        except Exception as error:  # noqa: BLE001  a log that does not answer is asked again
            _log.debug("the log does not answer", extra={"why": repr(error)})
            await self._clock.sleep(_RETRY_SECONDS)
            return
        self._unsent = ()
        if not self._waiting:
            self._more.clear()
            self._empty.set()
