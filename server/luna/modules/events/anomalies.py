"""Finds types of events that happen more often than is normal."""

from collections.abc import Sequence
from typing import Final

from arkalia.events.v1 import anomaly_pb2 as pb
from arkalia.node.v1 import severity_pb2
from google.protobuf.duration_pb2 import Duration

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Direction, EventFilter
from luna.kernel.times import ns_of

HOUR: Final = Duration(seconds=3600)
COUNTED_MAX: Final = 10_000
POSITIONS_MAX: Final = 10
RULES: Final = (
    pb.AnomalyRule(
        name="circuit-failures",
        types=["arkalia.resilience.v1.CircuitTransition"],
        count_max=5,
        severity=severity_pb2.SEVERITY_HIGH,
        window=HOUR,
    ),
    pb.AnomalyRule(
        name="system-errors",
        types=["arkalia.node.v1.ProcessExited"],
        count_max=2,
        severity=severity_pb2.SEVERITY_CRITICAL,
        window=HOUR,
    ),
    pb.AnomalyRule(
        name="contradictions",
        types=["arkalia.reflexia.v1.ContradictionDetected"],
        count_max=3,
        severity=severity_pb2.SEVERITY_MEDIUM,
        window=HOUR,
    ),
)
_PAGE: Final = 500


class Detector:
    """Compares what was recorded lately with rules."""

    def __init__(self, log: EventLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    async def detect(self, rules: Sequence[pb.AnomalyRule]) -> Sequence[pb.Anomaly]:
        """Return the rules that are broken, with what broke them."""
        found = [(rule, await self._positions(rule)) for rule in rules]
        return [
            pb.Anomaly(rule=rule, event_count=len(positions), positions=positions[:POSITIONS_MAX])
            for rule, positions in found
            if len(positions) > rule.count_max
        ]

    async def _positions(self, rule: pb.AnomalyRule) -> Sequence[int]:
        """Return the positions of the newest events that *rule* counts."""
        since = self._clock.wall_ns() - ns_of(rule.window if rule.HasField("window") else HOUR)
        wanted = EventFilter(types=frozenset(rule.types))
        enough = max(COUNTED_MAX, rule.count_max + 1)
        positions: list[int] = []
        after = BEGINNING
        while len(positions) < enough:
            page = await self._log.read(wanted, after=after, limit=_PAGE, direction=Direction.BACKWARD)
            recent = [event.position for event in page.events if event.time_ns >= since]
            positions += recent
            # Walking back, a page without anything recent is far enough.
            if page.done or (page.events and not recent):
                break
            after = page.position
        return positions[:enough]
