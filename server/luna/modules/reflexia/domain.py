"""How signals are judged: thresholds, levels, and the action they call for. No I/O, no awaiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final


class Signal(IntEnum):
    """Something that is watched. Numbered as in the contract."""

    CPU = 1
    MEMORY = 2
    DISK = 3
    LOOP_LAG = 4
    LATENCY = 5


class Level(IntEnum):
    """How far a signal is from where it should be. Numbered as in the contract."""

    UNSPECIFIED = 0
    OK = 1
    ELEVATED = 2
    HIGH = 3
    CRITICAL = 4


class Action(IntEnum):
    """What Reflexia would do. Numbered as in the contract, mildest first."""

    UNSPECIFIED = 0
    NORMAL = 1
    MONITOR = 2
    REDUCE_LOAD = 3
    EMERGENCY_SHUTDOWN = 4
    HALT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where a signal changes its level. ``None``: it never has that level."""

    elevated: float | None = None
    high: float | None = None
    critical: float | None = None
    leave_margin: float = 0.0
    """How far a value must fall below a threshold before the level is left."""

    def __post_init__(self) -> None:
        given = [bound for bound in (self.elevated, self.high, self.critical) if bound is not None]
        if self.leave_margin < 0 or any(low >= high for low, high in pairwise(given)):
            raise ValueError(f"thresholds must rise, and the margin must not be negative: {self}")

    def of(self, level: Level) -> float | None:
        """Return the value from which a signal has *level*."""
        return {Level.ELEVATED: self.elevated, Level.HIGH: self.high, Level.CRITICAL: self.critical}.get(level)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPolicy:
    """The thresholds of every signal."""

    thresholds: Mapping[Signal, Thresholds]
    revision: int = 1


DEFAULT_POLICY: Final = LevelPolicy(
    thresholds={
        Signal.CPU: Thresholds(elevated=0.60, high=0.80, critical=0.95, leave_margin=0.05),
        Signal.MEMORY: Thresholds(elevated=0.70, high=0.85, critical=0.95, leave_margin=0.05),
        Signal.DISK: Thresholds(elevated=0.80, high=0.90, leave_margin=0.05),
        Signal.LOOP_LAG: Thresholds(elevated=0.050, high=0.250, leave_margin=0.010),
        Signal.LATENCY: Thresholds(elevated=0.300, leave_margin=0.030),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the values of one sample amount to."""

    levels: Mapping[Signal, Level]
    """The level of each signal that has a value."""
    action: Action
    reason: str


_KNOWN_ACTIONS: Final = frozenset(Action)
_ACTIONS: Final = {
    Level.OK: Action.NORMAL,
    Level.ELEVATED: Action.MONITOR,
    Level.HIGH: Action.REDUCE_LOAD,
    Level.CRITICAL: Action.EMERGENCY_SHUTDOWN,
}
_NAMES: Final = {Signal.LOOP_LAG: "loop lag", Signal.LATENCY: "p99 latency"}
_SECONDS: Final = frozenset({Signal.LOOP_LAG, Signal.LATENCY})
_NOTHING: Final[Mapping[Signal, Level]] = {}


def level_of(value: float, thresholds: Thresholds, previous: Level = Level.OK) -> Level:
    """Return the level of *value*, for a signal whose level was *previous*.

    A level is entered at its threshold, and left the margin below it.
    """
    reached = Level.OK
    for level in (Level.ELEVATED, Level.HIGH, Level.CRITICAL):
        bound = thresholds.of(level)
        if bound is not None and value >= bound - (thresholds.leave_margin if previous >= level else 0.0):
            reached = level
    return reached


def assess(
    values: Mapping[Signal, float], policy: LevelPolicy = DEFAULT_POLICY, previous: Mapping[Signal, Level] = _NOTHING
) -> Assessment:
    """Judge *values* by *policy*, knowing the levels of the sample before.

    The worst signal decides the action. Without any value nothing is known,
    and nothing is recommended.
    """
    levels = {
        signal: level_of(values[signal], thresholds, previous.get(signal, Level.OK))
        for signal, thresholds in policy.thresholds.items()
        if signal in values
    }
    if not levels:
        return Assessment(levels={}, action=Action.UNSPECIFIED, reason="no signal has a reading")
    worst = max(levels.values())
    guilty = [signal for signal, level in levels.items() if level == worst]
    return Assessment(levels=levels, action=_ACTIONS[worst], reason=_explain(worst, guilty, values, policy))


def action_of(number: int) -> Action:
    """Return the action of that number; one that only a newer version knows is not known."""
    return Action(number) if number in _KNOWN_ACTIONS else Action.UNSPECIFIED


def rate(before: int | None, after: int | None, seconds: float) -> float | None:
    """Return how fast a counter grew, or ``None`` if that is not known.

    A counter below where it was has started over, and tells nothing.
    """
    if before is None or after is None or seconds <= 0 or after < before:
        return None
    return (after - before) / seconds


def _explain(worst: Level, guilty: Sequence[Signal], values: Mapping[Signal, float], policy: LevelPolicy) -> str:
    if worst is Level.OK:
        return "every signal is below its thresholds"
    return ", ".join(_explain_one(worst, signal, values[signal], policy.thresholds[signal]) for signal in guilty)


def _explain_one(level: Level, signal: Signal, value: float, thresholds: Thresholds) -> str:
    bound = thresholds.of(level) or 0.0
    held = "held until below" if value < bound else "from"
    edge = bound - thresholds.leave_margin if value < bound else bound
    name = _NAMES.get(signal, signal.name.lower())
    return f"{name} {_spell(signal, value)} is {level.name.lower()} ({held} {_spell(signal, edge)})"


def _spell(signal: Signal, value: float) -> str:
    return f"{1000 * value:.0f} ms" if signal in _SECONDS else f"{100 * value:.1f} %"
