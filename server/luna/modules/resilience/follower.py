"""Hands events of the log to those who wait for them."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final, TypeAlias

from google.protobuf.message import DecodeError

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, EventFilter

REST_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)

Take: TypeAlias = Callable[[Event], None]
Begin: TypeAlias = Callable[[], Awaitable[int]]
"""Takes in what was recorded before, and returns the position from which news are new."""

_log = logging.getLogger(__name__)


class Follower:
    """Reads what is recorded in some streams, by stream and type."""

    def __init__(
        self, events: EventLog, clock: Clock, takers: Mapping[tuple[str, str], Take], begin: Begin, *, name: str
    ) -> None:
        self._events = events
        self._clock = clock
        self._takers = takers
        self._begin = begin
        self._name = name
        self._filter = EventFilter(types=frozenset(kind for _, kind in takers))
        self.position: int | None = None
        """Everything up to here was handed on; ``None`` before the log was read for the first time."""
        self.trouble = "has not read the log yet"
        """Why it does not follow; empty if it does."""

    async def run(self) -> None:
        """Follow the log, forever. A log that goes away is awaited."""
        failures = 0
        while True:
            before = self.position
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001  however the log fails, it is awaited
                self.trouble = f"cannot follow the log: {str(error) or type(error).__name__}"
                _log.warning("%s %s", self._name, self.trouble)
                failures = 0 if self.position != before else failures + 1
            await self._clock.sleep(REST_SECONDS[min(failures, len(REST_SECONDS) - 1)])

    async def _follow(self) -> None:
        if self.position is None:
            self.position = await self._begin()
        async with aclosing(self._events.follow(self._filter, after=self.position)) as pages:
            async for page in pages:
                self.trouble = ""
                for event in page.events:
                    self._hand_on(event)
                self.position = max(self.position, page.position)

    def _hand_on(self, event: Event) -> None:
        take = self._takers.get((event.stream, event.type))
        if take is None:
            return
        try:
            take(event)
        except DecodeError:
            _log.warning("the %s at position %d cannot be read", event.type, event.position)
