"""The port to whatever decides which calls are made: what every breaker does."""

from typing import Protocol

from luna.resilience.circuit import CallWindow, CircuitKey, CircuitPolicy, CircuitState


class BreakerEngine(Protocol):
    """Decides which calls are made. It never awaits; `now` is of the monotonic clock."""

    key: CircuitKey
    state: CircuitState
    policy: CircuitPolicy
    since: float
    """When the state was entered; 0 for the first."""
    refused: int
    """The calls refused so far."""
    transitions: int
    """The changes of state so far."""

    def enter(self, now: float) -> int:
        """Let a call through, and return the token to settle it with, once.

        Raises:
            CircuitOpenError: no call is made now.

        """
        ...

    def succeed(self, token: int, now: float, seconds: float) -> None:
        """Settle a call that took *seconds* and was answered."""
        ...

    def fail(self, token: int, now: float, seconds: float) -> None:
        """Settle a call that took *seconds* and failed."""
        ...

    def abandon(self, token: int) -> None:
        """Settle a call of which nobody knows how it would have ended."""
        ...

    def answered(self, token: int, now: float) -> None:
        """Note the first response of a stream: enough to show that a probe succeeds, before the stream ends."""
        ...

    def force(self, state: CircuitState, now: float, *, seconds: float | None = None, cause: str = "") -> None:
        """Go to *state*, OPEN for *seconds*; CLOSED forgets what was counted, HALF_OPEN is `try_again`."""
        ...

    def try_again(self, now: float, cause: str) -> None:
        """Go from OPEN to HALF_OPEN without waiting any longer."""
        ...

    def tick(self, now: float) -> None:
        """Go from OPEN to HALF_OPEN if it is time, also if nobody calls."""
        ...

    def configure(self, policy: CircuitPolicy) -> None:
        """Follow *policy* from now on. What was counted is kept if the window is as long as before."""
        ...

    def window(self, now: float) -> CallWindow:
        """Return what is counted."""
        ...

    def retry_after(self, now: float) -> float | None:
        """Return the seconds until a call is let through; ``None`` if one is, or if a human has to say so."""
        ...
