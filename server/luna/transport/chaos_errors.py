"""Why a fault is not begun, one class per ``ChaosErrorReason`` value."""

from collections.abc import Sequence

from luna.kernel.errors import DomainError


class ChaosError(DomainError):
    """Base of what is refused about faults."""

    domain = "chaos.arkalia.dev"


class FaultTargetUnknownError(ChaosError):
    """The process has nothing of that kind to go wrong."""

    reason = "CHAOS_ERROR_REASON_TARGET_UNKNOWN"

    def __init__(self, kind: str, target: str, known: Sequence[str]) -> None:
        there = ", ".join(known) or "nothing of that kind"
        super().__init__(
            f"{kind} of {target or 'anything'} is not possible here; this process has {there}",
            kind=kind,
            target=target,
            known=",".join(known),
        )


class TooManyFaultsError(ChaosError):
    """Too many faults are under way."""

    reason = "CHAOS_ERROR_REASON_TOO_MANY"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} faults are under way; wait for one to end, or clear it", limit=limit)


class FaultIncompleteError(ChaosError):
    """The fault says too little for its kind."""

    reason = "CHAOS_ERROR_REASON_INCOMPLETE"

    def __init__(self, kind: str, field: str) -> None:
        super().__init__(f"{kind} needs {field}; set it", kind=kind, field=field)
