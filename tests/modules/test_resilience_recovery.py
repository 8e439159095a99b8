"""What is tried for each kind of failure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType, Severity
from luna.resilience.recovery import RecoveryMachine
from luna.resilience.recovery_plan import Finding, Plan, classify, plan
from luna.resilience.recovery_policy import RecoveryPolicy, Strategy, Verification
from luna.resilience.recovery_steps import Act, Approve, End, NotExpectedError, RecoveryState, Verify
from luna.resilience.violations import PolicyError

POLICY = RecoveryPolicy()
TARGET = ErrorTarget(process="kernel-0", method="a.Service/Call")


def report(**fields: Any) -> ErrorReport:
    given: dict[str, Any] = {"error_id": "1", "target": TARGET, "reporter": "log-0", "first_ns": 1, "last_ns": 1}
    return ErrorReport(**(given | fields))


def planned(type_: ErrorType, severity: Severity = Severity.HIGH, **changes: Any) -> Plan:
    made = plan(Finding(type=type_, severity=severity, target=TARGET), POLICY)
    return replace(made, rule=replace(made.rule, **changes)) if changes else made


def exhausted(made: Plan) -> tuple[list[tuple[str, int]], RecoveryMachine]:
    """Let nothing help; return what was tried."""
    machine, tried = RecoveryMachine(made, chance=lambda: 1.0), []
    while isinstance(act := machine.next, Act):
        tried.append((act.strategy.name, act.attempt))
        machine.begin()
        machine.acted({}, ok=True)
        machine.verified({}, ok=False)
    return tried, machine


@pytest.mark.parametrize(
    ("type_", "severity", "tried", "end"),
    [
        ("TIMEOUT", "MEDIUM", {"EXPONENTIAL_BACKOFF": 3, "CIRCUIT_BREAK": 3}, "FAILED"),
        ("MEMORY", "HIGH", {"GRACEFUL_DEGRADATION": 2, "SYSTEM_RESTART": 2}, "FAILED"),
        ("CONTRADICTION", "MEDIUM", {"IMMEDIATE_RETRY": 2, "CIRCUIT_BREAK": 2}, "FAILED"),
        ("CONNECTION_LOST", "MEDIUM", {"IMMEDIATE_RETRY": 3, "EXPONENTIAL_BACKOFF": 3}, "FAILED"),
        ("STATE_CORRUPTED", "HIGH", {"SYSTEM_RESTART": 2}, "ESCALATED"),
        ("DEADLOCK", "CRITICAL", {"SYSTEM_RESTART": 1}, "ESCALATED"),
        ("UNKNOWN", "LOW", {"IMMEDIATE_RETRY": 3, "EXPONENTIAL_BACKOFF": 3}, "ESCALATED"),
    ],
)
def test_what_is_tried_for_each_type(type_: str, severity: str, tried: Mapping[str, int], end: str) -> None:
    """
    The strategies in their order, each as often as the table says, and how it ends if none of them helps.
    """
    found, machine = exhausted(planned(ErrorType[type_]))

    assert POLICY.rules[ErrorType[type_]].severity is Severity[severity]
    assert found == [(name, attempt) for name, attempts in tried.items() for attempt in range(1, attempts + 1)]
    assert machine.state is RecoveryState[end]


def test_waits_grow_where_to_wait_is_the_strategy() -> None:
    """
    From .2 s, drawn by chance; a retry at once does not wait, and nothing else does before its first attempt.
    """
    waits: dict[str, list[float]] = {}
    for type_ in (ErrorType.UNKNOWN, ErrorType.STATE_CORRUPTED):
        machine = RecoveryMachine(planned(type_), chance=lambda: 1.0)
        while isinstance(act := machine.next, Act):
            waits.setdefault(act.strategy.name, []).append(round(act.wait_seconds, 9))
            machine.begin()
            machine.acted({}, ok=False)

    assert waits == {
        "IMMEDIATE_RETRY": [0, 0, 0],
        "EXPONENTIAL_BACKOFF": [0.2, 0.4, 0.8],
        "SYSTEM_RESTART": [0, 0.2],
    }


def test_a_step_that_helped_is_the_last() -> None:
    """
    Its receipt has the evidence of the action and of the probe.
    """
    machine = RecoveryMachine(planned(ErrorType.DEADLOCK))
    machine.begin()
    verify = machine.acted({"pid": "7"}, ok=True)
    end = machine.verified({"beats": "3"}, ok=True)

    assert verify == Verify(verification=Verification.HEARTBEAT_ADVANCES, within_seconds=15.0, observe_seconds=2.0)
    assert end == End(state=RecoveryState.SUCCEEDED, reason="SYSTEM_RESTART helped")
    assert machine.steps[-1].evidence == {"pid": "7", "beats": "3"}


def test_a_step_that_did_not_help_says_why() -> None:
    """
    In the words of whoever took it, or in ours.
    """
    machine = RecoveryMachine(planned(ErrorType.UNKNOWN))
    for _ in range(2):
        machine.begin()
        machine.timed_out()
    machine.begin()
    machine.acted({}, ok=True)
    machine.timed_out()
    machine.begin()
    machine.acted({"errno": "2"}, ok=False, failure="no such file")
    machine.begin()
    machine.acted({}, ok=True)
    machine.verified({}, ok=False)

    assert [step.failure for step in machine.steps] == [
        "the action took too long",
        "the action took too long",
        "the probe took too long",
        "no such file",
        "the probe did not pass",
    ]
    assert machine.steps[3].evidence == {"errno": "2"}
    assert machine.steps[4].evidence == {}


def test_a_fatal_failure_goes_to_a_human() -> None:
    """
    Whatever the type, and nothing is tried.
    """
    for type_ in ErrorType:
        machine = RecoveryMachine(planned(type_, Severity.FATAL))

        assert machine.next == End(state=RecoveryState.ESCALATED, reason="the failure is fatal")


def test_what_has_to_be_approved_waits_for_it() -> None:
    """
    Once approved, all its attempts are.
    """
    machine = RecoveryMachine(planned(ErrorType.STATE_CORRUPTED, approvals=(Strategy.SYSTEM_RESTART,)))
    asked = machine.next
    with pytest.raises(NotExpectedError):
        machine.begin()
    machine.approved()
    machine.begin()
    machine.acted({}, ok=False)

    assert asked == Approve(strategy=Strategy.SYSTEM_RESTART)
    assert isinstance(machine.next, Act)
    assert machine.next.attempt == 2


def test_what_nobody_approves_goes_to_a_human() -> None:
    """
    It does not wait for ever.
    """
    machine = RecoveryMachine(planned(ErrorType.STATE_CORRUPTED, approvals=(Strategy.SYSTEM_RESTART,)))

    assert machine.timed_out() == End(state=RecoveryState.ESCALATED, reason="nobody approved SYSTEM_RESTART")


def test_cancelling_ends_it_after_the_step_under_way() -> None:
    """
    Between steps at once; a step that helps meanwhile has helped.
    """
    between, within, helped = (RecoveryMachine(planned(ErrorType.UNKNOWN)) for _ in range(3))
    between.cancel("enough")
    for machine in (within, helped):
        machine.begin()
        machine.cancel("enough")
        machine.acted({}, ok=True)
    within.verified({}, ok=False)
    helped.verified({}, ok=True)

    assert between.next == within.next == End(state=RecoveryState.CANCELLED, reason="enough")
    assert len(within.steps) == 1
    assert helped.state is RecoveryState.SUCCEEDED


def test_what_is_over_takes_no_more_input() -> None:
    """
    Nor does anything come out of turn.
    """
    machine = RecoveryMachine(planned(ErrorType.DEADLOCK, Severity.FATAL))

    for late in (machine.begin, machine.approved, machine.timed_out, lambda: machine.cancel("")):
        with pytest.raises(NotExpectedError):
            late()
    with pytest.raises(NotExpectedError, match="PLANNED cannot be verified"):
        RecoveryMachine(planned(ErrorType.DEADLOCK)).verified({}, ok=True)
    with pytest.raises(NotExpectedError, match="PLANNED cannot be acted upon"):
        RecoveryMachine(planned(ErrorType.DEADLOCK)).acted({}, ok=True)


def test_a_record_of_another_plan_is_not_resumed() -> None:
    """
    Whoever goes on would do the wrong thing.
    """
    _, machine = exhausted(planned(ErrorType.UNKNOWN))

    with pytest.raises(NotExpectedError):
        RecoveryMachine.resumed(planned(ErrorType.TIMEOUT), machine.steps)
    with pytest.raises(NotExpectedError):
        RecoveryMachine.resumed(planned(ErrorType.UNKNOWN), machine.steps[1:])
    with pytest.raises(NotExpectedError):
        RecoveryMachine.resumed(planned(ErrorType.UNKNOWN), [*machine.steps, machine.steps[-1]])


@pytest.mark.parametrize(
    ("fields", "type_"),
    [
        ({"code": 4}, ErrorType.TIMEOUT),
        ({"code": 14}, ErrorType.CONNECTION_LOST),
        ({"code": 14, "reason": "REQUEST_ERROR_REASON_PEER_UNAVAILABLE"}, ErrorType.CONNECTION_LOST),
        ({"code": 15}, ErrorType.STATE_CORRUPTED),
        ({"code": 13}, ErrorType.UNKNOWN),
        ({"code": 0}, ErrorType.UNKNOWN),
        ({"code": 14, "type": ErrorType.DEADLOCK}, ErrorType.DEADLOCK),
        ({"code": 3}, None),
        ({"code": 1}, None),
        ({"code": 14, "reason": "REQUEST_ERROR_REASON_DEGRADED"}, None),
        ({"code": 8, "reason": "REQUEST_ERROR_REASON_OVERLOADED"}, None),
        ({"code": 13, "resolved": True}, None),
    ],
)
def test_what_a_report_is_of(fields: Mapping[str, Any], type_: ErrorType | None) -> None:
    """
    By its type if it has one, by its code if not; the mistakes of callers and refusals on purpose are no failures.
    """
    finding = classify(report(**fields), POLICY)

    assert (finding.type if finding else None) is type_
    assert finding is None or (finding.severity, finding.target) == (POLICY.rules[finding.type].severity, TARGET)


def test_a_report_may_say_how_bad_it_is() -> None:
    """
    It knows better than the policy.
    """
    finding = classify(report(code=4, severity=Severity.FATAL), POLICY)

    assert finding is not None
    assert finding.severity is Severity.FATAL


def test_where_there_is_no_method_the_process_is_probed() -> None:
    """
    A method that is not known cannot answer.
    """
    finding = Finding(type=ErrorType.TIMEOUT, severity=Severity.LOW, target=ErrorTarget(process="log-0"))

    assert plan(finding, POLICY).verification is Verification.PROCESS_SERVES
    assert planned(ErrorType.TIMEOUT).verification is Verification.METHOD_ANSWERS


def test_a_policy_out_of_range_is_refused_with_all_that_is_wrong() -> None:
    """
    One message lists every violation of every rule.
    """
    manual, restart = Strategy.MANUAL_INTERVENTION, Strategy.SYSTEM_RESTART
    rules = dict(POLICY.rules)
    del rules[ErrorType.TIMEOUT]
    rules[ErrorType.MEMORY] = replace(
        rules[ErrorType.MEMORY], strategies=(manual, restart), approvals=(Strategy.CIRCUIT_BREAK,), attempts_max=0
    )
    rules[ErrorType.DEADLOCK] = replace(
        rules[ErrorType.DEADLOCK], strategies=(), approvals=(manual,), wait_max_seconds=0.1, verify_seconds=0
    )
    rules[ErrorType.UNKNOWN] = replace(
        rules[ErrorType.UNKNOWN], strategies=(restart, restart), observe_seconds=-1, wait_seconds=0
    )
    with pytest.raises(PolicyError) as caught:
        RecoveryPolicy(rules=rules, recoveries_max=0)

    assert caught.value.violations.keys() == {
        "rules.TIMEOUT",
        "rules.MEMORY.attempts_max",
        "rules.MEMORY.strategies",
        "rules.MEMORY.approvals",
        "rules.DEADLOCK.strategies",
        "rules.DEADLOCK.approvals",
        "rules.DEADLOCK.wait_max_seconds",
        "rules.DEADLOCK.verify_seconds",
        "rules.UNKNOWN.strategies",
        "rules.UNKNOWN.observe_seconds",
        "rules.UNKNOWN.wait_seconds",
        "recoveries_max",
    }
