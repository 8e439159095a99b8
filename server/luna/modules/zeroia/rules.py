"""A policy, worked out once so that each decision is only arithmetic."""

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from arkalia.zeroia.v1 import zeroia_pb2 as pb

_DIGITS: Final = 12
"""Thresholds less hysteresis are rounded, so that .60 - .05 is .55."""


class Knots(NamedTuple):
    """The pressure of one signal as a line through the anchors."""

    elevated: float
    high: float
    critical: float
    elevated_pressure: float
    high_pressure: float
    critical_pressure: float

    def pressure(self, reading: float) -> float:
        """Return the pressure, 0 to 1, of *reading*."""
        if reading <= self.elevated:
            return reading / self.elevated * self.elevated_pressure
        if reading <= self.high:
            low, step = self.elevated, self.high - self.elevated
            return self.elevated_pressure + (reading - low) / step * (self.high_pressure - self.elevated_pressure)
        if reading <= self.critical:
            low, step = self.high, self.critical - self.high
            return self.high_pressure + (reading - low) / step * (self.critical_pressure - self.high_pressure)
        # Beyond the last anchor, a third of the step before it leads to 1.
        beyond = 3 * (reading - self.critical) / (self.critical - self.high)
        return min(1.0, self.critical_pressure + beyond * (1 - self.critical_pressure))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Every number that a decision needs, ready to use."""

    revision: int
    policy: pb.Policy
    factor_weights: tuple[float, ...]
    """In the order of ``ScoreFactor``."""
    signal_weights: tuple[float, ...]
    """Of cpu, memory, disk, latency, error rate."""
    worst_share: float
    cpu: Knots
    memory: Knots
    disk: Knots
    latency: Knots
    error_rate: Knots
    loop_lag: Knots
    load: Knots
    swap: Knots
    enter: tuple[float, float, float]
    """The pressures at which monitor, reduce load and emergency shutdown are wanted."""
    leave: tuple[float, float, float]
    dwell_ns: int
    confidence: pb.ConfidencePolicy

    @classmethod
    def of(cls, policy: pb.Policy, revision: int) -> Self:
        """Work out *policy*, which has been checked."""
        kept = pb.Policy()
        kept.CopyFrom(policy)
        actions, score, weights = kept.actions, kept.score, kept.pressure.weights
        enter = (actions.monitor, actions.reduce_load, actions.emergency_shutdown)
        scales, anchors = kept.pressure.scales, kept.pressure.anchors
        pressures = (anchors.elevated, anchors.high, anchors.critical)
        knots = {
            field.name: Knots(scale.elevated, scale.high, scale.critical, *pressures)
            for field, scale in scales.ListFields()
        }
        return cls(
            revision=revision,
            policy=kept,
            factor_weights=(
                score.consistency,
                score.system_health,
                score.response_time,
                score.resource_efficiency,
                score.context_relevance,
                score.error_rate,
            ),
            signal_weights=(weights.cpu, weights.memory, weights.disk, weights.latency, weights.error_rate),
            worst_share=kept.pressure.worst_share,
            enter=enter,
            leave=_leave(enter, actions.hysteresis),
            dwell_ns=actions.dwell.ToNanoseconds(),
            confidence=kept.confidence,
            **knots,
        )


def _leave(enter: tuple[float, float, float], hysteresis: float) -> tuple[float, float, float]:
    first, second, third = (round(threshold - hysteresis, _DIGITS) for threshold in enter)
    return first, second, third
