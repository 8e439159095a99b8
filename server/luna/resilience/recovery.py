"""Mends one failure: tries what the plan says until a probe shows that it helped, or nothing is left. Pure.

::

                   ┌──────────── not verified, or the action failed: next attempt, next strategy ─┐
                   ▼                                                                               │
     WAITING ─▶ PLANNED ── begin ──▶ ACTING ── acted ──▶ VERIFYING ── verified ──▶ SUCCEEDED      │
    FOR_APPROVAL   │                    │                    └──────────────────────────────────────┤
        │          │                    └───────────────────────────────────────────────────────────┘
        │          ├── no strategy is left ──▶ FAILED
        │          ├── the next is to ask a human ──▶ ESCALATED
        └── nobody approves it ──▶ ESCALATED
     cancelled: CANCELLED, once the step under way is over

Rule 1: SUCCEEDED is reached from VERIFYING alone, by a probe that passed.
Rule 2: each strategy is tried ``attempts_max`` times at most, so it always ends.
Rule 3: a FATAL failure is not touched: its plan is to ask a human.
Rule 4: what is decided follows from the plan and the recorded steps alone, so
that whoever comes after a crash goes on where the record ends. A step that is
not on record was not taken.
"""

import random
from collections.abc import Callable, Collection, Iterable, Mapping

from luna.resilience.backoff import bound_seconds
from luna.resilience.recovery_plan import Plan
from luna.resilience.recovery_policy import Strategy
from luna.resilience.recovery_steps import Act, Approve, End, Next, NotExpectedError, RecoveryState, Step, Verify


