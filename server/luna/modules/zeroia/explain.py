"""Explains a decision in words and numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from arkalia.node.v1.severity_pb2 import Severity
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.times import seconds_of
from luna.modules.zeroia.record import situation_of
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.score import FACTOR_NAMES, UNIT, Assessment, Term, assess
from luna.modules.zeroia.signals import readings

_FACTORS: Final = "the weighted sum of the six factors"
_TEXTS: Final[Mapping[str, str]] = {
    "consistency": "whether the readings agree with each other and with what came before",
    "system_health": "how much room processor, memory and disk have",
    "response_time": "how quickly services and event loops answer",
    "resource_efficiency": "how little work waits for the machine",
    "context_relevance": "how fresh and how complete the readings are",
    "error_rate": "how few calls fail",
    "coherence": "what is left of 1 after the integrity findings",
    "steadiness": "1 less the change of pressure since the decision before",
    "cpu": "the room that the processor has",
    "memory": "the room that memory has",
    "disk": "the room that the disk has",
    "latency": "how far the 99th percentile latency is from trouble",
    "loop_lag": "how far the event-loop lag is from trouble",
    "load": "how far the load of each processor is from trouble",
    "swap": "how far the use of swap space is from trouble",
    "freshness": "how young the sample is, in intervals",
    "completeness": "the share of the signals of the pressure that were read",
    "errors": "how far the error rate is from trouble",
    "clarity": "the part of the distance to 1 that a pressure far from every threshold closes",
    "age": "what a stale sample loses for every interval of age",
    "unknown": "what the signals that could not be read lose",
    "integrity": "what the integrity findings lose",
    "limit": "what keeps the confidence between 0 and 1",
}
_SIGNALS: Final = ("cpu", "memory", "disk", "latency", "error_rate")
_RULINGS: Final[Mapping[int, str]] = {
    pb.DWELL_RULING_FIRST: "There was no action before, so {wanted} took effect.",
    pb.DWELL_RULING_UNCHANGED: "{wanted} was in effect already and stays.",
    pb.DWELL_RULING_CHANGED: "{previous} had been in effect for {held:.1f} s, at least the dwell of {dwell:g} s, "
    "so {wanted} replaced it.",
    pb.DWELL_RULING_HELD: "{previous} had been in effect for {held:.1f} s, less than the dwell of {dwell:g} s, "
    "so it stays although {wanted} is wanted.",
    pb.DWELL_RULING_ESCALATED: "{wanted} is worse than {previous} and does not wait for the dwell of {dwell:g} s.",
}


def explain(decision: pb.Decision, rules: Rules) -> pb.Explanation:
    """Work out *decision* again, under the *rules* of its time, and tell what happened."""
    signals = readings(decision.signals)
    assessment = assess(rules, signals, situation_of(decision))
    return pb.Explanation(
        summary=_summary(decision, rules),
        confidence=_confidence(assessment),
        pressure=_pressure(rules, assessment, (*signals[:3], signals.latency, signals.error_rate)),
        reasoning=list(_reasoning(decision, rules)),
        integrity=list(_integrity(decision)),
    )


def _confidence(assessment: Assessment) -> pb.ExplanationTerm:
    groups: dict[str, list[Term]] = {}
    for term in assessment.terms:
        groups.setdefault(term.group, []).append(term)
    weights = {FACTOR_NAMES[number - 1]: (value, weight) for number, value, weight in assessment.factors}
    return pb.ExplanationTerm(
        name="confidence",
        text=f"{_FACTORS} ({assessment.score:.3f}), adjusted for clarity and for what makes readings doubtful",
        value=assessment.confidence,
        weight=1,
        contribution=assessment.confidence,
        terms=[
            _factor(name, terms, *weights[name]) if name in weights else _leaf(terms[0])
            for name, terms in groups.items()
        ],
    )


def _factor(name: str, terms: Sequence[Term], value: float, weight: float) -> pb.ExplanationTerm:
    return pb.ExplanationTerm(
        name=name,
        text=_TEXTS[name],
        value=value,
        weight=weight,
        contribution=sum(term.units for term in terms) / UNIT,
        terms=[_leaf(term) for term in terms],
    )


def _leaf(term: Term) -> pb.ExplanationTerm:
    return pb.ExplanationTerm(
        name=term.name,
        text=_TEXTS[term.name],
        reading=term.reading,
        value=term.value,
        weight=term.weight,
        contribution=term.units / UNIT,
    )


def _pressure(rules: Rules, assessment: Assessment, read: Sequence[float | None]) -> pb.ExplanationTerm:
    known = [
        (name, reading, pressure, weight)
        for name, reading, pressure, weight in zip(
            _SIGNALS, read, assessment.signal_pressures, rules.signal_weights, strict=True
        )
        if pressure is not None
    ]
    return pb.ExplanationTerm(
        name="pressure",
        text=f"{rules.worst_share:.0%} the worst signal, the rest the weighted mean of those that were read"
        if known
        else "no signal could be read, so a closer look is asked for",
        value=assessment.pressure,
        weight=1,
        contribution=assessment.pressure,
        terms=list(_pressure_terms(rules.worst_share, known)),
    )


def _pressure_terms(
    worst_share: float, known: Sequence[tuple[str, float | None, float, float]]
) -> Iterator[pb.ExplanationTerm]:
    if not known:
        return
    name, _, worst, _ = max(known, key=lambda signal: signal[2])
    yield pb.ExplanationTerm(
        name="worst",
        text=f"the worst signal, {name}",
        value=worst,
        weight=worst_share,
        contribution=worst * worst_share,
    )
    whole = sum(weight for *_, weight in known)
    for name, reading, pressure, weight in known:
        share = (1 - worst_share) * weight / whole if whole else 0.0
        yield pb.ExplanationTerm(
            name=name,
            text=f"the pressure of {name} in the mean",
            reading=reading,
            value=pressure,
            weight=share,
            contribution=pressure * share,
        )


def _summary(decision: pb.Decision, rules: Rules) -> str:
    about = f"of node {decision.node}" if decision.sample_id else "that were given"
    aged = f", taken {seconds_of(decision.sample_age):.2f} s before" if decision.sample_id else ""
    repeats = f" {decision.suppressed_count} repeats before it were only counted." if decision.suppressed_count else ""
    return (
        f"{_name(decision.action)}, severity {Severity.Name(decision.severity).removeprefix('SEVERITY_')}, because the "
        f"readings {about}{aged} have a pressure of {decision.pressure:.3f}. The confidence is "
        f"{decision.confidence:.3f} under revision {rules.revision} of the policy.{repeats}"
    )


def _reasoning(decision: pb.Decision, rules: Rules) -> Iterator[str]:
    reasoning = decision.reasoning
    wanted, previous = _name(reasoning.wanted_action), _name(reasoning.previous_action)
    levels = zip(("MONITOR", "REDUCE_LOAD", "EMERGENCY_SHUTDOWN"), rules.enter, rules.leave, strict=True)
    yield (
        "Thresholds: "
        + "; ".join(f"{name} from {enter:g} on, left at {leave:g}" for name, enter, leave in levels)
        + "."
    )
    if reasoning.wanted_action == pb.DECISION_ACTION_HALT:
        yield f"{reasoning.compromised_in_row} samples in a row were compromised, so HALT is wanted."
    elif reasoning.HasField("previous_pressure"):
        yield (
            f"The pressure went from {reasoning.previous_pressure:.3f} to {decision.pressure:.3f}; "
            f"wanted was {_name(reasoning.previous_wanted_action)}, wanted is {wanted}."
        )
    else:
        yield f"The pressure is {decision.pressure:.3f}, wanted is {wanted}."
    held_ns = decision.decide_time.ToNanoseconds() - reasoning.previous_since_time.ToNanoseconds()
    yield _RULINGS[reasoning.ruling].format(
        wanted=wanted, previous=previous, held=max(0, held_ns) / 1e9, dwell=rules.dwell_ns / 1e9
    )


def _integrity(decision: pb.Decision) -> Iterator[str]:
    for finding in decision.findings:
        check = pb.IntegrityCheck.Name(finding.check).removeprefix("INTEGRITY_CHECK_")
        severity = Severity.Name(finding.severity).removeprefix("SEVERITY_")
        yield f"{check} ({severity}): {finding.field} {finding.detail}"
    if not decision.findings:
        yield "Every check passed."


def _name(action: pb.DecisionAction) -> str:
    return pb.DecisionAction.Name(action).removeprefix("DECISION_ACTION_")
