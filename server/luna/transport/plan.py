"""What the chain does around the calls of one method, worked out once."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

from luna.transport.call import Call, Context
from luna.transport.errors import Refusal
from luna.transport.request_errors import MalformedError, TooLargeError
from luna.transport.rpc import Rpc
from luna.transport.step import Check, End, Start, Step

arrived: Final[ContextVar[Sequence[tuple[str, Any]]]] = ContextVar("luna_arrived", default=())
"""The metadata of the call that this task serves. Asking the context for it again would copy it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps of one method, without those that have nothing to do there."""

    rpc: Rpc
    watches: tuple[Start, ...]
    """The starts that never refuse: those of the steps outside of `errors`."""
    starts: tuple[Start, ...]
    enters: tuple[Start, ...]
    """What comes between the last check and the handler."""
    ends: tuple[End, ...]
    decode: Callable[[Call, bytes], Any]
    encode: Callable[[Any], bytes]
    refuse: Callable[[Call, BaseException], Refusal]
    stops: set[Callable[[], None]]
    """What ends each of the streams under way, shared by all methods."""

    def begin(self, context: Context) -> Call:
        """Return a new call that the watching steps know of."""
        call = Call(self.rpc, context, arrived.get())
        for watch in self.watches:
            watch(call)
        return call

    def end(self, call: Call, code: int) -> None:
        """Tell the steps how the call ended, the innermost first."""
        for end in self.ends:
            end(call, code)


def decoder(
    handler: "grpc.RpcMethodHandler[Any, Any]", rpc: Rpc, checks: Sequence[Check], bytes_max: int
) -> Callable[[Call, bytes], Any]:
    """Return the way from the bytes of a request message to a message within all limits."""
    parse = handler.request_deserializer or _as_is
    message_type = rpc.request.full_name if rpc.request is not None else "message"

    def decode(call: Call, raw: bytes) -> Any:
        size = len(raw)
        call.received_bytes += size
        if size > bytes_max:
            raise TooLargeError(size, bytes_max)
        try:
            message = parse(raw)
        except DecodeError:
            raise MalformedError(message_type) from None
        for check in checks:
            check(message)
        return message

    return decode


def steps_of(steps: Sequence[Step], rpc: Rpc) -> tuple[tuple[Start, ...], tuple[Check, ...], tuple[End, ...]]:
    """Return what *steps* do for *rpc*: at the start, with each message, and, inside out, at the end."""
    starts = tuple(start for step in steps if (start := step.on_start(rpc)) is not None)
    checks = tuple(check for step in steps if (check := step.on_message(rpc)) is not None)
    ends = tuple(end for step in reversed(steps) if (end := step.on_end(rpc)) is not None)
    return starts, checks, ends


def _as_is(raw: bytes) -> bytes:
    return raw