class RecoveryMachine:
    """One recovery. ``next`` is what has to be done now; each input returns the new one."""

    def __init__(self, plan: Plan, *, chance: Callable[[], float] = random.random) -> None:
        self.plan = plan
        self.state = RecoveryState.PLANNED
        self.steps: list[Step] = []
        self._chance = chance
        self._strategy = 0
        self._attempt = 1
        self._approved: set[Strategy] = set()
        self._cancelled = ""
        self._evidence: dict[str, str] = {}
        self.next = self._prepare()

    @classmethod
    def resumed(cls, plan: Plan, steps: Iterable[Step], *, approved: Collection[Strategy] = ()) -> "RecoveryMachine":
        """Return the machine as it was when the last of *steps* was recorded.

        Raises:
            NotExpectedError: the steps are not of this plan.

        """
        machine = cls(plan)
        for strategy in approved:
            machine._allow(strategy)
        for step in steps:
            machine._take(step)
        return machine

    def begin(self) -> Next:
        """Note that the action has begun."""
        self._expect(RecoveryState.PLANNED, "begun")
        self.state = RecoveryState.ACTING
        return self.next

    def acted(self, evidence: Mapping[str, str], *, ok: bool, failure: str = "") -> Next:
        """Note that the action is over."""
        self._expect(RecoveryState.ACTING, "acted upon")
        self._evidence = dict(evidence)
        if not ok:
            return self._settle(verified=False, failure=failure or "the action failed")
        self.state = RecoveryState.VERIFYING
        rule = self.plan.rule
        self.next = Verify(
            verification=self.plan.verification,
            within_seconds=rule.verify_seconds,
            observe_seconds=rule.observe_seconds,
        )
        return self.next

    def verified(self, evidence: Mapping[str, str], *, ok: bool, failure: str = "") -> Next:
        """Note what the probe found."""
        self._expect(RecoveryState.VERIFYING, "verified")
        self._evidence.update(evidence)
        return self._settle(verified=ok, failure="" if ok else failure or "the probe did not pass")

    def timed_out(self) -> Next:
        """Note that the action, the probe or the leave did not come in time."""
        if self.state is RecoveryState.WAITING_FOR_APPROVAL:
            return self._end(RecoveryState.ESCALATED, f"nobody approved {self._now_tried().name}")
        if self.state not in {RecoveryState.ACTING, RecoveryState.VERIFYING}:
            raise NotExpectedError(self.state, "timed out")
        what = "the action" if self.state is RecoveryState.ACTING else "the probe"
        return self._settle(verified=False, failure=f"{what} took too long")

    def approved(self) -> Next:
        """Note that somebody approved the next step."""
        self._expect(RecoveryState.WAITING_FOR_APPROVAL, "approved")
        self._allow(self._now_tried())
        return self.next

    def cancel(self, reason: str) -> Next:
        """Stop, after the step under way. If that helps, it has succeeded all the same."""
        if self.state.ended:
            raise NotExpectedError(self.state, "cancelled")
        if self.state in {RecoveryState.ACTING, RecoveryState.VERIFYING}:
            self._cancelled = reason
            return self.next
        return self._end(RecoveryState.CANCELLED, reason)

    def _expect(self, state: RecoveryState, what: str) -> None:
        if self.state is not state:
            raise NotExpectedError(self.state, what)

    def _now_tried(self) -> Strategy:
        return self.plan.strategies[self._strategy]

    def _allow(self, strategy: Strategy) -> None:
        self._approved.add(strategy)
        if self.state is RecoveryState.WAITING_FOR_APPROVAL:
            self._prepare()

    def _take(self, step: Step) -> None:
        """Take a step from the record."""
        expected = (RecoveryState.PLANNED, len(self.steps) + 1, self._attempt)
        if expected != (self.state, step.step, step.attempt) or step.strategy is not self._now_tried():
            raise NotExpectedError(self.state, f"resumed with step {step.step}, {step.strategy.name}")
        self._record(step)

    def _settle(self, *, verified: bool, failure: str) -> Next:
        return self._record(
            Step(
                step=len(self.steps) + 1,
                strategy=self._now_tried(),
                attempt=self._attempt,
                verified=verified,
                failure=failure,
                evidence=self._evidence,
            )
        )

    def _record(self, step: Step) -> Next:
        self.steps.append(step)
        self._evidence = {}
        if step.verified:
            return self._end(RecoveryState.SUCCEEDED, f"{step.strategy.name} helped")
        if self._cancelled:
            return self._end(RecoveryState.CANCELLED, self._cancelled)
        self._attempt += 1
        if self._attempt > self.plan.rule.attempts_max:
            self._strategy, self._attempt = self._strategy + 1, 1
        return self._prepare()

    def _prepare(self) -> Next:
        """Find the next step, or the end."""
        failure = self.steps[-1].failure if self.steps else "the failure is fatal"
        if self._strategy >= len(self.plan.strategies):
            return self._end(RecoveryState.FAILED, f"nothing helped; at last {failure}")
        strategy = self._now_tried()
        if strategy is Strategy.MANUAL_INTERVENTION:
            return self._end(RecoveryState.ESCALATED, failure)
        if strategy in self.plan.rule.approvals and strategy not in self._approved:
            self.state = RecoveryState.WAITING_FOR_APPROVAL
            self.next = Approve(strategy=strategy)
            return self.next
        self.state = RecoveryState.PLANNED
        self.next = Act(
            step=len(self.steps) + 1, strategy=strategy, attempt=self._attempt, wait_seconds=self._wait_seconds()
        )
        return self.next

    def _wait_seconds(self) -> float:
        """Return the wait before the next attempt: none before the first, unless to wait is the strategy."""
        strategy, rule = self._now_tried(), self.plan.rule
        if strategy is Strategy.IMMEDIATE_RETRY:
            return 0.0
        attempt = self._attempt if strategy is Strategy.EXPONENTIAL_BACKOFF else self._attempt - 1
        return bound_seconds(attempt, rule.wait_seconds, rule.wait_max_seconds) * self._chance() if attempt else 0.0

    def _end(self, state: RecoveryState, reason: str) -> Next:
        self.state = state
        self.next = End(state=state, reason=reason)
        return self.next
