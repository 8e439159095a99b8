"""Stops calling what keeps failing, and finds out when it works again.

::

             ratio of failures or slow calls, failures in a row
     CLOSED ────────────────────────────────────────────────▶ OPEN ◀─┐
       ▲                                                       │     │ a probe fails
       │ probe_successes probes succeed         its time passes│     │ or is slow
       │                                                       ▼     │
       └──────────────────────────────────────────────── HALF_OPEN ──┘

     any ── force ──▶ FORCED_OPEN, DISABLED, OPEN, CLOSED

Rule 1: a call is settled once, with the token that it entered with. A token
of an earlier state counts for nothing, however late the answer comes.
Rule 2: OPEN lasts ``open_seconds``, twice as long each time that a probe did
not succeed, up to ``open_seconds_max``; a part of it is left to chance, so
that breakers that opened together do not try together.
Rule 3: HALF_OPEN lets ``probes_max`` calls through at a time. One that never
ends holds its slot for a bounded time only. Who gives up has no verdict.
Rule 4: FORCED_OPEN and DISABLED last until somebody forces another state.
Rule 5: nothing waits, and nothing reads the clock: *now* is an argument.
"""

import random
from collections.abc import Callable
from math import inf
from typing import Final

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
from luna.resilience.engine import BreakerEngine
from luna.resilience.probes import Probes
from luna.resilience.windows import CountWindow, TimeWindow, counted, window_of

__all__ = ["Breaker", "BreakerEngine"]

PROBE_RETRY_SECONDS: Final = 1.0
"""What a caller is told to wait who comes while others probe."""


class Breaker:
    """The engine that is used everywhere: all rules of the policy."""

    __slots__ = (
        *("_chance", "_generation", "_name", "_on_transition", "_open_until", "_passing", "_probes", "_reopened"),
        *("_row", "_serial", "_slow_seconds", "_window", "key", "policy", "refused", "since", "state", "transitions"),
    )

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
        self._name = key.name
        self._on_transition = on_transition
        self._chance = chance
        self._passing = True
        self._serial = self._generation = 0
        self._open_until = 0.0
        self._reopened = 0
        self._probes = Probes()
        self._window: TimeWindow | CountWindow
        self._follow(policy)

    def enter(self, now: float) -> int:
        """Let a call through, and return the token to settle it with."""
        if self._passing:
            return self._generation
        self.tick(now)
        if self.state is CircuitState.HALF_OPEN and self._probes.begin(self._serial + 1, now, self.policy.probes_max):
            self._serial += 1
            return self._serial
        self.refused += 1
        raise CircuitOpenError(self._name, self._hint(now))

    def succeed(self, token: int, now: float, seconds: float) -> None:
        """Settle a call that was answered."""
        slow = seconds >= self._slow_seconds
        if token != self._generation:
            self._settle_probe(token, now, failed=False, slow=slow)
            return
        window = self._window
        window.add(now, False, slow)  # noqa: FBT003  once a call
        self._row = 0
        if window.failures or window.slow:
            self._judge(now)

    def fail(self, token: int, now: float, seconds: float) -> None:
        """Settle a call that failed."""
        slow = seconds >= self._slow_seconds
        if token != self._generation:
            self._settle_probe(token, now, failed=True, slow=slow)
            return
        self._window.add(now, True, slow)  # noqa: FBT003  once a call
        self._row += 1
        self._judge(now)

    def abandon(self, token: int) -> None:
        """Settle a call that has no verdict."""
        self._probes.end(token)

    def answered(self, token: int, now: float) -> None:
        """Count a probe whose stream has begun as a success."""
        self._settle_probe(token, now, failed=False, slow=False)

    def force(self, state: CircuitState, now: float, *, seconds: float | None = None, cause: str = "") -> None:
        """Go to *state*."""
        if state is CircuitState.HALF_OPEN:
            self.try_again(now, cause)
        elif state is CircuitState.OPEN:
            self._open(now, cause, self._open_seconds() if seconds is None else seconds)
        else:
            self._go(state, now, cause)

    def try_again(self, now: float, cause: str) -> None:
        """Go from OPEN to HALF_OPEN."""
        if self.state is CircuitState.OPEN:
            self._go(CircuitState.HALF_OPEN, now, cause)

    def tick(self, now: float) -> None:
        """Go from OPEN to HALF_OPEN if it is time."""
        if self.state is CircuitState.OPEN and now >= self._open_until:
            self._go(CircuitState.HALF_OPEN, now, "it was open long enough")

    def configure(self, policy: CircuitPolicy) -> None:
        """Follow *policy* from now on."""
        kept = self._window, self._row
        same = (policy.window_seconds, policy.window_calls) == (self.policy.window_seconds, self.policy.window_calls)
        self._follow(policy)
        if same:
            self._window, self._row = kept

    def window(self, now: float) -> CallWindow:
        """Return what is counted."""
        self._window.expire(now)
        return counted(self._window, self.policy, consecutive_failures=self._row)

    def retry_after(self, now: float) -> float | None:
        """Return the seconds until a call is let through."""
        return max(0.0, self._open_until - now) if self.state is CircuitState.OPEN else None

    def _follow(self, policy: CircuitPolicy) -> None:
        self.policy = policy
        self._slow_seconds = inf if policy.slow_call_seconds is None else policy.slow_call_seconds
        self._window = window_of(policy)
        self._row = 0

    def _judge(self, now: float) -> None:
        """Open if that is what the window says."""
        window = self._window
        if self.state is CircuitState.CLOSED and opens(
            self.policy, window.calls, window.failures, window.slow, self._row
        ):
            self._open(now, cause_to_open(self.policy, self.window(now)), self._open_seconds())

    def _settle_probe(self, token: int, now: float, *, failed: bool, slow: bool) -> None:
        if not self._probes.end(token):
            return
        self._window.add(now, failed, slow)
        self._row = self._row + 1 if failed else 0
        if failed or slow:
            self._reopened += 1
            self._open(now, "a probe failed" if failed else "a probe was slow", self._open_seconds())
            return
        self._probes.succeeded += 1
        if self._probes.succeeded >= self.policy.probe_successes:
            self._go(CircuitState.CLOSED, now, f"{self._probes.succeeded} probes succeeded")

    def _open(self, now: float, cause: str, seconds: float) -> None:
        self._open_until = now + seconds
        self._go(CircuitState.OPEN, now, cause, seconds)

    def _open_seconds(self) -> float:
        return open_seconds(self.policy, self._reopened, self._chance())

    def _go(self, state: CircuitState, now: float, cause: str, seconds: float | None = None) -> None:
        """Make the transition; it is the only place that does."""
        before, window = self.state, self.window(now)
        self.state = state
        self._serial += 1
        self._generation = self._serial
        self._passing = state in {CircuitState.CLOSED, CircuitState.DISABLED}
        self._probes = Probes()
        if state in {CircuitState.CLOSED, CircuitState.HALF_OPEN, CircuitState.DISABLED}:
            self._window.clear()
            self._row = 0
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
        return self.policy.open_seconds if self.state is CircuitState.FORCED_OPEN else self._open_until - now
