"""Looks after the projections: saves them, and has those mended that were damaged."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias
from uuid import uuid4

from arkalia.node.v1 import severity_pb2
from arkalia.recovery.v1 import recovery_pb2 as recovery
from arkalia.resilience.v1 import projection_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.identity import Identity
from luna.kernel.times import timestamp
from luna.manifest import Health
from luna.modules.resilience.follower import Follower
from luna.modules.resilience.shelf import ProjectionShelf

LOOK_SECONDS: Final = 1.0
SAVE_LOOKS: Final = 10
"""How many looks after each other until projections are saved."""
ASK_LOOKS: Final = 5
"""How many looks to wait before help is asked for again that did not come."""

Report: TypeAlias = Callable[[recovery.ErrorReport], Awaitable[None]]
"""Hands a report to whoever mends things. Raises whatever its way there raises."""

_log = logging.getLogger(__name__)


class Vigil:
    """Verifies projections, again and again."""

    def __init__(
        self, clock: Clock, identity: Identity, shelf: ProjectionShelf, follower: Follower, report: Report
    ) -> None:
        self._clock = clock
        self._identity = identity
        self._shelf = shelf
        self._follower = follower
        self._report = report
        self._looks = 0
        self._asked: dict[str, tuple[str, int]] = {}
        """By the name of the projection: the id of the report, and the look at which to send it again."""

    async def run(self) -> None:
        """Look after the projections, forever."""
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            if self._follower.position is None:
                continue
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001  neither the log nor the disk may end this
                _log.warning("projections cannot be looked after: %s", str(error) or type(error).__name__)

    async def probe(self) -> tuple[Health, str]:
        """Tell whether the projections hold what they should."""
        if self._follower.position is None:
            return Health.NOT_SERVING, f"projections: {self._follower.trouble}"
        if damaged := [one.name for one in self._shelf.damaged()]:
            return Health.DEGRADED, f"damaged: {', '.join(damaged)}"
        if self._follower.trouble:
            return Health.DEGRADED, f"projections: {self._follower.trouble}"
        return Health.SERVING, ""

    async def _look(self) -> None:
        self._looks += 1
        self._shelf.advance(self._follower.position or 0)
        damaged = self._shelf.damaged()
        for projection in damaged:
            await self._ask(projection)
        self._asked = {one.name: self._asked[one.name] for one in damaged}
        if self._looks % SAVE_LOOKS == 0:
            await self._shelf.save()

    async def _ask(self, projection: pb.Projection) -> None:
        """Ask for help, and again after a while: the same damage is the same report."""
        error_id, due = self._asked.get(projection.name, (str(uuid4()), 0))
        if self._looks < due:
            return
        self._asked[projection.name] = error_id, self._looks + ASK_LOOKS
        _log.error("the projection %s is damaged", projection.name)
        try:
            await self._report(self._told(error_id, projection))
        except Exception as error:  # noqa: BLE001  nobody may be there to help; it is asked again
            _log.warning("the damage cannot be reported: %s", str(error) or type(error).__name__)

    def _told(self, error_id: str, projection: pb.Projection) -> recovery.ErrorReport:
        now = timestamp(self._clock.wall_ns())
        return recovery.ErrorReport(
            error_id=error_id,
            type=recovery.ERROR_TYPE_STATE_CORRUPTED,
            severity=severity_pb2.SEVERITY_HIGH,
            target=recovery.ErrorTarget(process=self._identity.process.rpartition("-")[0], resource=projection.name),
            reporter=self._identity.process,
            message=f"{projection.name} does not hold what the log says",
            count=1,
            first_time=now,
            last_time=now,
            evidence=[recovery.Evidence(name="expected_checksum", text=projection.checksum)],
        )
