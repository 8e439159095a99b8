"""What a reported failure is, and what will be done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType, Severity
from luna.resilience.recovery_policy import VERIFICATIONS, RecoveryPolicy, RecoveryRule, Strategy, Verification

TYPES: Final[Mapping[int, ErrorType]] = {
    0: ErrorType.UNKNOWN,
    2: ErrorType.UNKNOWN,
    4: ErrorType.TIMEOUT,
    8: ErrorType.UNKNOWN,
    13: ErrorType.UNKNOWN,
    14: ErrorType.CONNECTION_LOST,
    15: ErrorType.STATE_CORRUPTED,
}
"""By the status code of the call. The other codes say that the caller asked for something that cannot be."""
ON_PURPOSE: Final = frozenset(
    f"REQUEST_ERROR_REASON_{why}"
    for why in ("BULKHEAD", "CIRCUIT_OPEN", "DEGRADED", "GOING_AWAY", "OVERLOADED", "TOO_LARGE")
)
"""Reasons of those who refuse because they do their work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a failure was found to be."""

    type: ErrorType
    severity: Severity
    target: ErrorTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done about a failure."""

    finding: Finding
    strategies: Sequence[Strategy]
    """In the order in which they will be tried. Those of a FATAL failure are to ask a human."""
    rule: RecoveryRule
    verification: Verification


def classify(report: ErrorReport, policy: RecoveryPolicy) -> Finding | None:
    """Return what *report* is of; ``None`` if nothing has to be mended."""
    if report.resolved or report.reason in ON_PURPOSE:
        return None
    type_ = report.type or TYPES.get(report.code)
    if type_ is None:
        return None
    severity = report.severity or policy.rules[type_].severity
    return Finding(type=type_, severity=severity, target=report.target)


def plan(finding: Finding, policy: RecoveryPolicy) -> Plan:
    """Return what *policy* says about *finding*."""
    rule = policy.rules[finding.type]
    fatal = finding.severity is Severity.FATAL
    return Plan(
        finding=finding,
        strategies=(Strategy.MANUAL_INTERVENTION,) if fatal else tuple(rule.strategies),
        rule=rule,
        verification=_verification(finding),
    )


def _verification(finding: Finding) -> Verification:
    verification = VERIFICATIONS[finding.type]
    if verification is Verification.METHOD_ANSWERS and not finding.target.method:
        return Verification.PROCESS_SERVES
    return verification
