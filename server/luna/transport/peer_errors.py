"""How calls to peers fail, and what that says."""

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar

import grpc.aio
from google.rpc import code_pb2, error_details_pb2, status_pb2

from luna.kernel.errors import DomainError
from luna.kernel.times import seconds_of
from luna.resilience.bulkhead import BulkheadFullError
from luna.resilience.circuit import CircuitOpenError
from luna.transport.errors import OUTSIDE, details_of, is_unavailable, reason_in, status_code
from luna.transport.pushback import PUSHBACK
from luna.transport.request_errors import DeadlineError, GoingAwayError

T = TypeVar("T")


class _NotSentError(grpc.aio.AioRpcError):
    """A call to a peer that was not made. Whoever expects calls to fail expects this too."""

    def __init__(self, message: str) -> None:
        super().__init__(self.status, grpc.aio.Metadata(), grpc.aio.Metadata(), details=message)

    status = status_code(code_pb2.UNAVAILABLE)

    def __str__(self) -> str:
        return self.details() or ""


class PeerCircuitOpenError(CircuitOpenError, _NotSentError):
    """The circuit breaker before a peer lets no call through."""

    @classmethod
    def of(cls, error: CircuitOpenError) -> Self:
        """Return *error*, for callers of peers."""
        return cls(error.metadata["breaker"], error.retry_after_seconds)


class PeerFullError(BulkheadFullError, _NotSentError):
    """Too many calls to a peer are under way."""

    status = status_code(code_pb2.RESOURCE_EXHAUSTED)

    @classmethod
    def of(cls, error: BulkheadFullError) -> Self:
        """Return *error*, for callers of peers."""
        return cls(error.metadata["peer"], int(error.metadata["limit"]), error.retry_after_seconds)


def number_of(error: grpc.aio.AioRpcError) -> int:
    """Return the status code of *error*."""
    number: int = error.code().value[0]
    return number


def ended_with(call: Any) -> grpc.aio.AioRpcError | None:
    """Return the error that *call*, which has ended, ended with; ``None`` if it ended well."""
    code = _told(call.code())
    if code is status_code(code_pb2.OK):
        return None
    return grpc.aio.AioRpcError(
        code, grpc.aio.Metadata(), _told(call.trailing_metadata()), details=_told(call.details())
    )


def is_connection_lost(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether the connection broke, or the peer ended the call because it stops: nobody said no."""
    if isinstance(error, DomainError) or not is_unavailable(error):
        return False
    details = details_of(error)
    return not details or reason_in(details) == GoingAwayError.reason


def is_outside(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether what failed is no part of the node, so that the peer is as well as before."""
    return OUTSIDE[0] in dict(error.trailing_metadata() or ())


class PeerDeadlineError(DeadlineError, _NotSentError):
    """No time was left to call a peer."""

    status = status_code(code_pb2.DEADLINE_EXCEEDED)


def retry_after(error: grpc.aio.AioRpcError) -> float:
    """Return how many seconds the peer wants to be left alone; negative: do not come back."""
    metadata = dict(error.trailing_metadata() or ())
    with suppress(ValueError):
        pushback = int(metadata.get(PUSHBACK, 0))
        if pushback:
            return pushback / 1000
    for detail in status_pb2.Status.FromString(details_of(error)).details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            return seconds_of(retry.retry_delay)
    return 0.0


def _told(answer: Coroutine[Any, Any, T]) -> T:
    """Return what a call that has ended says at once."""
    try:
        answer.send(None)
    except StopIteration as said:
        value: T = said.value
        return value
    answer.close()
    raise AssertionError("the call has not ended")
