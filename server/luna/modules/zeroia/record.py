"""Writes verdicts down as events, and reads them back."""

from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.events import Event, EventFilter
from luna.kernel.times import duration_of_ns, timestamp
from luna.modules.zeroia.judgement import Verdict, age_intervals
from luna.modules.zeroia.score import Situation
from luna.modules.zeroia.signals import Finding
from luna.modules.zeroia.stance import NONE, Stance

DECISIONS: Final = "zeroia/decisions"
OUTCOMES: Final = "zeroia/outcomes"
POLICY: Final = "zeroia/policy"
CYCLES: Final = "zeroia/cycles"
MODE: Final = "zeroia/mode"
INTEGRITY: Final = "zeroia/integrity"

DECISION_MADE: Final = facts.DecisionMade.DESCRIPTOR.full_name
OUTCOME_REPORTED: Final = facts.OutcomeReported.DESCRIPTOR.full_name
POLICY_UPDATED: Final = facts.PolicyUpdated.DESCRIPTOR.full_name
CYCLE_COMPLETED: Final = facts.CycleCompleted.DESCRIPTOR.full_name
MODE_CHANGED: Final = facts.ModeChanged.DESCRIPTOR.full_name
INTEGRITY_VIOLATED: Final = facts.IntegrityViolated.DESCRIPTOR.full_name

MADE: Final = EventFilter(stream=DECISIONS, types=frozenset({DECISION_MADE}))
"""All decisions."""


class Occasion(NamedTuple):
    """Why and as what a verdict is written down."""

    decision_id: str
    origin: pb.DecisionOrigin
    revision: int


def decision_of(verdict: Verdict, occasion: Occasion) -> pb.Decision:
    """Return *verdict* as it is recorded and answered."""
    sensed, assessment, ruling = verdict.sensed, verdict.assessment, verdict.ruling
    decision = pb.Decision(
        decision_id=occasion.decision_id,
        node=sensed.node,
        action=ruling.action,
        severity=verdict.severity,
        pressure=assessment.pressure,
        confidence=assessment.confidence,
        score=assessment.score,
        signals=sensed.message,
        sample_id=sensed.sample_id,
        sample_position=sensed.position,
        policy_revision=occasion.revision,
        suppressed_count=verdict.before.suppressed,
        decide_time=timestamp(verdict.now_ns),
        reasoning=_reasoning(verdict),
        origin=occasion.origin,
    )
    add = decision.factors.add
    for number, value, weight in assessment.factors:
        add(factor=number, value=value, weight=weight)
    if sensed.sample_id:
        decision.sample_age.CopyFrom(duration_of_ns(verdict.age_ns))
        decision.sample_interval.CopyFrom(duration_of_ns(sensed.interval_ns))
    if sensed.findings:
        decision.findings.extend(finding_to_pb(finding) for finding in sensed.findings)
    return decision


def situation_of(decision: pb.Decision) -> Situation:
    """Return what was known besides the readings when *decision* was made."""
    reasoning = decision.reasoning
    return Situation(
        age_intervals(decision.sample_age.ToNanoseconds(), decision.sample_interval.ToNanoseconds()),
        reasoning.previous_pressure if reasoning.HasField("previous_pressure") else None,
        tuple(Finding(f.check, f.severity, f.field, f.detail) for f in decision.findings),
    )


def stance_after(decision: pb.Decision) -> Stance:
    """Return what a recorded *decision* left behind."""
    reasoning = decision.reasoning
    return Stance(
        action=decision.action,
        since_ns=reasoning.since_time.ToNanoseconds(),
        wanted=reasoning.wanted_action,
        pressure=decision.pressure,
        position=decision.sample_position,
        compromised_in_row=reasoning.compromised_in_row,
        recorded_action=decision.action,
        recorded_ns=decision.decide_time.ToNanoseconds(),
        recorded_checks=frozenset(finding.check for finding in decision.findings),
    )


def recorded_decision(event: Event) -> pb.Decision:
    """Return the decision in *event*."""
    return facts.DecisionMade.FromString(event.payload).decision


def judgement_of(verdict: Verdict) -> pb.Judgement:
    """Return the figures of *verdict*."""
    assessment = verdict.assessment
    return pb.Judgement(
        action=verdict.ruling.action,
        wanted_action=verdict.ruling.wanted,
        severity=verdict.severity,
        pressure=assessment.pressure,
        confidence=assessment.confidence,
        score=assessment.score,
    )


def violation_of(verdict: Verdict, decision_id: str) -> facts.IntegrityViolated:
    """Return what the checks found, as a fact."""
    sensed = verdict.sensed
    return facts.IntegrityViolated(
        node=sensed.node,
        sample_id=sensed.sample_id,
        sample_position=sensed.position,
        findings=[finding_to_pb(finding) for finding in sensed.findings],
        compromised=sensed.compromised,
        decision_id=decision_id,
        detect_time=timestamp(verdict.now_ns),
    )


def finding_to_pb(finding: Finding) -> pb.IntegrityFinding:
    """Return *finding* as it is recorded."""
    return pb.IntegrityFinding(
        check=finding.check, severity=finding.severity, field=finding.field, detail=finding.detail
    )


def _reasoning(verdict: Verdict) -> pb.Reasoning:
    before, ruling = verdict.before, verdict.ruling
    reasoning = pb.Reasoning(
        wanted_action=ruling.wanted,
        ruling=ruling.kind,
        since_time=timestamp(ruling.since_ns),
        compromised_in_row=ruling.compromised_in_row,
    )
    if before.action != NONE:
        reasoning.previous_wanted_action = before.wanted
        reasoning.previous_action = before.action
        reasoning.previous_since_time.CopyFrom(timestamp(before.since_ns))
        if before.pressure is not None:
            reasoning.previous_pressure = before.pressure
    return reasoning
