"""Computes how recoveries went, from their events and nothing else. Whoever has the log can do the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from luna.kernel.times import duration, seconds_of

MEDIAN: Final = 0.5
NEARLY_ALL: Final = 0.95


@dataclass(kw_only=True)
class _Figures:
    attempts: int = 0
    successes: int = 0
    seconds: list[float] = field(default_factory=list)


class Tally:
    """The figures of all events that were counted."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._open_incidents: set[str] = set()
        self._ends: dict[str, int] = {"succeeded": 0, "escalated": 0, "failed": 0, "cancelled": 0}
        self._recurrences = 0
        self._seconds: list[float] = []
        self._strategies: dict[pb.RecoveryStrategy, _Figures] = {}

    def count(self, messages: Iterable[Message]) -> None:
        """Count events, each once, in the order of the log."""
        for message in messages:
            self._count(message)

    def report(self) -> pb.RecoveryReport:
        """Return the figures."""
        over = sum(self._ends.values())
        rated = over - self._ends["cancelled"]
        return pb.RecoveryReport(
            recoveries=over,
            succeeded=self._ends["succeeded"],
            escalated=self._ends["escalated"],
            failed=self._ends["failed"],
            cancelled=self._ends["cancelled"],
            under_way=len(self._under_way),
            recurrences=self._recurrences,
            recovery_rate=self._ends["succeeded"] / rated if rated else None,
            time_to_recover_p50=_seconds(self._seconds, MEDIAN),
            time_to_recover_p95=_seconds(self._seconds, NEARLY_ALL),
            strategies=[_figures(strategy, found) for strategy, found in sorted(self._strategies.items())],
            open_incidents=len(self._open_incidents),
        )

    def _count(self, message: Message) -> None:
        match message:
            case facts.RecoveryStarted():
                self._under_way.add(message.recovery_id)
                self._recurrences += message.recurrence
            case facts.RecoveryStepTaken():
                figures = self._of(message.step.strategy)
                figures.attempts += 1
                figures.successes += message.step.verified
            case facts.IncidentOpened():
                self._open_incidents.add(message.incident.incident_id)
            case facts.IncidentResolved():
                self._open_incidents.discard(message.incident_id)
            case _:
                self._count_end(message)

    def _count_end(self, message: Message) -> None:
        match message:
            case facts.RecoverySucceeded():
                self._end(message.recovery_id, "succeeded")
                seconds = seconds_of(message.time_to_recover)
                self._seconds.append(seconds)
                self._of(message.strategy).seconds.append(seconds)
            case facts.RecoveryFailed():
                self._end(message.recovery_id, "cancelled" if message.cancelled else "failed")
            case facts.RecoveryEscalated():
                self._end(message.recovery_id, "escalated")

    def _end(self, recovery_id: str, how: str) -> None:
        # Retention may have removed how it began.
        self._under_way.discard(recovery_id)
        self._ends[how] += 1

    def _of(self, strategy: pb.RecoveryStrategy) -> _Figures:
        return self._strategies.setdefault(strategy, _Figures())


def share(values: Sequence[float], part: float) -> float | None:
    """Return the least of *values* that *part* of them do not exceed, ``None`` if there are none."""
    return sorted(values)[max(0, ceil(part * len(values)) - 1)] if values else None


def _seconds(values: Sequence[float], part: float) -> Duration | None:
    found = share(values, part)
    return None if found is None else duration(found)


def _figures(strategy: pb.RecoveryStrategy, found: _Figures) -> pb.StrategyFigures:
    return pb.StrategyFigures(
        strategy=strategy,
        attempts=found.attempts,
        successes=found.successes,
        time_to_recover_p50=_seconds(found.seconds, MEDIAN),
        time_to_recover_p95=_seconds(found.seconds, NEARLY_ALL),
    )
