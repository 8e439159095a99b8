"""Says in the trailers of a refusal when to try again, for those who would do so by themselves.

Envoy and gRPC clients try again what is UNAVAILABLE. That bridges a process which dies or goes away. Where a server
answers on purpose it only makes more of the trouble, and is not what the caller was told to do.
"""

from collections.abc import Sequence
from typing import Final

from google.rpc import code_pb2, error_details_pb2, status_pb2

from luna.kernel.times import seconds_of
from luna.transport.request_errors import GoingAwayError

RATE_LIMITED: Final = ("x-envoy-ratelimited", "true")
"""What keeps Envoy from trying again."""
PUSHBACK: Final = "grpc-retry-pushback-ms"
"""When a gRPC client may try again; -1 for never."""
SOON_SECONDS: Final = 2.0
"""Up to this long a client may wait by itself. Beyond, its caller should know now, and has the time in the details."""

_RETRIED: Final = frozenset({code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED})


def pushback(code: int, details: bytes) -> Sequence[tuple[str, str]]:
    """Return the trailers of a refusal with these *details*, a serialized `google.rpc.Status`."""
    if code not in _RETRIED or not details:
        return ()
    status = status_pb2.Status.FromString(details)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    delay_seconds: float | None = None
    for detail in status.details:
        if detail.Unpack(info) and info.reason == GoingAwayError.reason:
            return ()
        if detail.Unpack(retry):
            delay_seconds = seconds_of(retry.retry_delay)
    return RATE_LIMITED, (PUSHBACK, spelled(delay_seconds))


def spelled(delay_seconds: float | None) -> str:
    """Return the value of the trailer for a refusal that is to be tried again after that time, if ever."""
    if delay_seconds is None or delay_seconds > SOON_SECONDS:
        return "-1"
    return str(round(1000 * delay_seconds))
