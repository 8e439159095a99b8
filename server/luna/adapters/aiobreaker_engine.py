"""A breaker that aiobreaker runs, with what that package lacks put around it.

aiobreaker keeps the state and counts failures in a row. It reads the wall
clock, lets everybody in who comes while it is half open, closes at the first
success and takes late answers for news. So this engine gives it a memory that
follows the monotonic clock, and adds the window, the slots of the probes, the
tokens, the time that grows, and the states that somebody forces.
"""

import random
from collections.abc import Callable
from datetime import datetime
from math import inf
from typing import Final

from aiobreaker import CircuitBreaker, CircuitBreakerError, CircuitBreakerState
from aiobreaker.storage.base import CircuitBreakerStorage

from luna.resilience.breaker import PROBE_RETRY_SECONDS
from luna.resilience.circuit import (
    CallWindow,
    CircuitKey,
    CircuitOpenError,
    CircuitPolicy,
    CircuitState,
    Transition,
    cause_to_open,
    open_seconds,
    opens,
)
from luna.resilience.probes import Probes
from luna.resilience.windows import CountWindow, TimeWindow, counted, window_of

_AHEAD: Final = datetime(9000, 1, 1)  # noqa: DTZ001  as aiobreaker compares it
_FAILED: Final = Exception("a call failed")


class MonotonicMemory(CircuitBreakerStorage):  # type: ignore[misc]
    """What aiobreaker remembers, on a clock that never goes back."""

    state = CircuitBreakerState.CLOSED
    counter = 0

    def __init__(self) -> None:
        super().__init__("monotonic")
        self.now = 0.0
        self.open_until = inf

    def increment_counter(self) -> None:
        """Count a failure in a row."""
        self.counter += 1

    def reset_counter(self) -> None:
        """Count from the start."""
        self.counter = 0

    @property
    def opened_at(self) -> datetime | None:
        """A time that aiobreaker takes for not long ago, or none once it is time to try."""
        return None if self.now >= self.open_until else _AHEAD

    @opened_at.setter
    def opened_at(self, wall: datetime) -> None:
        """Leave the wall clock aside: until when is for the engine to say."""
        del wall
        self.open_until = inf


