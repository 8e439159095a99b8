"""Reads from samples and reports what puts the node under pressure."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from arkalia.reflexia.v1 import reflexia_pb2
from arkalia.resilience.v1.circuit_breaker_service_pb2 import LimiterFigures

from luna.kernel.clock import Clock
from luna.kernel.times import seconds_of
from luna.modules.resilience.table import BreakerTable
from luna.resilience.failing import CALLS_MIN, failing_share

FRESH_SECONDS: Final = 10.0
"""How old a sample may be and still say something about now."""
CPU_SECONDS: Final = 10.0
"""How long the processor is looked at: a short time of much work, such as a start, is no pressure."""
RATIO_SECONDS_MIN: Final = 0.5
"""Over a shorter time, a ratio says more of chance than of the load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sampled:
    readings: Mapping[str, float | None]
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turned:
    """How a process turned calls away lately."""

    admitted: int
    shed: int
    """What it had counted when the ratio was taken."""
    taken: float
    ratio: float = 0.0
    """0 where too few calls came."""
    heard: float


class _Steady:
    """A reading that jumps, as its mean over a while."""

    def __init__(self) -> None:
        self._taken: deque[tuple[int, float]] = deque()

    def take(self, reading: float, time_ns: int) -> float | None:
        """Add a *reading*, and return the mean; ``None`` until half of the while was seen."""
        taken, span_ns = self._taken, CPU_SECONDS * 1e9
        taken.append((time_ns, reading))
        while taken and not 0 <= time_ns - taken[0][0] <= span_ns:
            taken.popleft()
        return sum(value for _, value in taken) / len(taken) if time_ns - taken[0][0] >= span_ns / 2 else None


class Signals:
    """The newest reading of every signal."""

    def __init__(self, clock: Clock, table: BreakerTable) -> None:
        self._clock = clock
        self._table = table
        self._sampled: _Sampled | None = None
        self._cpu = _Steady()
        self._turned: dict[str, _Turned] = {}

    def sample(self, sample: reflexia_pb2.Sample) -> None:
        """Take note of a sample of this node."""
        machine = sample.machine
        time_ns = sample.sample_time.ToNanoseconds()
        readings: dict[str, float | None] = {
            "cpu": self._cpu.take(machine.cpu_ratio, time_ns) if machine.HasField("cpu_ratio") else None,
            "memory": machine.memory_ratio if machine.HasField("memory_ratio") else None,
            "disk": machine.disk_ratio if machine.HasField("disk_ratio") else None,
        }
        lags = [seconds_of(process.loop_lag) for process in sample.processes if process.HasField("loop_lag")]
        readings["loop_lag"] = max(lags, default=None)
        readings["latency"] = _mean(
            (seconds_of(one.latency_p99), one.calls) for one in sample.services if one.HasField("latency_p99")
        )
        readings["error_ratio"] = _mean(
            (one.error_ratio, one.calls) for one in sample.services if one.HasField("error_ratio")
        )
        self._sampled = _Sampled(readings=readings, time_ns=time_ns)

    def limiter(self, process: str, figures: LimiterFigures) -> None:
        """Take note of what the limiter of a process has done so far."""
        now, before = self._clock.monotonic(), self._turned.get(process)
        admitted, shed = figures.admitted_calls, figures.shed_calls
        if before is None or before.admitted > admitted or before.shed > shed:
            # Of what happened before nobody knows when.
            self._turned[process] = _Turned(admitted=admitted, shed=shed, taken=now, heard=now)
        elif now - before.taken < RATIO_SECONDS_MIN:
            self._turned[process] = replace(before, heard=now)
        else:
            turned, calls = shed - before.shed, admitted + shed - before.admitted - before.shed
            ratio = turned / calls if calls >= CALLS_MIN else 0.0
            self._turned[process] = _Turned(admitted=admitted, shed=shed, taken=now, ratio=ratio, heard=now)

    def readings(self) -> Mapping[str, float | None]:
        """Return what is known now; what is too old is not known."""
        found: dict[str, float | None] = {}
        if self._sampled and (self._clock.wall_ns() - self._sampled.time_ns) / 1e9 <= FRESH_SECONDS:
            found.update(self._sampled.readings)
        found["breakers_open"] = failing_share(self._table.guarded())
        now = self._clock.monotonic()
        self._turned = {name: one for name, one in self._turned.items() if now - one.heard <= FRESH_SECONDS}
        found["shed_ratio"] = max((one.ratio for one in self._turned.values()), default=None)
        return found


def _mean(figures: Iterable[tuple[float, int]]) -> float | None:
    """Return the mean, weighted by calls; ``None`` where there were too few."""
    listed = list(figures)
    calls = sum(count for _, count in listed)
    return sum(value * count for value, count in listed) / calls if calls >= CALLS_MIN else None
