"""The failures of the resilience module, one class per ``ResilienceErrorReason`` value."""

from collections.abc import Mapping, Sequence

from luna.kernel.errors import DomainError


class ResilienceModuleError(DomainError):
    """Base of every failure in this module."""

    domain = "resilience.arkalia.dev"


class BreakerUnknownError(ResilienceModuleError):
    """The selector means no circuit breaker."""

    reason = "RESILIENCE_ERROR_REASON_BREAKER_UNKNOWN"

    def __init__(self, selector: str) -> None:
        super().__init__(
            f"no circuit breaker matches {selector}; ListCircuitBreakers lists those there are, "
            "and each appears with the first call that passes it",
            selector=selector,
        )


class PolicyInvalidError(ResilienceModuleError):
    """The policy breaks its rules."""

    reason = "RESILIENCE_ERROR_REASON_POLICY_INVALID"

    def __init__(self, violations: Mapping[str, str]) -> None:
        listed = "; ".join(f"{field} {why}" for field, why in violations.items())
        super().__init__(
            f"the policy breaks its rules: {listed}", **{f"violation/{field}": why for field, why in violations.items()}
        )


class PolicyChangedError(ResilienceModuleError):
    """The policy has changed meanwhile."""

    reason = "RESILIENCE_ERROR_REASON_POLICY_CHANGED"

    def __init__(self, etag: str, revision: int) -> None:
        super().__init__(
            f"the policy has changed since; read revision {revision} and send its etag", etag=etag, revision=revision
        )


class RevisionUnknownError(ResilienceModuleError):
    """There is no such revision."""

    reason = "RESILIENCE_ERROR_REASON_REVISION_UNKNOWN"

    def __init__(self, revision: int) -> None:
        super().__init__(f"there is no revision {revision} of the policy", revision=revision)


class PageTokenError(ResilienceModuleError):
    """The page token was not issued for this list."""

    reason = "RESILIENCE_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one to start over")


class ResilienceResumeTokenError(ResilienceModuleError):
    """The resume token was not issued by this log."""

    reason = "RESILIENCE_ERROR_REASON_RESUME_TOKEN"

    def __init__(self) -> None:
        super().__init__("resume_token was not issued by this node; send an empty one to start over")


class ProjectionUnknownError(ResilienceModuleError):
    """There is no such projection."""

    reason = "RESILIENCE_ERROR_REASON_PROJECTION_UNKNOWN"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no projection {name!r}; there are {', '.join(known)}", name=name)
