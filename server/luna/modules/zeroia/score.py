"""Turns readings into pressure, a score and a confidence, and keeps the arithmetic."""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from arkalia.node.v1.severity_pb2 import SEVERITY_CRITICAL, SEVERITY_HIGH
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.signals import Finding, Signals

UNIT: Final = 1 << 20
"""Parts of a confidence are whole multiples of 1/UNIT, so that they add up exactly, in any order, as doubles too."""

Part: TypeAlias = tuple[str, float | None, float]
"""A name, the reading it comes from, and its value from 0 to 1."""

_STRONG: Final = {SEVERITY_HIGH: 2.0, SEVERITY_CRITICAL: 4.0}


class Situation(NamedTuple):
    """What is known besides the readings."""

    age_intervals: float
    """The age of the readings in intervals; 0 if they were just given."""
    previous_pressure: float | None
    findings: tuple[Finding, ...]


class Term(NamedTuple):
    """A part of the confidence."""

    group: str
    """The factor, or the adjustment."""
    name: str
    reading: float | None
    value: float
    weight: float
    units: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the readings mean."""

    pressure: float
    signal_pressures: tuple[float | None, ...]
    """In the order of `Rules.signal_weights`."""
    factors: tuple[tuple[int, float, float], ...]
    """The number of each known factor, its value and the weight that was applied."""
    terms: tuple[Term, ...]
    score: float
    confidence: float
    stale: bool


FACTOR_NAMES: Final = (
    "consistency",
    "system_health",
    "response_time",
    "resource_efficiency",
    "context_relevance",
    "error_rate",
)


def assess(rules: Rules, signals: Signals, situation: Situation) -> Assessment:
    """Work out pressure, score and confidence of *signals*."""
    pressures = signal_pressures(rules, signals)
    pressure = _blend(rules, pressures, situation.previous_pressure)
    terms: list[Term] = []
    factors = _score(rules, _parts(rules, signals, situation, pressures, pressure), terms)
    score = sum([term.units for term in terms])
    distance = min([abs(pressure - threshold) for threshold in rules.enter])
    _adjust(rules.confidence, situation, pressures, distance=distance, score=score, terms=terms)
    total = sum([term.units for term in terms])
    if limit := min(max(total, 0), UNIT) - total:
        terms.append(Term("limit", "limit", None, limit / UNIT, 1.0, limit))
    return Assessment(
        pressure,
        pressures,
        factors,
        tuple(terms),
        score / UNIT,
        (total + limit) / UNIT,
        situation.age_intervals > rules.confidence.stale_after_intervals,
    )


def signal_pressures(rules: Rules, signals: Signals) -> tuple[float | None, ...]:
    """Return the pressure of each signal by itself."""
    cpu, memory, disk, latency, error_rate, loop_lag, _, _ = signals
    slow = [] if latency is None else [rules.latency.pressure(latency)]
    if loop_lag is not None:
        slow.append(rules.loop_lag.pressure(loop_lag))
    return (
        None if cpu is None else rules.cpu.pressure(cpu),
        None if memory is None else rules.memory.pressure(memory),
        None if disk is None else rules.disk.pressure(disk),
        max(slow) if slow else None,
        None if error_rate is None else rules.error_rate.pressure(error_rate),
    )


def _blend(rules: Rules, pressures: tuple[float | None, ...], previous: float | None) -> float:
    worst = total = weight = 0.0
    known = 0
    for pressure, share in zip(pressures, rules.signal_weights, strict=True):
        if pressure is not None:
            known += 1
            worst = max(worst, pressure)
            total += share * pressure
            weight += share
    if not known:
        # Blind: at least worth a closer look, and no better than it was.
        return max(rules.enter[0], previous or 0.0)
    mean = total / weight if weight else worst
    # Rounding must not lift a blend above what it is made of.
    return min(worst, rules.worst_share * worst + (1 - rules.worst_share) * mean)


def _parts(
    rules: Rules, signals: Signals, situation: Situation, pressures: tuple[float | None, ...], pressure: float
) -> tuple[list[Part], ...]:
    cpu, memory, disk, latency, error_rate, loop_lag, load, swap = signals
    consistency: list[Part] = [("coherence", None, _coherence(situation.findings))]
    if situation.previous_pressure is not None:
        consistency.append(("steadiness", None, 1 - abs(pressure - situation.previous_pressure)))
    known = sum([p is not None for p in pressures])
    response: list[Part] = [] if latency is None else [("latency", latency, 1 - rules.latency.pressure(latency))]
    if loop_lag is not None:
        response.append(("loop_lag", loop_lag, 1 - rules.loop_lag.pressure(loop_lag)))
    efficiency: list[Part] = [] if load is None else [("load", load, 1 - rules.load.pressure(load))]
    if swap is not None:
        efficiency.append(("swap", swap, 1 - rules.swap.pressure(swap)))
    return (
        consistency,
        [
            (name, reading, 1 - p)
            for name, reading, p in zip(("cpu", "memory", "disk"), (cpu, memory, disk), pressures, strict=False)
            if p is not None
        ],
        response,
        efficiency,
        [
            ("freshness", situation.age_intervals, _freshness(rules, situation.age_intervals)),
            ("completeness", float(known), known / len(pressures)),
        ],
        [] if error_rate is None or pressures[4] is None else [("errors", error_rate, 1 - pressures[4])],
    )


def _coherence(findings: tuple[Finding, ...]) -> float:
    return max(0.0, 1.0 - sum([0.25 * _STRONG.get(finding.severity, 1.0) for finding in findings]))


def _freshness(rules: Rules, age_intervals: float) -> float:
    """Return 1 within the first interval, and 0 from where a sample is stale."""
    stale_after = rules.confidence.stale_after_intervals
    if age_intervals <= 1:
        return 1.0
    return 0.0 if age_intervals >= stale_after else (stale_after - age_intervals) / (stale_after - 1)


def _score(rules: Rules, parts: tuple[list[Part], ...], terms: list[Term]) -> tuple[tuple[int, float, float], ...]:
    weights = rules.factor_weights
    # What cannot be read has no say; the others share its weight.
    whole = sum([weight for weight, part in zip(weights, parts, strict=True) if part])
    factors = []
    for index, part in enumerate(parts):
        if not part:
            continue
        applied = weights[index] / whole if whole else 0.0
        share = applied / len(part)
        value = 0.0
        for name, reading, worth in part:
            value += worth
            terms.append(Term(FACTOR_NAMES[index], name, reading, worth, share, round(share * worth * UNIT)))
        factors.append((index + 1, value / len(part), applied))
    return tuple(factors)


def _adjust(
    policy: pb.ConfidencePolicy,
    situation: Situation,
    pressures: tuple[float | None, ...],
    *,
    distance: float,
    score: int,
    terms: list[Term],
) -> None:
    clear = min(1.0, distance / policy.clear_distance)
    gap = max(0, UNIT - score)
    terms.append(_term("clarity", distance, clear, policy.clarity_weight * gap / UNIT))
    late = situation.age_intervals - policy.stale_after_intervals
    if late > 0:
        lost = min(policy.age_penalty_max, policy.age_penalty * late)
        terms.append(_term("age", situation.age_intervals, -lost, 1.0))
    if unknown := sum([p is None for p in pressures]):
        terms.append(_term("unknown", float(unknown), -unknown / len(pressures), policy.unknown_penalty))
    if situation.findings:
        strength = sum([_STRONG.get(finding.severity, 1.0) for finding in situation.findings])
        terms.append(_term("integrity", float(len(situation.findings)), -min(4.0, strength), policy.finding_penalty))


def _term(name: str, reading: float, value: float, weight: float) -> Term:
    return Term(name, name, reading, value, weight, round(value * weight * UNIT))
