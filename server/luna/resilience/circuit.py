"""The words of circuit breakers: their states and keys, when they open, and what they tell."""

from dataclasses import dataclass
from enum import Enum

from luna.kernel.errors import DomainError
from luna.resilience.violations import below, not_positive, not_shares, refuse


class CircuitState(Enum):
    """Whether a breaker lets calls through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"


class Side(Enum):
    """Which end of a call a breaker is at."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitKey:
    """Where a breaker is, and what it is for."""

    process: str
    """The process that it is in, such as ``kernel-0``."""
    side: Side
    peer: str
    """The process that is called; the own one at the server's side."""
    method: str
    """The full name: ``arkalia.events.v1.EventService/Append``."""
    priority: int

    @property
    def name(self) -> str:
        """Such as ``kernel-0/client/log/arkalia.events.v1.EventService/Append``."""
        return f"{self.process}/{self.side.value}/{self.peer}/{self.method}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitPolicy:
    """When a breaker opens and closes."""

    calls_min: int = 10
    """With fewer calls in the window, ratios mean nothing."""
    window_seconds: float = 30.0
    window_calls: int | None = None
    """Only that many of the newest calls within ``window_seconds`` count; ``None``: all of them."""
    failure_ratio: float = 0.5
    slow_ratio: float = 0.5
    slow_call_seconds: float | None = None
    """``None``: no call is slow."""
    consecutive_failures: int = 5
    open_seconds: float = 60.0
    """Doubles with each time that a breaker opens again before it has closed."""
    open_seconds_max: float = 600.0
    open_jitter: float = 0.1
    """The share of the time by which it is shortened at random."""
    probes_max: int = 1
    probe_successes: int = 2

    def __post_init__(self) -> None:
        counts = {
            "calls_min": self.calls_min,
            "window_calls": self.window_calls,
            "consecutive_failures": self.consecutive_failures,
            "probes_max": self.probes_max,
            "probe_successes": self.probe_successes,
        }
        seconds = {
            "window_seconds": self.window_seconds,
            "slow_call_seconds": self.slow_call_seconds,
            "open_seconds": self.open_seconds,
        }
        ratios = {"failure_ratio": self.failure_ratio, "slow_ratio": self.slow_ratio}
        refuse(
            below(counts, 1)
            | not_positive(seconds)
            | not_shares(ratios, zero=False)
            | not_shares({"open_jitter": self.open_jitter}, zero=True)
            | below({"open_seconds_max": self.open_seconds_max}, self.open_seconds)
            | below({"window_calls": self.window_calls}, self.calls_min)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWindow:
    """What a breaker has counted."""

    calls: int = 0
    failures: int = 0
    slow: int = 0
    """Successes and failures alike."""
    consecutive_failures: int = 0
    seconds: float = 0.0
    """The time that the counts are of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A breaker changed its state."""

    before: CircuitState
    after: CircuitState
    cause: str
    """In words, such as ``failure ratio 0.62 of 13 calls``."""
    window: CallWindow
    """What it had counted when it changed."""
    open_seconds: float | None = None
    """How long it stays open; ``None`` if it is not, or until somebody resets it."""
    time: float
    """Of the monotonic clock."""


class CircuitOpenError(DomainError):
    """Calls like this one have failed too often, so none is tried for a while."""

    domain = "request.arkalia.dev"
    reason = "REQUEST_ERROR_REASON_CIRCUIT_OPEN"

    def __init__(self, breaker: str, retry_after_seconds: float) -> None:
        super().__init__(
            f"calls like this one have failed too often, so {breaker} lets none through; "
            f"try again in {retry_after_seconds:.1f} s",
            breaker=breaker,
        )
        self.retry_after_seconds = retry_after_seconds


def opens(policy: CircuitPolicy, calls: int, failures: int, slow: int, row: int) -> bool:
    """Tell whether a closed breaker that has counted these opens; *row* are the failures in a row."""
    if row >= policy.consecutive_failures:
        return True
    return calls >= policy.calls_min and (failures >= policy.failure_ratio * calls or slow >= policy.slow_ratio * calls)


def cause_to_open(policy: CircuitPolicy, window: CallWindow) -> str:
    """Return why a closed breaker that has counted *window* opens under *policy*; empty if it does not."""
    if not opens(policy, window.calls, window.failures, window.slow, window.consecutive_failures):
        return ""
    if window.consecutive_failures >= policy.consecutive_failures:
        return f"{window.consecutive_failures} failures in a row"
    if window.failures >= policy.failure_ratio * window.calls:
        return f"failure ratio {window.failures / window.calls:.2f} of {window.calls} calls"
    return f"slow ratio {window.slow / window.calls:.2f} of {window.calls} calls"


def open_seconds(policy: CircuitPolicy, reopened: int, chance: float) -> float:
    """Return how long a breaker stays open that has opened again *reopened* times, given a *chance* from 0 to 1."""
    # The exponent is bounded, or it would overflow some day.
    longest = min(policy.open_seconds * 2.0 ** min(reopened, 32), policy.open_seconds_max)
    return longest * (1 - policy.open_jitter * chance)
