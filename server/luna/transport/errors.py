"""Turns exceptions into gRPC statuses, as the contract prescribes. The only file that speaks status codes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import grpc
import grpc.aio
import structlog
from arkalia.options.v1 import error_pb2, request_error_pb2
from google.protobuf.descriptor import EnumDescriptor
from google.rpc import code_pb2, error_details_pb2, status_pb2

from luna.kernel.errors import DomainError
from luna.kernel.times import duration
from luna.resilience.bulkhead import BulkheadFullError
from luna.resilience.circuit import CircuitOpenError
from luna.transport.call import Call
from luna.transport.pushback import pushback
from luna.transport.request_errors import (
    DeadlineError,
    DegradedError,
    GoingAwayError,
    InvalidRequestError,
    OverloadedError,
    PeerUnavailableError,
)
from luna.transport.step import Step

DETAILS_TRAILER: Final = "grpc-status-details-bin"
OUTSIDE: Final = ("x-arkalia-outside", "true")
"""The trailer of a refusal because of what is no part of the node."""
MESSAGE_LENGTH_MAX: Final = 1000
DETAIL_BYTES_MAX: Final = 1500
"""For each kind of detail. Clients refuse trailers of more than 8 KiB, the encoding of the details included."""

ON_PURPOSE: Final = frozenset(
    error.reason for error in (BulkheadFullError, CircuitOpenError, DegradedError, GoingAwayError, OverloadedError)
)

T = TypeVar("T")

_CODES: Final[Mapping[int, grpc.StatusCode]] = {code.value[0]: code for code in grpc.StatusCode}
_INTERNAL: Final = "internal error"

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How a failed call is answered."""

    code: int
    message: str
    details: bytes = b""
    """A serialized `google.rpc.Status`, if there is more to say."""
    reason: str = ""
    """That of the error, if its contract names one."""
    kind: str = ""
    """The class of the exception."""
    outside: bool = False
    """Whether what failed is no part of the node."""

    @property
    def excused(self) -> bool:
        """Whether nothing of the node has failed."""
        return self.outside or self.on_purpose

    @property
    def on_purpose(self) -> bool:
        """Whether the call was turned away to keep things going, so that nothing has failed."""
        return self.reason in ON_PURPOSE


class NotFoundError(Exception):
    """What a protocol that is not ours answers with NOT_FOUND and nothing else."""


class Errors(Step):
    """Answers domain errors as their reason's options say, and everything else as INTERNAL."""

    name = "errors"
    inside = frozenset({"observe"})

    def __init__(self, reasons: Iterable[EnumDescriptor]) -> None:
        """Take the error enums of the modules that are served.

        Raises:
            ValueError: a reason carries no code.

        """
        enums = (*reasons, request_error_pb2.RequestErrorReason.DESCRIPTOR)
        values = [value for enum in enums for value in enum.values if value.number]
        self._codes = {value.name: _declared(value) for value in values}
        self._outside = {value.name for value in values if value.GetOptions().Extensions[error_pb2.error].outside}

    def refusal(self, call: Call, error: BaseException) -> Refusal:
        """Return the answer to *error*. What nobody declared is logged, and kept from the caller."""
        cause = _translated(call, _root(error))
        if isinstance(cause, DomainError) and cause.reason in self._codes:
            return _declared_refusal(cause, self._codes[cause.reason], outside=cause.reason in self._outside)
        if isinstance(cause, NotFoundError):
            return Refusal(code=code_pb2.NOT_FOUND, message=str(cause))
        if isinstance(cause, grpc.aio.AioRpcError) and (details := details_of(cause)):
            # A peer refused, in words that its contract declares: they hold for our caller too.
            reason = reason_in(details)
            return Refusal(
                code=cause.code().value[0],
                message=cause.details() or "",
                details=details,
                reason=reason,
                kind=_kind(cause),
                outside=reason in self._outside,
            )
        if isinstance(cause, NotImplementedError) and (code := status_of(call.context)):
            # What generated base classes say about a method that nobody wrote.
            return Refusal(code=code, message=f"{call.rpc.method} is not implemented")
        log.error("unhandled error", method=call.rpc.method, trace_id=call.trace_id, exc_info=error)
        return Refusal(code=code_pb2.INTERNAL, message=_INTERNAL, kind=_kind(cause))


