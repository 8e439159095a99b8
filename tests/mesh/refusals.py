"""Reads what Envoy says when it turns a gRPC call away."""

from typing import Any

from google.rpc import error_details_pb2, status_pb2


def trailers_of(error: Any) -> dict[str, Any]:
    """Return the trailing metadata of a failed call."""
    return dict(error.trailing_metadata())


def refusal_of(error: Any) -> tuple[error_details_pb2.ErrorInfo, float]:
    """Return why *error* happened and in how many seconds to try again; its status must say the same as the call."""
    status = status_pb2.Status.FromString(trailers_of(error)["grpc-status-details-bin"])
    assert (status.code, status.message) == (error.code().value[0], error.details())
    return read_details(status)


def read_details(status: status_pb2.Status) -> tuple[error_details_pb2.ErrorInfo, float]:
    """Return the reason in *status*, and in how many seconds to try again."""
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert [status.details[0].Unpack(info), status.details[1].Unpack(retry)] == [True, True]
    return info, retry.retry_delay.ToTimedelta().total_seconds()
