"""Follows what changes the module's own state: policy, mode and outcomes, whoever recorded them."""

import asyncio
import logging
from contextlib import aclosing
from typing import Final

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, Event, EventFilter
from luna.modules.zeroia.calibration import Calibrator
from luna.modules.zeroia.coordinator import Coordinator
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.record import MODE_CHANGED, OUTCOME_REPORTED, OUTCOMES, POLICY_UPDATED

OUTCOMES_READ_MAX: Final = 5000
"""How many of the newest outcomes calibration starts from."""
_PAGE: Final = 500
_REST_SECONDS: Final = 1.0
_NEWS: Final = EventFilter(category="zeroia", types=frozenset({POLICY_UPDATED, OUTCOME_REPORTED, MODE_CHANGED}))

_log = logging.getLogger(__name__)


class News:
    """Keeps the policy in force, the mode and the calibration as the log has them."""

    def __init__(self, events: EventLog, clock: Clock, book: PolicyBook, coordinator: Coordinator) -> None:
        self._events = events
        self._clock = clock
        self._book = book
        self._coordinator = coordinator
        self._after: int | None = None
        self.calibration = Calibrator()

    async def run(self) -> None:
        """Follow the log, forever."""
        while True:
            try:
                if self._after is None:
                    self._after = await self._begin()
                await self._follow(self._after)
            except Exception as error:  # noqa: BLE001  whatever the log's adapter raises, this must come back
                _log.warning("following policy, mode and outcomes rests: %s: %s", type(error).__name__, error)
            await self._clock.sleep(_REST_SECONDS)

    async def _begin(self) -> int:
        """Add up the newest outcomes, and return the position from which news are new."""
        head = after = await self._events.head()
        calibration, wanted = Calibrator(), EventFilter(stream=OUTCOMES, types=frozenset({OUTCOME_REPORTED}))
        for _ in range(OUTCOMES_READ_MAX // _PAGE):
            page = await self._events.read(wanted, after=after + 1, limit=_PAGE, direction=Direction.BACKWARD)
            for event in page.events:
                calibration.take(facts.OutcomeReported.FromString(event.payload))
            if page.done or page.position <= 1:
                break
            after = page.position - 1
            await asyncio.sleep(0)
        self.calibration = calibration
        await self._book.load()
        return head

    async def _follow(self, after: int) -> None:
        async with aclosing(self._events.follow(_NEWS, after=after)) as pages:
            async for page in pages:
                for event in page.events:
                    self._take(event)
                self._after = max(after, page.position)

    def _take(self, event: Event) -> None:
        if event.type == POLICY_UPDATED:
            self._book.apply(event)
        elif event.type == MODE_CHANGED:
            self._coordinator.apply(event)
        else:
            self.calibration.take(facts.OutcomeReported.FromString(event.payload))