async def answer(call: Call, refusal: Refusal) -> NoReturn:
    """End *call* with *refusal*."""
    trailers: tuple[tuple[str, str | bytes], ...] = call.trailers
    if refusal.details:
        details = (DETAILS_TRAILER, refusal.details)
        trailers = (*trailers, details, *pushback(refusal.code, refusal.details), *[OUTSIDE] * refusal.outside)
    await call.context.abort(_CODES[refusal.code], refusal.message, trailers)
    raise AssertionError("abort returned")


def status_of(context: Any) -> int:
    """Return the code that a handler set itself, 0 if it set none."""
    code = context.code()
    if code is None:
        return 0
    return code.value[0] if isinstance(code, grpc.StatusCode) else code


def is_unavailable(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether a peer could not be reached."""
    return error.code() is grpc.StatusCode.UNAVAILABLE


def status_code(number: int) -> grpc.StatusCode:
    """Return the code of that *number*, as gRPC wants it."""
    return _CODES[number]


def details_of(error: grpc.aio.AioRpcError) -> bytes:
    """Return the serialized `google.rpc.Status` that came with *error*; empty if none did."""
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_TRAILER and isinstance(value, bytes):
            return value
    return b""


def reason_in(details: bytes) -> str:
    """Return the reason in a serialized `google.rpc.Status`; empty if there is none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(details).details:
        if detail.Unpack(info):
            return info.reason
    return ""


def _declared(value: Any) -> int:
    code: int = value.GetOptions().Extensions[error_pb2.error].code
    if not code:
        raise ValueError(f"{value.name} declares no status code; give it the option (arkalia.options.v1.error)")
    return code


def _root(error: BaseException) -> BaseException:
    """Return the one error that a task group wraps, if it is one that callers may meet."""
    while isinstance(error, BaseExceptionGroup):
        known, unknown = error.split((DomainError, grpc.aio.AioRpcError))
        if known is None or unknown is not None:
            return error
        error = known.exceptions[0]
    return error


def _translated(call: Call, error: BaseException) -> BaseException:
    """Return the domain error that a peer's failure amounts to, where it is one."""
    if isinstance(error, DomainError) or not isinstance(error, grpc.aio.AioRpcError) or details_of(error):
        return error
    if is_unavailable(error):
        return PeerUnavailableError(getattr(error, "peer_service", ""))
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and call.deadline is not None:
        return DeadlineError(round(call.deadline - call.started, 3))
    return error


def _declared_refusal(error: DomainError, code: int, *, outside: bool) -> Refusal:
    message = _cut(str(error))
    status = status_pb2.Status(code=code, message=message)
    metadata = dict(_fitting(error.metadata.items(), lambda entry: len(entry[0]) + len(entry[1])))
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=error.domain, metadata=metadata))
    for detail in _more_details(error):
        status.details.add().Pack(detail)
    return Refusal(
        code=code,
        message=message,
        details=status.SerializeToString(),
        reason=error.reason,
        kind=_kind(error),
        outside=outside,
    )


def _more_details(error: DomainError) -> Iterable[Any]:
    if isinstance(error, InvalidRequestError):
        violations = [
            error_details_pb2.BadRequest.FieldViolation(
                field=_cut(violation.field), description=_cut(violation.description), reason=violation.rule.upper()
            )
            for violation in error.violations
        ]
        yield error_details_pb2.BadRequest(field_violations=_fitting(violations, lambda it: it.ByteSize()))
    retry_after: float | None = getattr(error, "retry_after_seconds", None)
    if retry_after is not None:
        yield error_details_pb2.RetryInfo(retry_delay=duration(retry_after))


def _kind(error: BaseException) -> str:
    return type(error).__name__


def _cut(text: str) -> str:
    return text if len(text) <= MESSAGE_LENGTH_MAX else text[: MESSAGE_LENGTH_MAX - 1] + "…"


def _fitting(items: Iterable[T], size: Callable[[T], int]) -> list[T]:
    """Return the first of *items*, as many as a caller's limit on trailers leaves room for."""
    total = 0
    fitting = []
    for item in items:
        total += size(item)
        if total > DETAIL_BYTES_MAX:
            break
        fitting.append(item)
    return fitting
