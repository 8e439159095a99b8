"""What is known of a failure, and the port to whoever mends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol


class ErrorType(IntEnum):
    """What kind of failure it is. The numbers are those of the contract."""

    TIMEOUT = 1
    MEMORY = 2
    CONTRADICTION = 3
    CONNECTION_LOST = 4
    STATE_CORRUPTED = 5
    DEADLOCK = 6
    UNKNOWN = 7


class Severity(IntEnum):
    """How bad something is. The numbers are those of the contract."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4
    FATAL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorTarget:
    """What is wrong, and where."""

    process: str = ""
    """Such as ``kernel-0``; empty for the node as a whole."""
    service: str = ""
    """The full name of the gRPC service, if it is one."""
    method: str = ""
    """Such as ``arkalia.events.v1.EventService/Append``, if it is an rpc."""
    resource: str = ""
    """What else it is: the name of a projection or of a consumer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """A failure that somebody met, once or many times."""

    error_id: str
    """Chosen by whoever reports. The same id twice is one report."""
    target: ErrorTarget
    reporter: str
    """Who met it, such as ``kernel-0``."""
    first_ns: int
    last_ns: int
    count: int = 1
    """How often it happened between the two times."""
    type: ErrorType | None = None
    """``None``: whoever reports does not know."""
    severity: Severity | None = None
    """``None``: as the policy of its type says."""
    code: int = 0
    """The status code that a call ended with, 0 if it was no call."""
    reason: str = ""
    """The reason that went with it, such as ``REQUEST_ERROR_REASON_DEADLINE``."""
    message: str = ""
    """In words, without the content of requests."""
    trace_id: str = ""
    correlation_id: str = ""
    resolved: bool = False
    """Whether this says that it works again."""
    evidence: Mapping[str, str] = field(default_factory=dict)


class ErrorSink(Protocol):
    """Where failures are reported."""

    def report(self, report: ErrorReport) -> None:
        """Take *report*. It never waits and never fails: who reports has other things to do."""
        ...


class NoErrorSink:
    """Where nobody listens."""

    def report(self, report: ErrorReport) -> None:
        """Forget *report*."""
