"""Turns gRPC failures back into something a program can branch on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import grpc
import grpc.aio
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

_STATUS_DETAILS: Final = "grpc-status-details-bin"
_VIOLATION: Final = "violation/"
"""What begins the metadata that say which rules a policy breaks."""
_BROKEN: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})
_RESET: Final = "RST_STREAM"
"""What gRPC says, with ``INTERNAL``, where the mesh has cut a stream because the process behind it ended."""


class ArkaliaError(Exception):
    """A request that the node refused.

    ``reason`` is a value of one of the contract's error enums, or the name of
    the gRPC status where the refusal came from the mesh. ``violations`` lists
    the fields that were outside their limits, and what is wrong with each. ``retry_after_seconds`` is how
    long to wait before asking again, where the node said so.
    """

    retry_after_seconds: float | None = None
    retryable = False
    """Whether the same request may succeed soon: the connection broke, or what was asked is away."""

    def __init__(
        self, reason: str, message: str, metadata: Mapping[str, str], violations: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.metadata = dict(metadata)
        self.violations = dict(violations or {})


class UnreachableError(ArkaliaError):
    """Nobody answered in time. Sending an idempotent request again is safe."""


class CircuitOpenError(ArkaliaError):
    """Calls like this one failed too often, so it was not tried. ``metadata`` names the breaker."""


class DegradedError(ArkaliaError):
    """The node is under pressure and does not do work of this priority. ``metadata`` names the level."""


_TYPES: Final[Mapping[str, type[ArkaliaError]]] = {
    "REQUEST_ERROR_REASON_CIRCUIT_OPEN": CircuitOpenError,
    "REQUEST_ERROR_REASON_DEGRADED": DegradedError,
}
"""The refusals that callers plan for."""


@contextmanager
def raising_arkalia_errors() -> Iterator[None]:
    """Re-raise gRPC's errors as `ArkaliaError`."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise _translated(error) from error


def _translated(error: grpc.aio.AioRpcError) -> ArkaliaError:
    message = error.details() or error.code().name
    said = _said(error)
    if said.info is not None:
        refusal = _TYPES.get(said.info.reason, ArkaliaError)
        translated = refusal(said.info.reason, message, said.info.metadata, said.violations)
    elif error.code() in _BROKEN or _RESET in message:
        translated = UnreachableError(error.code().name, message, {})
    else:
        translated = ArkaliaError(error.code().name, message, {}, said.violations)
    translated.retry_after_seconds = said.retry_after_seconds
    translated.retryable = isinstance(translated, UnreachableError) or error.code() is grpc.StatusCode.UNAVAILABLE
    return translated


@dataclass(slots=True)
class _Said:
    info: error_details_pb2.ErrorInfo | None = None
    violations: dict[str, str] = field(default_factory=dict)
    retry_after_seconds: float | None = None


def _said(error: grpc.aio.AioRpcError) -> _Said:
    """Return what the details of *error* say."""
    said = _Said()
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_DETAILS and isinstance(value, bytes):
            for detail in status_pb2.Status.FromString(value).details:
                _read(detail, said)
    return said


def _read(detail: any_pb2.Any, said: _Said) -> None:
    info, request, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    if detail.Unpack(info):
        said.info = info
        broken = {key.removeprefix(_VIOLATION): why for key, why in info.metadata.items() if key.startswith(_VIOLATION)}
        said.violations |= broken
    elif detail.Unpack(request):
        said.violations |= {it.field: it.description for it in request.field_violations}
    elif detail.Unpack(retry):
        said.retry_after_seconds = retry.retry_delay.ToNanoseconds() / 1e9
