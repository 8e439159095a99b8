"""Turns statuses of the log's process back into the errors that the log raised there."""

from typing import Final

import grpc.aio
from google.rpc import code_pb2, error_details_pb2, status_pb2

from luna.kernel.errors import DomainError
from luna.kernel.event_errors import (
    AlreadyProcessedError,
    EventIdReusedError,
    EventLogError,
    FailedCheck,
    LogFullError,
    LogReadOnlyError,
    UnknownConsumerError,
    VersionConflictError,
)
from luna.kernel.events import Append, Expect, Expected
from luna.kernel.tokens import ResumeTokenError

_DETAILS: Final = "grpc-status-details-bin"
_ACTUAL: Final = "actual_version/"
_KNOWN: Final[dict[str, type[DomainError]]] = {
    cls.reason: cls
    for cls in (
        VersionConflictError,
        EventIdReusedError,
        AlreadyProcessedError,
        UnknownConsumerError,
        LogFullError,
        LogReadOnlyError,
        ResumeTokenError,
    )
}
_BROKEN: Final = {code_pb2.UNAVAILABLE, code_pb2.CANCELLED, code_pb2.DEADLINE_EXCEEDED}
_SUSPECT: Final = {code_pb2.UNKNOWN, code_pb2.INTERNAL}
_BUG: Final = "internal error"
"""What a server says when it failed by itself, rather than the connection to it."""


class RefusedError(EventLogError):
    """The log refused a request for a reason that has no class in this process."""

    def __init__(self, info: error_details_pb2.ErrorInfo, message: str) -> None:
        super().__init__(message, **info.metadata)
        # Known only now, so they belong to this error rather than to its class.
        self.__dict__.update(domain=info.domain, reason=info.reason)


def refusal_of(error: grpc.aio.AioRpcError) -> DomainError | None:
    """Return what the log said with *error*, ``None`` if the log did not say anything."""
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS:
            return refusal_from(status_pb2.Status.FromString(value))
    return None


def refusal_from(status: status_pb2.Status, append: Append | None = None) -> DomainError | None:
    """Return the error that *status* spells; with *append*, the one that it failed with."""
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return _rebuild(info, status.message, append)
    return None


def is_broken(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether the connection failed, so that the same request may succeed on another one."""
    code = error.code().value[0]
    refusal = refusal_of(error)
    if refusal is not None and refusal.domain == EventLogError.domain:
        return False
    return code in _BROKEN or (code in _SUSPECT and error.details() != _BUG)


def _rebuild(info: error_details_pb2.ErrorInfo, message: str, append: Append | None) -> DomainError:
    cls = _KNOWN.get(info.reason)
    if cls is None:
        return RefusedError(info, message)
    # The constructors write messages from facts; here is the message, as it was written there.
    error = cls.__new__(cls)
    DomainError.__init__(error, message, **info.metadata)
    if isinstance(error, VersionConflictError):
        error.failed = _failed(error.metadata, append)
    return error


def _failed(metadata: dict[str, str], append: Append | None) -> tuple[FailedCheck, ...]:
    """Return the expectations of *append* that did not hold, in its order."""
    actual = {key.removeprefix(_ACTUAL): int(version) for key, version in metadata.items() if key.startswith(_ACTUAL)}
    asked: list[tuple[str, Expected]] = []
    if append is not None:
        asked = [(write.stream, write.expected) for write in append.writes]
        asked += [(check.stream, check.expected) for check in append.checks]
    return tuple(
        FailedCheck(stream=stream, expected=expected, actual_version=actual[stream])
        for stream, expected in asked
        if stream in actual and not _holds(expected, actual[stream])
    )


def _holds(expected: Expected, version: int) -> bool:
    if isinstance(expected, Expect):
        return expected is Expect.ANY or (version > 0) is (expected is Expect.EXISTS)
    return version == expected
