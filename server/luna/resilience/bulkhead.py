"""Bounds how many calls to one peer are under way, so that a slow peer cannot hold all of a process.

It is a limiter whose limit does not move, and that lets CRITICAL calls wait
too: ahead of all others, and with a share that nobody else may use.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from luna.kernel.errors import DomainError
from luna.resilience.gradient import GradientPolicy
from luna.resilience.limiter import Limiter, LimiterPolicy
from luna.resilience.limiter_gate import LimiterGate
from luna.resilience.violations import below, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkheadPolicy:
    """How many calls at once, and how many may wait for that."""

    calls_max: int = 256
    queue_max: int = 64
    wait_seconds: float = 1.0
    retry_seconds: float = 0.5
    """What those are told to wait for whom there is no room."""

    def __post_init__(self) -> None:
        refuse(below({"calls_max": self.calls_max}, 1))
        self.limiter()

    def limiter(self) -> LimiterPolicy:
        """Return the same, as the limiter puts it."""
        calls = self.calls_max
        return LimiterPolicy(
            gradient=GradientPolicy(limit_initial=calls, limit_min=calls, limit_max=calls),
            queue_max=self.queue_max,
            queue_seconds=self.wait_seconds,
            retry_seconds=self.retry_seconds,
            critical_waits=True,
        )


class BulkheadFullError(DomainError):
    """Too many calls to a peer are under way."""

    domain = "request.arkalia.dev"
    reason = "REQUEST_ERROR_REASON_BULKHEAD"

    def __init__(self, peer: str, limit: int, retry_after_seconds: float) -> None:
        super().__init__(
            f"{limit} calls to {peer} may be under way, and there is no room for another; "
            f"try again in {retry_after_seconds:g} s",
            peer=peer,
            limit=limit,
        )
        self.retry_after_seconds = retry_after_seconds


class Bulkhead:
    """The calls to one peer."""

    def __init__(self, peer: str, policy: BulkheadPolicy) -> None:
        self.limiter = Limiter(policy.limiter())
        """Has the figures."""
        self._gate = LimiterGate(
            self.limiter, lambda limiter: BulkheadFullError(peer, limiter.limit, policy.retry_seconds)
        )

    def enter(self, priority: int) -> Coroutine[Any, Any, None] | None:
        """Return ``None`` if the call may be made, or what has to be awaited first.

        Raises:
            BulkheadFullError: there is no room. The waiting may raise it as well.

        """
        return self._gate.enter(priority)

    def leave(self) -> None:
        """End a call that entered."""
        self._gate.leave()
