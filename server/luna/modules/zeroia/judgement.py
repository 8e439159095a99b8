"""Judges readings: from what was sensed to an action with its reasons."""

from typing import Final, NamedTuple

from arkalia.node.v1 import severity_pb2 as severity
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.score import Assessment, Situation, assess
from luna.modules.zeroia.signals import Finding, Sensed
from luna.modules.zeroia.stance import Ruling, Stance, rule

_SEVERITIES: Final = (
    severity.SEVERITY_UNSPECIFIED,
    severity.SEVERITY_LOW,
    severity.SEVERITY_MEDIUM,
    severity.SEVERITY_HIGH,
    severity.SEVERITY_CRITICAL,
    severity.SEVERITY_FATAL,
)
"""By action."""


class Verdict(NamedTuple):
    """What readings lead to."""

    sensed: Sensed
    assessment: Assessment
    ruling: Ruling
    severity: severity.Severity
    age_ns: int
    now_ns: int
    before: Stance


def kinds(findings: tuple[Finding, ...]) -> frozenset[int]:
    """Return the kinds of *findings*."""
    return frozenset([finding.check for finding in findings])


def judge(rules: Rules, sensed: Sensed, stance: Stance, now_ns: int) -> Verdict:
    """Decide what *sensed* calls for, after what *stance* left behind."""
    assessment, age_ns = assessed(rules, sensed, stance, now_ns)
    return ruled(rules, sensed, stance, assessment, age_ns=age_ns, now_ns=now_ns)


def assessed(rules: Rules, sensed: Sensed, stance: Stance, now_ns: int) -> tuple[Assessment, int]:
    """Return what *sensed* means, and its age in nanoseconds."""
    age_ns = max(0, now_ns - sensed.time_ns) if sensed.sample_id else 0
    situation = Situation(age_intervals(age_ns, sensed.interval_ns), stance.pressure, sensed.findings)
    return assess(rules, sensed.signals, situation), age_ns


def ruled(rules: Rules, sensed: Sensed, stance: Stance, assessment: Assessment, *, age_ns: int, now_ns: int) -> Verdict:
    """Choose the action for what was assessed."""
    ruling = rule(rules, stance, assessment.pressure, now_ns, _compromised_in_row(sensed, stance))
    severity_now = _severity(ruling.action, sensed, assessment)
    return Verdict(sensed, assessment, ruling, severity_now, age_ns, now_ns, stance)


def age_intervals(age_ns: int, interval_ns: int) -> float:
    """Return an age in intervals; 0 where the interval is not known."""
    return age_ns / interval_ns if interval_ns > 0 else 0.0


def after(verdict: Verdict, *, recorded: bool) -> Stance:
    """Return what *verdict* leaves behind."""
    before, ruling = verdict.before, verdict.ruling
    pressure = verdict.assessment.pressure
    position = max(before.position, verdict.sensed.position)
    carried = (ruling.action, ruling.since_ns, ruling.wanted, pressure, position, ruling.compromised_in_row)
    if recorded:
        return Stance(*carried, ruling.action, verdict.now_ns, kinds(verdict.sensed.findings))
    return Stance(*carried, before.recorded_action, before.recorded_ns, before.recorded_checks, before.suppressed + 1)


def _compromised_in_row(sensed: Sensed, stance: Stance) -> int:
    if not sensed.findings or not sensed.compromised:
        return 0
    # The same sample judged twice is still one sample.
    seen = sensed.position <= stance.position and sensed.position > 0
    return max(1, stance.compromised_in_row) if seen else stance.compromised_in_row + 1


def _severity(action: pb.DecisionAction, sensed: Sensed, assessment: Assessment) -> severity.Severity:
    level: severity.Severity = _SEVERITIES[action]
    if assessment.stale and level < severity.SEVERITY_CRITICAL:
        level = _SEVERITIES[level + 1]
    return max([level, *(finding.severity for finding in sensed.findings)])
