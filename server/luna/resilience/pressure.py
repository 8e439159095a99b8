"""How hard a node is pressed: many readings in different units become one number from 0 to 1.

Rule 1: a reading makes no pressure up to ``low`` and full pressure from
``high`` on; its weight is the most that it can make alone.
Rule 2: the pressure is that of the strongest signal, and a quarter of the
next strongest of what is left to 1: two things wrong are worse than one, but
no crowd of small ones adds up to a big one.
Rule 3: a reading that could not be taken is left out. With none, the pressure
is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from luna.resilience.violations import below, not_shares, refuse

SIGNALS: Final = ("cpu", "memory", "disk", "latency", "error_ratio", "breakers_open", "loop_lag", "shed_ratio")
SECOND_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a signal becomes pressure."""

    low: float
    high: float
    weight: float
    critical: float | None = None
    """The reading from which on it is so bad that it is not waited for."""

    def __post_init__(self) -> None:
        refuse(
            below({"low": self.low, "critical": self.critical}, 0)
            | not_shares({"weight": self.weight}, zero=True)
            | ({} if self.low < self.high else {"high": f"must be above low, {self.low:g}, not {self.high:g}"})
        )

    def pressure(self, reading: float) -> float:
        """Return the pressure that *reading* makes, 0 to 1."""
        return self.weight * min(1.0, max(0.0, (reading - self.low) / (self.high - self.low)))


SCALES: Final[Mapping[str, Scale]] = {
    # A busy processor is what it is there for: alone it costs no more than optional work.
    "cpu": Scale(low=0.70, high=1.0, weight=0.6),
    "memory": Scale(low=0.75, high=0.97, weight=1.0, critical=0.97),
    # Doing less frees no disk, it only fills it more slowly.
    "disk": Scale(low=0.85, high=0.99, weight=0.7),
    # Seconds, of the 99th percentile.
    "latency": Scale(low=0.3, high=3.0, weight=0.8),
    "error_ratio": Scale(low=0.02, high=0.5, weight=0.9),
    # The share of the calls, by their priority, whose breaker is open.
    "breakers_open": Scale(low=0.1, high=0.8, weight=0.7),
    # Seconds.
    "loop_lag": Scale(low=0.05, high=1.0, weight=0.8, critical=5.0),
    # What the limiter sheds, not what the level itself refuses: that would hold it for ever.
    "shed_ratio": Scale(low=0.1, high=0.9, weight=0.7),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One of the things that press."""

    name: str
    reading: float
    pressure: float
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """How hard a node is pressed, and by what."""

    value: float | None
    """0 to 1; ``None`` if nothing could be read."""
    signals: Sequence[Signal] = ()
    """The strongest first."""

    @property
    def critical(self) -> bool:
        """Whether any of them is so bad that it is not waited for."""
        return any(signal.critical for signal in self.signals)


def pressure_of(readings: Mapping[str, float | None], scales: Mapping[str, Scale] = SCALES) -> Pressure:
    """Return the pressure that *readings* make, each by the name of its signal."""
    signals = [
        Signal(
            name=name,
            reading=reading,
            pressure=scale.pressure(reading),
            critical=scale.critical is not None and reading >= scale.critical,
        )
        for name, scale in scales.items()
        if (reading := readings.get(name)) is not None
    ]
    signals.sort(key=lambda signal: (-signal.pressure, signal.name))
    if not signals:
        return Pressure(value=None)
    strongest, second, *_ = [*(signal.pressure for signal in signals), 0.0]
    return Pressure(value=strongest + (1 - strongest) * SECOND_SHARE * second, signals=tuple(signals))
