"""Serves calls with one request and one response: the path that has to be fast."""

import time
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn, cast

import grpc.aio
from google.rpc import code_pb2

from luna.kernel.context import CallContext, enter
from luna.transport.call import Call, Context
from luna.transport.deadline import within_deadline
from luna.transport.errors import answer, status_of
from luna.transport.plan import Plan, arrived

_LATE_SECONDS: Final = 0.01
"""How early the end of a call that ran out of time may be noticed."""


def serve_unary(plan: Plan, function: Callable[..., Any]) -> Callable[[bytes, Context], Awaitable[bytes]]:  # noqa: C901  see below
    """Return the handler that runs *function* inside of all steps.

    Calls of other functions are spared where it is easy: in a process that
    switches tasks all the time, each costs several times what it does in a
    loop of its own.
    """
    rpc, watches, starts, enters, ends, decode, encode = (
        *(plan.rpc, plan.watches, plan.starts, plan.enters),
        *(plan.ends, plan.decode, plan.encode),
    )

    async def handle(raw: bytes, context: Context) -> bytes:  # noqa: C901
        call = Call(rpc, context, arrived.get())
        for watch in watches:
            watch(call)
        try:
            for start in starts:
                start(call)
            if call.waiting is not None:
                await call.waiting
            request = decode(call, raw)
            for enter in enters:
                enter(call)
            enter_call(call)
            response = encode(await within_deadline(call, function(request, context)))
            call.sent_bytes = len(response)
        except BaseException as error:  # noqa: BLE001  it is raised again, or answered
            await settle(plan, call, error)
        code = status_of(context)
        for end in ends:
            end(call, code)
        call.context = None
        return response

    return handle


def enter_call(call: Call) -> None:
    """Make *call* what `current_call` returns for the rest of its task."""
    enter(cast("CallContext", call))


async def settle(plan: Plan, call: Call, error: BaseException) -> NoReturn:
    """End a call that failed with *error*, and answer it if there is still somebody to answer."""
    if isinstance(error, CancelledError):
        late = call.deadline is not None and time.monotonic() > call.deadline - _LATE_SECONDS
        plan.end(call, code_pb2.DEADLINE_EXCEEDED if late else code_pb2.CANCELLED)
        raise error
    if isinstance(error, grpc.aio.AbortError) or not isinstance(error, Exception):
        plan.end(call, status_of(call.context) or code_pb2.UNKNOWN)
        raise error
    refusal = call.refusal = plan.refuse(call, error)
    plan.end(call, refusal.code)
    await answer(call, refusal)
