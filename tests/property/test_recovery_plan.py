"""A recovery always ends, tries nothing too often, and never succeeds without proof."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from luna.kernel.error_reports import ErrorTarget, ErrorType, Severity
from luna.resilience.recovery import RecoveryMachine
from luna.resilience.recovery_plan import Finding, Plan, plan
from luna.resilience.recovery_policy import RecoveryPolicy, RecoveryRule, Strategy
from luna.resilience.recovery_steps import Act, Approve, End, NotExpectedError, RecoveryState, Verify

strategies = st.lists(st.sampled_from(list(Strategy)[:-1]), min_size=1, max_size=5, unique=True).flatmap(
    lambda tried: st.sampled_from([tried, [*tried, Strategy.MANUAL_INTERVENTION]])
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    tried = draw(strategies)
    rule_ = RecoveryRule(
        severity=Severity.LOW,
        strategies=tried,
        attempts_max=draw(st.integers(1, 4)),
        verify_seconds=1.0,
        observe_seconds=0.0,
        approvals=[it for it in tried[:-1] if draw(st.booleans())],
    )
    policy = RecoveryPolicy()
    policy = replace(policy, rules={**policy.rules, ErrorType.UNKNOWN: rule_})
    severity = draw(st.sampled_from(Severity))
    return plan(Finding(type=ErrorType.UNKNOWN, severity=severity, target=ErrorTarget()), policy)


class RecoveryRuns(RuleBasedStateMachine):
    """Does what the machine says, with any result, and keeps a list of what it was told."""

    @initialize(made=plans())
    def a_failure_is_planned(self, made: Plan) -> None:
        self.plan = made
        self.machine = RecoveryMachine(made, chance=lambda: 1.0)
        self.tried: list[Strategy] = []
        self.allowed: set[Strategy] = set()
        self.proofs = 0
        self.cancelled = False

    @precondition(lambda self: isinstance(self.machine.next, Act) and self.machine.state is RecoveryState.PLANNED)
    @rule()
    def it_begins(self) -> None:
        act = self.machine.next
        assert isinstance(act, Act)
        assert act.strategy is not Strategy.MANUAL_INTERVENTION
        assert act.strategy not in self.plan.rule.approvals or act.strategy in self.allowed
        assert 0 <= act.wait_seconds <= self.plan.rule.wait_max_seconds
        self.tried.append(act.strategy)
        assert (act.step, act.attempt) == (len(self.tried), self.tried.count(act.strategy))
        self.machine.begin()

    @precondition(lambda self: self.machine.state is RecoveryState.ACTING)
    @rule(ok=st.booleans())
    def it_acts(self, *, ok: bool) -> None:
        self.machine.acted({"pid": "7"}, ok=ok)

    @precondition(lambda self: self.machine.state is RecoveryState.VERIFYING)
    @rule(ok=st.booleans())
    def it_is_probed(self, *, ok: bool) -> None:
        assert isinstance(self.machine.next, Verify)
        self.proofs += ok
        self.machine.verified({"health": "SERVING"}, ok=ok)

    @precondition(lambda self: self.machine.state in {RecoveryState.ACTING, RecoveryState.VERIFYING})
    @rule()
    def it_takes_too_long(self) -> None:
        self.machine.timed_out()

    @precondition(lambda self: self.machine.state is RecoveryState.WAITING_FOR_APPROVAL)
    @rule(answer=st.booleans())
    def somebody_is_asked(self, *, answer: bool) -> None:
        approve = self.machine.next
        assert isinstance(approve, Approve)
        if answer:
            self.allowed.add(approve.strategy)
            self.machine.approved()
        else:
            self.machine.timed_out()

    @precondition(lambda self: not self.machine.state.ended)
    @rule(really=st.integers(0, 9))
    def somebody_cancels(self, really: int) -> None:
        if not really:
            self.cancelled = True
            self.machine.cancel("enough")

    @precondition(lambda self: self.machine.state.ended)
    @rule()
    def somebody_comes_too_late(self) -> None:
        before = self.machine.next
        for late in (self.machine.begin, self.machine.approved, self.machine.timed_out):
            with pytest.raises(NotExpectedError):
                late()
        assert self.machine.next is before

    @invariant()
    def nothing_is_tried_too_often_or_out_of_turn(self) -> None:
        assert max(Counter(self.tried).values(), default=0) <= self.plan.rule.attempts_max
        assert sorted(self.tried, key=list(self.plan.strategies).index) == self.tried

    @invariant()
    def success_is_proven(self) -> None:
        assert (self.machine.state is RecoveryState.SUCCEEDED) == (self.proofs == 1)
        assert [step.verified for step in self.machine.steps].count(True) == self.proofs

    @invariant()
    def the_end_says_why(self) -> None:
        assert self.machine.state.ended == isinstance(self.machine.next, End)
        if isinstance(self.machine.next, End):
            assert self.machine.next.state is self.machine.state
            assert self.machine.next.reason
        if self.machine.state is RecoveryState.CANCELLED:
            assert self.cancelled

    @invariant()
    def a_fatal_failure_is_not_touched(self) -> None:
        if self.plan.finding.severity is Severity.FATAL:
            assert self.machine.state is RecoveryState.ESCALATED
            assert self.tried == []

    @invariant()
    def whoever_comes_after_a_crash_goes_on_where_the_record_ends(self) -> None:
        if self.machine.state in {RecoveryState.ESCALATED, RecoveryState.CANCELLED}:
            return
        again = RecoveryMachine.resumed(self.plan, self.machine.steps, approved=self.allowed)
        assert again.steps == self.machine.steps
        if self.machine.state in {RecoveryState.ACTING, RecoveryState.VERIFYING}:
            assert isinstance(again.next, Act)
            assert (again.next.step, again.next.strategy) == (len(self.tried), self.tried[-1])
        else:
            assert again.state is self.machine.state


TestRecovery = RecoveryRuns.TestCase
TestRecovery.settings = settings(stateful_step_count=60)


@given(plans(), st.lists(st.sampled_from(["act", "probe", "slow"]), min_size=200, max_size=200))
def test_it_always_ends(made: Plan, failures: list[str]) -> None:
    """
    Within as many steps as the plan allows, whatever goes wrong.
    """
    machine = RecoveryMachine(made)
    for failure in failures:
        if machine.state.ended:
            break
        if machine.state is RecoveryState.WAITING_FOR_APPROVAL:
            machine.approved()
            continue
        machine.begin()
        if failure == "act":
            machine.acted({}, ok=False)
        elif failure == "probe":
            machine.acted({}, ok=True)
            machine.verified({}, ok=False)
        else:
            machine.timed_out()

    asks = Strategy.MANUAL_INTERVENTION in made.strategies
    assert machine.state is (RecoveryState.ESCALATED if asks else RecoveryState.FAILED)
    assert len(machine.steps) == (len(made.strategies) - asks) * made.rule.attempts_max
