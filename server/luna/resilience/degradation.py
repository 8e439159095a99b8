"""Decides how much of its work a node does: less under pressure, more again when it is calm. Pure.

::

              pressure ≥ the threshold of a worse level:
              one level each down_interval; at once and at once to
              the right one when a signal is critical
     NORMAL ─▶ LIGHT ─▶ MODERATE ─▶ HEAVY ─▶ EMERGENCY ─▶ SURVIVAL
        ◀──────── ◀──────── ◀───────── ◀───────── ◀──────────
              one level after calm: pressure < threshold - leave_margin

     hold ──▶ the level stays (or stays at least) until the time is up

Rule 1: pressure alone says when it is calm. Services that should be answering
at the level and are not make the way up slower, and never bar it: what is
suspended is not asked, so that SURVIVAL can be left.
Rule 2: the first step up takes ``calm``. While the pressure stays far below
the threshold, each further one takes half of that, so that the whole way from
SURVIVAL to NORMAL takes three times ``calm``: 90 s.
Rule 3: a pressure that is not known is no calm, and no reason to do less.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from luna.resilience.levels import Level
from luna.resilience.pressure import SCALES, Pressure, Scale
from luna.resilience.violations import not_positive, not_shares, refuse

__all__ = ["Change", "Degradation", "DegradationPolicy", "Hold", "Level"]

FAR_BELOW: Final = 0.3
"""Pressure that far below the threshold makes the way up shorter."""
FAILING_FACTOR: Final = 4
"""How much longer a step up takes while services that should answer do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradationPolicy:
    """When a node does less, and when more again."""

    thresholds: Mapping[Level, float] = field(
        default_factory=lambda: {
            Level.LIGHT: 0.5,
            Level.MODERATE: 0.65,
            Level.HEAVY: 0.75,
            Level.EMERGENCY: 0.85,
            Level.SURVIVAL: 0.95,
        }
    )
    """The pressure from which on a level holds."""
    leave_margin: float = 0.1
    down_seconds: float = 10.0
    calm_seconds: float = 30.0
    scales: Mapping[str, Scale] = field(default_factory=lambda: SCALES)

    def __post_init__(self) -> None:
        wrong: dict[str, str] = {}
        if list(self.thresholds) != list(Level)[1:]:
            wrong["thresholds"] = "must be one for each level below NORMAL, in their order"
        values = list(self.thresholds.values())
        if any(left >= right for left, right in pairwise(values)):
            wrong["thresholds"] = f"must grow, not be {', '.join(f'{value:g}' for value in values)}"
        if values and not self.leave_margin < values[0]:
            wrong["leave_margin"] = f"must be below the first threshold, {values[0]:g}, or NORMAL is never reached"
        refuse(
            not_shares({f"thresholds.{level.name}": value for level, value in self.thresholds.items()}, zero=False)
            | not_shares({"leave_margin": self.leave_margin}, zero=False)
            | not_positive({"down_seconds": self.down_seconds, "calm_seconds": self.calm_seconds})
            | ({} if self.scales else {"scales": "must be one at least"})
            | wrong
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Somebody set the level."""

    level: Level
    until: float
    at_least: bool
    """Whether pressure may make the node do even less."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The level is another."""

    before: Level
    after: Level
    reason: str
    time: float
    """Of the monotonic clock."""


class Degradation:
    """The level of one node."""

    def __init__(self, policy: DegradationPolicy, *, level: Level = Level.NORMAL, now: float) -> None:
        """Begin at *level*, such as the one on record, as if it had been entered *now*."""
        self.policy = policy
        self.level = level
        self.since = now
        self.held: Hold | None = None
        self._stepped_down = -self.policy.down_seconds + now
        self._calm_since: float | None = None
        self._rising = False
        self._wait = policy.calm_seconds

    def wanted(self, pressure: Pressure) -> Level:
        """Return the level that *pressure* asks for."""
        value = -1.0 if pressure.value is None else pressure.value
        return max((level for level, least in self.policy.thresholds.items() if value >= least), default=Level.NORMAL)

    def observe(self, pressure: Pressure, now: float, failing: Collection[str] = ()) -> Change | None:
        """Take in how it goes now; *failing* are services meant to be active that do not answer."""
        if self.held and now >= self.held.until:
            self.held = None
        if self.held and not self.held.at_least:
            return self._go(self.held.level, now, self.held.reason)
        if self.held and self.level < self.held.level:
            return self._go(self.held.level, now, self.held.reason)
        return self._down(pressure, now) or self._up(pressure, now, failing)

    def hold(self, hold: Hold, now: float) -> Change | None:
        """Set the level until the time is up."""
        self.held = hold
        self._calm_since = None
        level = max(self.level, hold.level) if hold.at_least else hold.level
        return self._go(level, now, hold.reason)

    def release(self) -> None:
        """Follow the pressure again."""
        self.held = None

    def calm_remaining(self, now: float) -> float | None:
        """Return how long it must stay calm before the next step up; ``None`` if it is not calm."""
        if self._calm_since is None or self.level is Level.NORMAL:
            return None
        return max(0.0, self._calm_since + self._wait - now)

    def _down(self, pressure: Pressure, now: float) -> Change | None:
        wanted = self.wanted(pressure)
        if wanted <= self.level:
            return None
        self._calm_since = None
        if pressure.critical:
            return self._go(wanted, now, _because(pressure))
        if now - self._stepped_down < self.policy.down_seconds:
            return None
        return self._go(Level(self.level + 1), now, _because(pressure))

    def _up(self, pressure: Pressure, now: float, failing: Collection[str]) -> Change | None:
        if self.level is Level.NORMAL:
            return None
        threshold = self.policy.thresholds[self.level]
        if pressure.value is None or pressure.value >= threshold - self.policy.leave_margin:
            self._calm_since = None
            self._rising = False
            return None
        if self._calm_since is None:
            self._calm_since = now
        self._wait = self._wait_seconds(threshold - pressure.value, failing)
        if now - self._calm_since < self._wait or (self.held and self.level <= self.held.level):
            return None
        return self._go(Level(self.level - 1), now, f"calm for {now - self._calm_since:.0f} s")

    def _wait_seconds(self, below: float, failing: Collection[str]) -> float:
        if failing:
            return self.policy.calm_seconds * FAILING_FACTOR
        return self.policy.calm_seconds * (0.5 if self._rising and below > FAR_BELOW else 1.0)

    def _go(self, level: Level, now: float, reason: str) -> Change | None:
        if level is self.level:
            return None
        before, self.level = self.level, level
        self.since = now
        self._rising = level < before
        self._calm_since = now if self._rising else None
        self._stepped_down = now
        return Change(before=before, after=level, reason=reason, time=now)


def _because(pressure: Pressure) -> str:
    causes = [signal for signal in pressure.signals if signal.pressure]
    readings = ", ".join(f"{signal.name} {signal.reading:.3g}" for signal in causes[:3])
    return f"pressure {pressure.value or 0.0:.2f}: {readings}"
