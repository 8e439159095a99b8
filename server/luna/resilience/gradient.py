"""Finds out how many calls at once a process answers without making them wait for each other.

Rule 1: a sample is the time of a call over what the method takes when there
is room. So methods that take one millisecond and one second say the same.
Rule 2: what a method takes when there is room is learnt from its first calls
and while less than a quarter of the limit is used. Under load it drifts only
as fast as lets it be right again some day: overload must not become normal.
Rule 3: while calls take ``tolerance`` times that or less, the limit grows by
its root for each window in which at least half of it was used. When they take
longer, it shrinks in proportion, to half at most.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

from luna.resilience.violations import below, not_positive, not_shares, refuse

LEARNT_CALLS: Final = 20
"""So many calls of a method are averaged before its baseline is believed."""
WEIGHT: Final = 1 / 40
"""Of a call that had room, in the average."""
SAMPLE_MAX: Final = 8.0
"""A call that takes longer says no more than this: one that hangs must not speak for all."""
SHRINK_MAX: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientPolicy:
    """How the limit follows the latency."""

    limit_initial: int = 32
    limit_min: int = 4
    limit_max: int = 1024
    tolerance: float = 2.0
    """How much longer than with room calls may take, as a factor."""
    smoothing: float = 0.2
    """How much of the way the limit goes in one window."""
    window_seconds: float = 0.1
    samples_min: int = 10
    """A window with fewer goes on."""
    floor_seconds: float = 0.001
    """A baseline below this counts as this: there noise is larger than load."""
    drift_seconds: float = 1800.0
    """How fast a baseline moves under load."""

    def __post_init__(self) -> None:
        refuse(
            below({"limit_min": self.limit_min, "tolerance": self.tolerance, "samples_min": self.samples_min}, 1)
            | below({"limit_initial": self.limit_initial}, self.limit_min)
            | below({"limit_max": self.limit_max}, self.limit_initial)
            | not_shares({"smoothing": self.smoothing}, zero=False)
            | not_positive(
                {
                    "window_seconds": self.window_seconds,
                    "floor_seconds": self.floor_seconds,
                    "drift_seconds": self.drift_seconds,
                }
            )
        )


class Baseline:
    """What one method takes when there is room."""

    __slots__ = ("calls", "last", "seconds")

    def __init__(self) -> None:
        self.calls = 0
        self.last = 0.0
        self.seconds = 0.0

    def learn(self, seconds: float, now: float, drift_seconds: float) -> float:
        """Take in one of the first calls, or one under load, and return what the method takes."""
        if self.calls < LEARNT_CALLS:
            self.calls += 1
            weight = 1 / self.calls
        else:
            weight = min(1.0, max(0.0, now - self.last) / drift_seconds)
        self.last = now
        self.seconds += weight * (seconds - self.seconds)
        return self.seconds


class Gradient:
    """The limit, and the samples that move it."""

    __slots__ = (
        *("_baselines", "_count", "_drift", "_floor", "_limit", "_peak", "_room", "_sum", "_window_end"),
        *("limit", "policy"),
    )

    def __init__(self, policy: GradientPolicy) -> None:
        self.policy = policy
        self._baselines: dict[str, Baseline] = {}
        self._drift = policy.drift_seconds
        self._floor = policy.floor_seconds
        self._window_end = 0.0
        self._peak = 0
        self._set(policy.limit_initial)
        self._begin_window(0.0)

    def baseline_seconds(self, method: str) -> float | None:
        """Return what *method* takes when there is room, if that is known."""
        baseline = self._baselines.get(method)
        return baseline.seconds if baseline else None

    def sample(self, method: str, seconds: float, now: float, in_flight: int) -> bool:
        """Take in a call that was one of *in_flight*, and tell whether the limit was moved."""
        try:
            baseline = self._baselines[method]
        except KeyError:
            baseline = self._baselines[method] = Baseline()
        if in_flight < self._room and baseline.calls == LEARNT_CALLS:
            usual = baseline.seconds = baseline.seconds + WEIGHT * (seconds - baseline.seconds)
            baseline.last = now
        else:
            usual = baseline.learn(seconds, now, self._drift)
        ratio = seconds / usual if usual > self._floor else seconds / self._floor
        self._sum += ratio if ratio < SAMPLE_MAX else SAMPLE_MAX  # noqa: FURB136  once a call
        self._count += 1
        if in_flight > self._peak:  # noqa: PLR1730  once a call
            self._peak = in_flight
        if now < self._window_end:
            return False
        return self._move(now)

    def _move(self, now: float) -> bool:
        policy = self.policy
        if self._count < policy.samples_min:
            return False
        used = 2 * self._peak >= self.limit
        if used:
            gradient = min(1.0, max(SHRINK_MAX, policy.tolerance * self._count / self._sum)) if self._sum else 1.0
            wanted = self._limit * gradient + sqrt(self._limit)
            self._set(self._limit + policy.smoothing * (wanted - self._limit))
        self._begin_window(now)
        return used

    def _set(self, limit: float) -> None:
        self._limit = min(float(self.policy.limit_max), max(float(self.policy.limit_min), limit))
        self.limit = int(self._limit)
        self._room = self.limit / 4

    def _begin_window(self, now: float) -> None:
        self._sum = 0.0
        self._count = 0
        self._peak = 0
        self._window_end = now + self.policy.window_seconds
