"""Why a request is refused before it reaches a module."""

from collections.abc import Sequence
from dataclasses import dataclass

from luna.kernel.errors import DomainError


class RequestError(DomainError):
    """Base of what the transport itself refuses."""

    domain = "request.arkalia.dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldViolation:
    """One field outside its limits."""

    field: str
    """The path from the request, such as ``writes[0].stream``."""
    description: str
    rule: str


class InvalidRequestError(RequestError):
    """Fields are outside the limits that the contract sets."""

    reason = "REQUEST_ERROR_REASON_INVALID"

    def __init__(self, violations: Sequence[FieldViolation]) -> None:
        found = "; ".join(f"{violation.field or 'the request'} {violation.description}" for violation in violations)
        super().__init__(f"invalid request: {found}", violations=len(violations))
        self.violations = tuple(violations)


class TooLargeError(RequestError):
    """The message is larger than the node accepts."""

    reason = "REQUEST_ERROR_REASON_TOO_LARGE"

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"the message has {size_bytes} bytes, the limit is {limit_bytes}; "
            "split it, or raise ARKALIA_MESSAGE_BYTES_MAX on the node",
            size_bytes=size_bytes,
            limit_bytes=limit_bytes,
        )


class DeadlineError(RequestError):
    """There was no time left, before or during the work."""

    reason = "REQUEST_ERROR_REASON_DEADLINE"

    def __init__(self, limit_seconds: float | None = None) -> None:
        spent = "the deadline had passed before the work began"
        message = spent if limit_seconds is None else f"the work took longer than {limit_seconds:g} s"
        metadata = {} if limit_seconds is None else {"limit_seconds": f"{limit_seconds:g}"}
        super().__init__(f"{message}; ask for less at once, or send a longer deadline", **metadata)


class MalformedError(RequestError):
    """The bytes are not a message of the type that the method takes."""

    reason = "REQUEST_ERROR_REASON_MALFORMED"

    def __init__(self, message_type: str) -> None:
        super().__init__(
            f"the message is not a {message_type}; compare the version of your contract with the node's",
            type=message_type,
        )


class PeerUnavailableError(RequestError):
    """A module that this one depends on does not answer."""

    reason = "REQUEST_ERROR_REASON_PEER_UNAVAILABLE"
    retry_after_seconds = 1.0

    def __init__(self, peer: str) -> None:
        super().__init__(f"{peer or 'a module that this one depends on'} does not answer; try again soon", peer=peer)


class GoingAwayError(RequestError):
    """The server stops, and ends its streams."""

    reason = "REQUEST_ERROR_REASON_GOING_AWAY"
    retry_after_seconds = 0.5

    def __init__(self) -> None:
        super().__init__("the server is stopping; connect again, with the last resume_token if the stream has one")


class DegradedError(RequestError):
    """The node is under pressure and does not do work of this priority."""

    reason = "REQUEST_ERROR_REASON_DEGRADED"

    def __init__(self, *, level: str, priority: str, retry_after_seconds: float) -> None:
        super().__init__(
            f"the node is at degradation level {level} and refuses work of priority {priority}; "
            f"try again in {retry_after_seconds:g} s",
            level=level,
            priority=priority,
        )
        self.retry_after_seconds = retry_after_seconds


class OverloadedError(RequestError):
    """The process has more calls than it can answer in time."""

    reason = "REQUEST_ERROR_REASON_OVERLOADED"

    def __init__(self, *, priority: str, limit: int, retry_after_seconds: float) -> None:
        super().__init__(
            f"more calls are under way than can be answered in time ({limit}), and this one has priority {priority}; "
            f"try again in {retry_after_seconds:g} s",
            priority=priority,
            limit=limit,
        )
        self.retry_after_seconds = retry_after_seconds
