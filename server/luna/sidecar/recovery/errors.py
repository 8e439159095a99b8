"""What ``RecoveryService`` refuses, one class per ``RecoveryErrorReason`` value."""

from collections.abc import Mapping

from luna.kernel.errors import DomainError


class RecoveryError(DomainError):
    """Base of what is refused about recoveries and incidents."""

    domain = "recovery.arkalia.dev"


class RecoveryUnknownError(RecoveryError):
    """There is no such recovery."""

    reason = "RECOVERY_ERROR_REASON_RECOVERY_UNKNOWN"

    def __init__(self, recovery_id: str) -> None:
        super().__init__(
            f"there is no recovery {recovery_id!r}; ListRecoveries lists those there are", recovery_id=recovery_id
        )


class RecoveryFinishedError(RecoveryError):
    """The recovery is over."""

    reason = "RECOVERY_ERROR_REASON_FINISHED"

    def __init__(self, recovery_id: str, state: str) -> None:
        super().__init__(f"recovery {recovery_id!r} is over: it {state}", recovery_id=recovery_id, state=state)


class NotWaitingError(RecoveryError):
    """The recovery does not wait for approval."""

    reason = "RECOVERY_ERROR_REASON_NOT_WAITING"

    def __init__(self, recovery_id: str, state: str) -> None:
        super().__init__(
            f"recovery {recovery_id!r} does not wait for approval: it is {state}", recovery_id=recovery_id, state=state
        )


class IncidentUnknownError(RecoveryError):
    """There is no such incident."""

    reason = "RECOVERY_ERROR_REASON_INCIDENT_UNKNOWN"

    def __init__(self, incident_id: str) -> None:
        super().__init__(
            f"there is no incident {incident_id!r}; ListIncidents lists those there are", incident_id=incident_id
        )


class IncidentResolvedError(RecoveryError):
    """The incident is over."""

    reason = "RECOVERY_ERROR_REASON_INCIDENT_RESOLVED"

    def __init__(self, incident_id: str) -> None:
        super().__init__(f"incident {incident_id!r} is resolved already", incident_id=incident_id)


class RecoveryPolicyInvalidError(RecoveryError):
    """The policy breaks its rules."""

    reason = "RECOVERY_ERROR_REASON_POLICY_INVALID"

    def __init__(self, violations: Mapping[str, str]) -> None:
        listed = "; ".join(f"{field} {why}" for field, why in violations.items())
        super().__init__(
            f"the policy breaks its rules: {listed}", **{f"violation/{field}": why for field, why in violations.items()}
        )


class RecoveryPolicyChangedError(RecoveryError):
    """The policy has changed meanwhile."""

    reason = "RECOVERY_ERROR_REASON_POLICY_CHANGED"

    def __init__(self, etag: str, revision: int) -> None:
        super().__init__(
            f"the policy has changed since; read revision {revision} and send its etag", etag=etag, revision=revision
        )


class RecoveryPageTokenError(RecoveryError):
    """The page token was not issued for this list."""

    reason = "RECOVERY_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one to start over")


class RecoveryResumeTokenError(RecoveryError):
    """The resume token was not issued by this node."""

    reason = "RECOVERY_ERROR_REASON_RESUME_TOKEN"

    def __init__(self) -> None:
        super().__init__("resume_token was not issued by this node; send an empty one to start over")


class NotReadyError(RecoveryError):
    """What happened before has not been read yet."""

    reason = "RECOVERY_ERROR_REASON_NOT_READY"
    retry_after_seconds = 0.5

    def __init__(self) -> None:
        super().__init__("the event log has not been read yet; try again soon")
