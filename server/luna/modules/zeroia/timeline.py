"""What cycles found over time: buckets, a heat map and patterns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.times import duration_of_ns, timestamp

STEADY_MIN: Final = 3
"""How many cycles with one action make a steady run."""
TURNS_MIN: Final = 3
"""How many changes of action make an oscillation, an escalation or a recovery: two for the latter."""
CLIMB_MIN: Final = 2
BUCKETS_MAX: Final = 10_000
_SECOND: Final = 1_000_000_000


class Beat(NamedTuple):
    """What a cycle found."""

    time_ns: int
    judged: bool
    action: pb.DecisionAction
    pressure: float
    confidence: float

    @classmethod
    def of(cls, time_ns: int, found: pb.Judgement | None) -> "Beat":
        """Keep what counts of a cycle that began then; it had nothing to judge if it *found* nothing."""
        if found is None:
            return cls(time_ns, judged=False, action=pb.DECISION_ACTION_UNSPECIFIED, pressure=0.0, confidence=0.0)
        return cls(time_ns, judged=True, action=found.action, pressure=found.pressure, confidence=found.confidence)


@dataclass(slots=True)
class Tally:
    """Figures over some beats."""

    count: int = 0
    judged: int = 0
    pressure: float = 0.0
    pressure_max: float = 0.0
    confidence: float = 0.0
    actions: dict[int, int] = field(default_factory=dict)

    def add(self, beat: Beat) -> None:
        """Take a cycle into account."""
        self.count += 1
        if beat.judged:
            self.judged += 1
            self.pressure += beat.pressure
            self.pressure_max = max(self.pressure_max, beat.pressure)
            self.confidence += beat.confidence
            self.actions[beat.action] = self.actions.get(beat.action, 0) + 1


@dataclass(frozen=True, slots=True)
class Run:
    """Beats in a row with the same action."""

    action: pb.DecisionAction
    first: int
    last: int


class Timeline:
    """Adds cycles up, oldest first."""

    def __init__(self, bucket_ns: int) -> None:
        self._bucket_ns = bucket_ns
        self._buckets: dict[int, Tally] = {}
        self._cells: dict[tuple[int, int], Tally] = {}
        self._beats: list[Beat] = []
        self.count = 0

    def add(self, beat: Beat) -> None:
        """Take a cycle into account."""
        self.count += 1
        time_ns = beat.time_ns
        moment = datetime.fromtimestamp(time_ns // _SECOND, tz=UTC)
        self._buckets.setdefault(time_ns - time_ns % self._bucket_ns, Tally()).add(beat)
        self._cells.setdefault((moment.isoweekday(), moment.hour), Tally()).add(beat)
        if beat.judged:
            self._beats.append(beat)

    def buckets(self) -> list[pb.TimelineBucket]:
        """Return the buckets that have cycles, oldest first."""
        return [_bucket(start_ns, tally) for start_ns, tally in sorted(self._buckets.items())]

    def heat_map(self) -> list[pb.HeatCell]:
        """Return the hours of the week that have cycles."""
        return [
            pb.HeatCell(
                weekday=weekday,
                hour=hour,
                cycle_count=tally.count,
                mean_pressure=tally.pressure / tally.judged if tally.judged else 0.0,
                max_pressure=tally.pressure_max,
            )
            for (weekday, hour), tally in sorted(self._cells.items())
        ]

    def patterns(self) -> list[pb.CyclePattern]:
        """Return runs with a recognisable shape, oldest first, the open one included."""
        runs = list(_runs(self._beats))
        steady = (
            _pattern(pb.CYCLE_PATTERN_KIND_STEADY, runs[index : index + 1], self._beats)
            for index, run in enumerate(runs)
            if run.last - run.first + 1 >= STEADY_MIN
        )
        found = [*steady, *_shapes(runs, self._beats)]
        return sorted(found, key=lambda pattern: (pattern.start_time.ToNanoseconds(), pattern.kind))


def _bucket(start_ns: int, tally: Tally) -> pb.TimelineBucket:
    bucket = pb.TimelineBucket(
        start_time=timestamp(start_ns),
        cycle_count=tally.count,
        actions=[
            pb.ActionCount(action=action, count=count)  # type: ignore[arg-type]  # the keys are the enum's numbers
            for action, count in sorted(tally.actions.items())
        ],
    )
    if tally.judged:
        bucket.mean_pressure = tally.pressure / tally.judged
        bucket.max_pressure = tally.pressure_max
        bucket.mean_confidence = tally.confidence / tally.judged
    return bucket


def _runs(beats: Sequence[Beat]) -> Iterator[Run]:
    first = 0
    for index in range(1, len(beats) + 1):
        if index == len(beats) or beats[index].action != beats[first].action:
            yield Run(beats[first].action, first, index - 1)
            first = index


def _shapes(runs: Sequence[Run], beats: Sequence[Beat]) -> Iterator[pb.CyclePattern]:
    """Find the longest stretches of runs that swing, climb or fall."""
    shapes = (
        (pb.CYCLE_PATTERN_KIND_OSCILLATION, TURNS_MIN, lambda i: runs[i].action == runs[i - 2].action),
        (pb.CYCLE_PATTERN_KIND_ESCALATION, CLIMB_MIN, lambda i: runs[i].action > runs[i - 1].action),
        (pb.CYCLE_PATTERN_KIND_RECOVERY, CLIMB_MIN, lambda i: runs[i].action < runs[i - 1].action),
    )
    for kind, turns_min, goes_on in shapes:
        lead = 2 if kind == pb.CYCLE_PATTERN_KIND_OSCILLATION else 1
        for first, last in _stretches(len(runs), lead, map(goes_on, range(lead, len(runs)))):
            if last - first >= turns_min:
                yield _pattern(kind, runs[first : last + 1], beats)


def _stretches(count: int, lead: int, going: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each stretch that goes on; *going* starts at index *lead*."""
    first = 0
    for index, goes in enumerate(going, start=lead):
        if not goes:
            yield first, index - 1
            first = index - lead + 1
    if count:
        yield first, count - 1


def _pattern(kind: pb.CyclePatternKind, runs: Sequence[Run], beats: Sequence[Beat]) -> pb.CyclePattern:
    first, last = runs[0].first, runs[-1].last
    start_ns, end_ns = beats[first].time_ns, beats[last].time_ns
    actions = list(dict.fromkeys(run.action for run in runs))
    is_open = last == len(beats) - 1
    return pb.CyclePattern(
        kind=kind,
        actions=actions,
        start_time=timestamp(start_ns),
        end_time=None if is_open else timestamp(end_ns),
        cycle_count=last - first + 1,
        duration=duration_of_ns(max(0, end_ns - start_ns)),
    )
