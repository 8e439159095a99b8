"""The loop that keeps the level of degradation where the pressure wants it."""

import logging
from typing import Final

from luna.kernel.clock import Clock
from luna.kernel.events import Event
from luna.manifest import Health
from luna.modules.resilience.holds import Holds
from luna.modules.resilience.keeper import LevelKeeper
from luna.modules.resilience.services import Services
from luna.resilience.levels import Level

TICK_SECONDS: Final = 0.5
LOOK_SECONDS: Final = (15.0, 5.0)
"""How often services are asked whether they answer: while all is normal, and while less is done."""

_log = logging.getLogger(__name__)


class Steering:
    """Looks at the pressure, again and again."""

    def __init__(self, clock: Clock, keeper: LevelKeeper, holds: Holds, services: Services) -> None:
        self._clock = clock
        self._keeper = keeper
        self._holds = holds
        self._services = services
        self._loaded = False
        self._held: list[Event] = []
        self.trouble = "has not read the log yet"
        """Why the level is not what it should be; empty if it is."""

    def held(self, event: Event) -> None:
        """Take note of a hold that is on record."""
        self._held.append(event)

    async def run(self) -> None:
        """Keep the level, forever. What the log does not take is tried again."""
        while True:
            try:
                await self._turn()
            except Exception as error:  # noqa: BLE001  whatever the log's adapter raises, this must go on
                trouble = f"cannot be recorded: {str(error) or type(error).__name__}"
                if trouble != self.trouble:
                    _log.warning("the level of degradation %s", trouble)
                self.trouble = trouble
            await self._clock.sleep(TICK_SECONDS)

    async def look(self) -> None:
        """Ask the services that should be answering whether they do, forever."""
        while True:
            await self._clock.sleep(LOOK_SECONDS[self._keeper.level > Level.NORMAL])
            await self._services.look(self._keeper.level)

    async def probe(self) -> tuple[Health, str]:
        """Tell whether the level is kept."""
        if not self._loaded:
            return Health.NOT_SERVING, f"the level of degradation {self.trouble}"
        if self.trouble:
            return Health.DEGRADED, f"the level of degradation {self.trouble}"
        return Health.SERVING, ""

    async def _turn(self) -> None:
        if not self._loaded:
            await self._keeper.load()
            await self._holds.load()
            self._loaded = True
        while self._held:
            await self._holds.apply(self._held.pop(0))
        await self._keeper.observe()
        self.trouble = ""
