"""A breaker agrees with a simpler model that keeps the list of all calls, whatever happens in whatever order."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from luna.adapters.aiobreaker_engine import AiobreakerEngine
from luna.resilience.breaker import Breaker, BreakerEngine
from luna.resilience.circuit import CallWindow, CircuitOpenError, CircuitPolicy, CircuitState, Transition
from luna.resilience.probes import SLOT_SECONDS
from luna.resilience.windows import BUCKETS
from tests.contract.breaker import KEY

CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN

policies = st.builds(
    CircuitPolicy,
    calls_min=st.integers(2, 4),
    window_calls=st.sampled_from([None, 4, 6]),
    window_seconds=st.sampled_from([5.0, 30.0]),
    failure_ratio=st.sampled_from([0.3, 0.5, 1.0]),
    slow_ratio=st.sampled_from([0.5, 1.0]),
    slow_call_seconds=st.sampled_from([None, 1.0]),
    consecutive_failures=st.integers(2, 5),
    open_seconds=st.just(8.0),
    open_seconds_max=st.sampled_from([8.0, 30.0]),
    open_jitter=st.just(0.0),
    probes_max=st.integers(1, 3),
    probe_successes=st.integers(1, 3),
)


@dataclass
class Model:
    """The rules, written down as they read: every question goes through the whole list."""

    policy: CircuitPolicy
    state: CircuitState = CLOSED
    period: int = 0
    """How many states there were."""
    calls: list[tuple[float, bool, bool]] = field(default_factory=list)
    probes: dict[int, float] = field(default_factory=dict)
    proofs: int = 0
    opened: list[float] = field(default_factory=list)
    """How long it was to stay open, each time since it was last closed by probes or by force."""
    open_until: float = 0.0

    def counted(self, now: float) -> list[tuple[float, bool, bool]]:
        policy = self.policy
        if policy.window_calls is not None:
            return [call for call in self.calls[-policy.window_calls :] if call[0] > now - policy.window_seconds]
        size = policy.window_seconds / BUCKETS
        return [call for call in self.calls if int(call[0] / size) > int(now / size) - BUCKETS]

    def window(self, now: float) -> CallWindow:
        calls = self.counted(now)
        row = 0
        for _, failed, _ in self.calls:
            row = row + 1 if failed else 0
        return CallWindow(
            calls=len(calls),
            failures=sum(failed for _, failed, _ in calls),
            slow=sum(slow for _, _, slow in calls),
            consecutive_failures=row,
            seconds=self.policy.window_seconds,
        )

    def go(self, state: CircuitState) -> None:
        self.state = state
        self.period += 1
        self.probes, self.proofs = {}, 0
        if state not in {OPEN, CircuitState.FORCED_OPEN}:
            self.calls = []

    def opens(self, now: float) -> None:
        self.opened.append(min(8.0 * 2 ** len(self.opened), self.policy.open_seconds_max))
        self.open_until = now + self.opened[-1]
        self.go(OPEN)

    def time_passes(self, now: float) -> None:
        if self.state is OPEN and now >= self.open_until:
            self.go(HALF_OPEN)

    def lets_in(self, now: float) -> bool:
        self.time_passes(now)
        if self.state is HALF_OPEN:
            return sum(until > now for until in self.probes.values()) < self.policy.probes_max
        return self.state in {CLOSED, CircuitState.DISABLED}

    def ends(self, period: int, token: int, now: float, *, failed: bool, slow: bool) -> None:
        if period != self.period or (self.state is HALF_OPEN and self.probes.pop(token, None) is None):
            return
        self.calls.append((now, failed, slow))
        if self.state is HALF_OPEN:
            self.probe_ends(now, well=not failed and not slow)
        elif self.state is CLOSED and self.should_open(now):
            self.opened = []
            self.opens(now)

    def probe_ends(self, now: float, *, well: bool) -> None:
        self.proofs += well
        if not well:
            self.opens(now)
        elif self.proofs == self.policy.probe_successes:
            self.opened = []
            self.go(CLOSED)

    def should_open(self, now: float) -> bool:
        window, policy = self.window(now), self.policy
        row = window.consecutive_failures >= policy.consecutive_failures
        ratio = window.calls >= policy.calls_min and (
            window.failures / window.calls >= policy.failure_ratio or window.slow / window.calls >= policy.slow_ratio
        )
        return row or ratio


class BreakerMachine(RuleBasedStateMachine):
    engine: type[Breaker | AiobreakerEngine]

    @initialize(policy=policies)
    def it_is_made(self, policy: CircuitPolicy) -> None:
        self.transitions: list[Transition] = []
        self.breaker: BreakerEngine = self.engine(KEY, policy, on_transition=self.transitions.append)
        self.model = Model(policy)
        self.now = 1000.0
        self.under_way: list[tuple[int, int]] = []

    @rule(elapsed=st.floats(0, 1) | st.floats(0, 20))
    def time_passes(self, elapsed: float) -> None:
        self.now += elapsed

    @rule(elapsed=st.floats(0, 20))
    def somebody_looks(self, elapsed: float) -> None:
        self.now += elapsed
        self.breaker.tick(self.now)
        self.model.time_passes(self.now)

    @rule()
    def a_call_comes(self) -> None:
        if not self.model.lets_in(self.now):
            with pytest.raises(CircuitOpenError) as caught:
                self.breaker.enter(self.now)
            assert caught.value.retry_after_seconds > 0
            return
        token = self.breaker.enter(self.now)
        if self.model.state is HALF_OPEN:
            self.model.probes[token] = self.now + SLOT_SECONDS
        self.under_way.append((token, self.model.period))

    @precondition(lambda self: self.under_way)
    @rule(choice=st.data(), failed=st.booleans(), seconds=st.sampled_from([0.1, 1.0]))
    def a_call_ends(self, choice: st.DataObject, *, failed: bool, seconds: float) -> None:
        token, period = self.under_way.pop(choice.draw(st.integers(0, len(self.under_way) - 1)))
        (self.breaker.fail if failed else self.breaker.succeed)(token, self.now, seconds)
        slow = self.model.policy.slow_call_seconds is not None and seconds >= self.model.policy.slow_call_seconds
        self.model.ends(period, token, self.now, failed=failed, slow=slow)

    @rule(outcomes=st.lists(st.booleans(), min_size=1, max_size=8))
    def many_calls_come_and_end(self, outcomes: list[bool]) -> None:
        for failed in outcomes:
            before = len(self.under_way)
            self.a_call_comes()
            if len(self.under_way) > before:
                token, period = self.under_way.pop()
                (self.breaker.fail if failed else self.breaker.succeed)(token, self.now, 0.1)
                self.model.ends(period, token, self.now, failed=failed, slow=False)

    @precondition(lambda self: self.under_way)
    @rule(choice=st.data())
    def a_call_is_given_up(self, choice: st.DataObject) -> None:
        token, period = self.under_way.pop(choice.draw(st.integers(0, len(self.under_way) - 1)))
        self.breaker.abandon(token)
        if period == self.model.period:
            self.model.probes.pop(token, None)

    @precondition(lambda self: self.under_way)
    @rule(choice=st.data())
    def a_stream_begins(self, choice: st.DataObject) -> None:
        token, period = choice.draw(st.sampled_from(self.under_way))
        self.breaker.answered(token, self.now)
        if token in self.model.probes:
            self.model.ends(period, token, self.now, failed=False, slow=False)

    @rule(state=st.sampled_from(CircuitState), seconds=st.none() | st.floats(1, 20), really=st.integers(0, 3))
    def somebody_forces_it(self, state: CircuitState, seconds: float | None, really: int) -> None:
        if really:
            return
        self.breaker.force(state, self.now, seconds=seconds, cause="forced")
        if state is OPEN:
            again = len(self.model.opened) - 1 if self.model.opened else 0
            usual = min(8.0 * 2 ** max(0, again), self.model.policy.open_seconds_max)
            self.model.open_until = self.now + (usual if seconds is None else seconds)
            self.model.opened = self.model.opened or [usual]
            self.model.go(OPEN)
        elif state is not HALF_OPEN:
            self.model.opened = [] if state is CLOSED else self.model.opened
            self.model.go(state)
        elif self.model.state is OPEN:
            self.model.go(HALF_OPEN)

    @invariant()
    def both_say_the_same(self) -> None:
        assert self.breaker.state is self.model.state
        assert self.breaker.window(self.now) == self.model.window(self.now)

    @invariant()
    def the_transitions_tell_the_whole_story(self) -> None:
        states = [CLOSED, *(change.after for change in self.transitions)]
        assert [change.before for change in self.transitions] == states[:-1]
        assert states[-1] is self.breaker.state
        assert self.breaker.transitions == len(self.transitions)
        assert all(change.cause for change in self.transitions)

    @invariant()
    def it_says_how_long_to_wait(self) -> None:
        wait = self.breaker.retry_after(self.now)
        assert wait == (max(0.0, self.model.open_until - self.now) if self.model.state is OPEN else None)


class NativeMachine(BreakerMachine):
    engine = Breaker


class AiobreakerMachine(BreakerMachine):
    engine = AiobreakerEngine


TestNative = NativeMachine.TestCase
TestNative.settings = settings(stateful_step_count=80, max_examples=150)
TestAiobreaker = AiobreakerMachine.TestCase
TestAiobreaker.settings = settings(stateful_step_count=80, max_examples=60)
