"""Turns gRPC failures back into something a program can branch on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import grpc
import grpc.aio
from google.rpc import error_details_pb2, status_pb2

_STATUS_DETAILS: Final = "grpc-status-details-bin"


class ArkaliaError(Exception):
    """A request that the node refused.

    ``reason`` is a value of one of the contract's error enums, or the name of
    the gRPC status where the refusal came from the mesh. ``violations`` lists
    the fields that were outside their limits.
    """

    def __init__(
        self, reason: str, message: str, metadata: Mapping[str, str], violations: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.metadata = dict(metadata)
        self.violations = dict(violations or {})


class UnreachableError(ArkaliaError):
    """Nobody answered in time. Sending an idempotent request again is safe."""


@contextmanager
def raising_arkalia_errors() -> Iterator[None]:
    """Re-raise gRPC's errors as `ArkaliaError`."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise _translated(error) from error


def _translated(error: grpc.aio.AioRpcError) -> ArkaliaError:
    message = error.details() or error.code().name
    info, violations = _details(error)
    if info is not None:
        return ArkaliaError(info.reason, message, info.metadata, violations)
    if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
        return UnreachableError(error.code().name, message, {})
    return ArkaliaError(error.code().name, message, {}, violations)


def _details(error: grpc.aio.AioRpcError) -> tuple[error_details_pb2.ErrorInfo | None, dict[str, str]]:
    found: error_details_pb2.ErrorInfo | None = None
    violations: dict[str, str] = {}
    for key, value in error.trailing_metadata() or ():
        if key != _STATUS_DETAILS or not isinstance(value, bytes):
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                found = info
            elif detail.Unpack(request):
                violations |= {violation.field: violation.description for violation in request.field_violations}
    return found, violations
