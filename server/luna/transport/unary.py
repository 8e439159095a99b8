"""Serves calls with one request and one response: the path that has to be fast."""

import time
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn

import grpc.aio
from google.rpc import code_pb2

from luna.kernel.context import CallContext, enter
from luna.transport.call import Call, Context
from luna.transport.deadline import within_deadline
from luna.transport.errors import answer, status_of
from luna.transport.plan import Plan

_LATE_SECONDS: Final = 0.01
"""How early the end of a call that ran out of time may be noticed."""


def serve_unary(plan: Plan, function: Callable[..., Any]) -> Callable[[bytes, Context], Awaitable[bytes]]:
    """Return the handler that runs *function* inside of all steps."""
    begin, starts, decode, encode = plan.begin, plan.starts, plan.decode, plan.encode

    async def handle(raw: bytes, context: Context) -> bytes:
        call = begin(context)
        try:
            for start in starts:
                start(call)
            request = decode(call, raw)
            enter(context_of(call))
            response = encode(await within_deadline(call, function(request, context)))
            call.sent_bytes = len(response)
        except BaseException as error:  # noqa: BLE001  it is raised again, or answered
            await settle(plan, call, error)
        plan.end(call, status_of(context))
        return response

    return handle


def context_of(call: Call) -> CallContext:
    """Return what the code that serves *call* may know about it."""
    return CallContext(
        trace_id=call.trace_id,
        subject=call.subject,
        deadline=call.deadline,
        method=call.rpc.method,
        scopes=call.scopes,
        correlation_id=call.correlation_id,
        traceparent=call.traceparent,
    )


async def settle(plan: Plan, call: Call, error: BaseException) -> NoReturn:
    """End a call that failed with *error*, and answer it if there is still somebody to answer."""
    if isinstance(error, CancelledError):
        late = call.deadline is not None and time.monotonic() > call.deadline - _LATE_SECONDS
        plan.end(call, code_pb2.DEADLINE_EXCEEDED if late else code_pb2.CANCELLED)
        raise error
    if isinstance(error, grpc.aio.AbortError) or not isinstance(error, Exception):
        plan.end(call, status_of(call.context) or code_pb2.UNKNOWN)
        raise error
    refusal = plan.refuse(call, error)
    plan.end(call, refusal.code)
    await answer(call, refusal)