class AiobreakerEngine:
    """The same promises as `luna.resilience.breaker.Breaker`, kept with aiobreaker."""

    def __init__(
        self,
        key: CircuitKey,
        policy: CircuitPolicy,
        *,
        on_transition: Callable[[Transition], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.key = key
        self.state = CircuitState.CLOSED
        self.since = 0.0
        self.refused = 0
        self.transitions = 0
        self._on_transition = on_transition
        self._chance = chance
        self._memory = MonotonicMemory()
        self._breaker = CircuitBreaker(state_storage=self._memory)
        self._serial = self._generation = 0
        self._reopened = 0
        self._probes = Probes()
        self._window: TimeWindow | CountWindow
        self._follow(policy)

    def enter(self, now: float) -> int:
        """Let a call through, and return the token to settle it with."""
        if self.state is CircuitState.CLOSED or self.state is CircuitState.DISABLED:
            return self._generation
        self.tick(now)
        if self.state is CircuitState.HALF_OPEN and self._probes.begin(self._serial + 1, now, self.policy.probes_max):
            self._serial += 1
            return self._serial
        self.refused += 1
        raise CircuitOpenError(self.key.name, self._hint(now))

    def succeed(self, token: int, now: float, seconds: float) -> None:
        """Settle a call that was answered."""
        self._settle(token, now, failed=False, slow=seconds >= self._slow_seconds)

    def fail(self, token: int, now: float, seconds: float) -> None:
        """Settle a call that failed."""
        self._settle(token, now, failed=True, slow=seconds >= self._slow_seconds)

    def abandon(self, token: int) -> None:
        """Settle a call that has no verdict."""
        self._probes.end(token)

    def answered(self, token: int, now: float) -> None:
        """Count a probe whose stream has begun as a success."""
        if token != self._generation:
            self._settle(token, now, failed=False, slow=False)

    def force(self, state: CircuitState, now: float, *, seconds: float | None = None, cause: str = "") -> None:
        """Go to *state*."""
        if state is CircuitState.HALF_OPEN:
            self.try_again(now, cause)
        elif state in {CircuitState.OPEN, CircuitState.FORCED_OPEN}:
            self._breaker.open()
            self._entered(state, now, cause, seconds)
        else:
            self._breaker.close()
            self._entered(state, now, cause)

    def try_again(self, now: float, cause: str) -> None:
        """Go from OPEN to HALF_OPEN."""
        if self.state is CircuitState.OPEN:
            self._breaker.half_open()
            self._entered(CircuitState.HALF_OPEN, now, cause)

    def tick(self, now: float) -> None:
        """Go from OPEN to HALF_OPEN if aiobreaker says that it is time."""
        if self.state is not CircuitState.OPEN:
            return
        self._memory.now = now
        try:
            self._breaker.state.before_call(None)
        except CircuitBreakerError:
            return
        self.try_again(now, "it was open long enough")

    def configure(self, policy: CircuitPolicy) -> None:
        """Follow *policy* from now on."""
        kept = self._window, self._memory.counter
        same = (policy.window_seconds, policy.window_calls) == (self.policy.window_seconds, self.policy.window_calls)
        self._follow(policy)
        if same:
            self._window, self._memory.counter = kept

    def window(self, now: float) -> CallWindow:
        """Return what is counted."""
        self._window.expire(now)
        return counted(self._window, self.policy, consecutive_failures=self._memory.counter)

    def retry_after(self, now: float) -> float | None:
        """Return the seconds until a call is let through."""
        return max(0.0, self._memory.open_until - now) if self.state is CircuitState.OPEN else None

    def _follow(self, policy: CircuitPolicy) -> None:
        self.policy = policy
        self._breaker.fail_max = policy.consecutive_failures
        self._slow_seconds = inf if policy.slow_call_seconds is None else policy.slow_call_seconds
        self._window = window_of(policy)
        self._memory.reset_counter()

    def _settle(self, token: int, now: float, *, failed: bool, slow: bool) -> None:
        probe = token != self._generation
        if probe and not self._probes.end(token):
            return
        self._window.add(now, failed, slow)
        if failed:
            self._memory.increment_counter()
        else:
            self._memory.reset_counter()
        if probe:
            self._judge_probe(now, failed=failed, slow=slow)
        elif self.state is CircuitState.CLOSED:
            self._judge(now, failed=failed)

    def _judge(self, now: float, *, failed: bool) -> None:
        """Open if aiobreaker finds too many failures in a row, or the window too many of all calls."""
        window = self._window
        if failed and self._fails():
            self._entered(CircuitState.OPEN, now, cause_to_open(self.policy, self.window(now)))
        elif (window.failures or window.slow) and opens(self.policy, window.calls, window.failures, window.slow, 0):
            self._breaker.open()
            self._entered(CircuitState.OPEN, now, cause_to_open(self.policy, self.window(now)))

    def _judge_probe(self, now: float, *, failed: bool, slow: bool) -> None:
        if failed or slow:
            self._reopened += 1
            self._fails()
            self._entered(CircuitState.OPEN, now, "a probe failed" if failed else "a probe was slow")
            return
        self._probes.succeeded += 1
        if self._probes.succeeded >= self.policy.probe_successes:
            # Not sooner: aiobreaker closes at the first that it hears of.
            self._breaker.state.on_success()
            self._entered(CircuitState.CLOSED, now, f"{self._probes.succeeded} probes succeeded")

    def _fails(self) -> bool:
        """Tell aiobreaker of a failure; return whether it opened."""
        try:
            self._breaker.state.on_failure(_FAILED)
        except CircuitBreakerError:
            return True
        return False

    def _entered(self, state: CircuitState, now: float, cause: str, seconds: float | None = None) -> None:
        """Take note of the state that aiobreaker has entered, or that stands for it."""
        before, window = self.state, self.window(now)
        if state is CircuitState.OPEN:
            seconds = open_seconds(self.policy, self._reopened, self._chance()) if seconds is None else seconds
            self._memory.open_until = now + seconds
        self.state = state
        self._serial += 1
        self._generation = self._serial
        self._probes = Probes()
        if state in {CircuitState.CLOSED, CircuitState.HALF_OPEN, CircuitState.DISABLED}:
            self._window.clear()
            self._memory.reset_counter()
        if state is CircuitState.CLOSED:
            self._reopened = 0
        if before is state and state is not CircuitState.OPEN:
            return
        self.since = now
        self.transitions += 1
        self._on_transition(
            Transition(before=before, after=state, cause=cause, window=window, open_seconds=seconds, time=now)
        )

    def _hint(self, now: float) -> float:
        if self.state is CircuitState.HALF_OPEN:
            return PROBE_RETRY_SECONDS
        return self.policy.open_seconds if self.state is CircuitState.FORCED_OPEN else self._memory.open_until - now
