"""Bounds how many calls to one peer are under way, so that a slow peer cannot hold all of a process."""

from dataclasses import dataclass

from luna.kernel.errors import DomainError
from luna.resilience.violations import below, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkheadPolicy:
    """How many calls at once."""

    calls_max: int = 256
    queue_max: int = 64
    """How many may wait for a place, at most."""
    wait_seconds: float = 1.0
    """How long one may."""

    def __post_init__(self) -> None:
        refuse(
            below({"calls_max": self.calls_max}, 1)
            | below({"queue_max": self.queue_max, "wait_seconds": self.wait_seconds}, 0)
        )


class BulkheadFullError(DomainError):
    """Too many calls to a peer are under way."""

    domain = "request.arkalia.dev"
    reason = "REQUEST_ERROR_REASON_BULKHEAD"

    def __init__(self, peer: str, limit: int, retry_after_seconds: float) -> None:
        super().__init__(
            f"{limit} calls to {peer} are under way, and no more are begun; try again in {retry_after_seconds:g} s",
            peer=peer,
            limit=limit,
        )
        self.retry_after_seconds = retry_after_seconds
