"""Decides which recovery a report belongs to, and what its plan is."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from luna.kernel.error_reports import ErrorTarget, ErrorType, Severity
from luna.resilience.recovery_plan import Finding, Plan, plan
from luna.resilience.recovery_policy import RecoveryPolicy, Strategy, Verification
from luna.sidecar.recovery.case import Case, Key

PROCESS: Final = "process"
"""The kind of what befell a process as a whole, as the supervisor saw it."""
_CONNECTION: Final = "connection"
_COVERED: Final = frozenset({ErrorType.TIMEOUT, ErrorType.CONNECTION_LOST, ErrorType.UNKNOWN, ErrorType.DEADLOCK})
"""What callers meet while the process that they call is down."""
_COME_UP_SECONDS: Final = 15.0
_ATTEMPTS: Final = 3


def key_of(finding: Finding, *, seen: bool) -> Key:
    """Return what at most one recovery is under way for. *seen*: by the supervisor, not by a caller."""
    target = finding.target
    whole = ErrorTarget(process=target.process)
    if seen and target == whole and finding.type in {ErrorType.CONNECTION_LOST, ErrorType.DEADLOCK}:
        return Key(PROCESS, whole)
    if finding.type is ErrorType.CONNECTION_LOST and target.process:
        return Key(_CONNECTION, whole)
    return Key(finding.type.name, target)


def covering(cases: Iterable[Case], finding: Finding, key: Key, pid: int | None) -> Case | None:
    """Return the recovery under way that a failure belongs to. *pid*: of the process that failed, if it is known."""
    for case in cases:
        if case.key == key:
            return case
        if case.target.process == finding.target.process and _covers(case, finding, key, pid):
            return case
    return None


def plan_of(finding: Finding, policy: RecoveryPolicy, key: Key) -> Plan:
    """Return what will be done about *finding*."""
    made = plan(finding, policy)
    if key.kind != PROCESS or finding.type is not ErrorType.CONNECTION_LOST or finding.severity is Severity.FATAL:
        return made
    return _of_an_end(made)


def planned_again(finding: Finding, policy: RecoveryPolicy, strategies: Sequence[Strategy]) -> tuple[Key, Plan]:
    """Return the key and the plan of a recovery that began with *strategies*."""
    seen = finding.type is ErrorType.CONNECTION_LOST and tuple(strategies[:1]) == (Strategy.SYSTEM_RESTART,)
    key = key_of(finding, seen=seen or finding.type is ErrorType.DEADLOCK)
    made = plan_of(finding, policy, key)
    return key, replace(made, strategies=tuple(strategies))


def _covers(case: Case, finding: Finding, key: Key, pid: int | None) -> bool:
    if case.key.kind == PROCESS:
        return finding.type in _COVERED and not finding.target.resource
    if key.kind != PROCESS or finding.type is not ErrorType.CONNECTION_LOST or case.pid not in {None, pid}:
        return False
    # It ended because this recovery restarts it. What befalls the one that came in its place is another matter.
    step = case.machine.steps[-1].strategy if case.machine.steps else None
    return Strategy.SYSTEM_RESTART in {step, getattr(case.machine.next, "strategy", None), case.strategy}


def _of_an_end(made: Plan) -> Plan:
    """Return the plan for a process that ended. The supervisor starts it again by itself, so nobody has to approve."""
    strategies = (Strategy.SYSTEM_RESTART, Strategy.MANUAL_INTERVENTION)
    rule = replace(
        made.rule,
        strategies=strategies,
        attempts_max=max(made.rule.attempts_max, _ATTEMPTS),
        verify_seconds=max(made.rule.verify_seconds, _COME_UP_SECONDS),
        approvals=(),
    )
    return replace(made, strategies=strategies, rule=rule, verification=Verification.PROCESS_SERVES)
