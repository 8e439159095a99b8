"""The step that gives every call its time, and no more."""

import asyncio
import time
import types
from collections.abc import Coroutine, Generator
from functools import partial
from typing import Any, TypeVar

from luna.transport.call import Call
from luna.transport.request_errors import DeadlineError
from luna.transport.rpc import Rpc
from luna.transport.step import Start, Step

T = TypeVar("T")


class Deadline(Step):
    """Sets the deadline that a caller left out, caps one that is too long, and refuses one that is spent."""

    name = "deadline"
    inside = frozenset({"errors"})

    def on_start(self, rpc: Rpc) -> Start:
        """Work out until when the call may take."""
        cap = rpc.deadline_seconds

        def start(call: Call) -> None:
            left = call.context.time_remaining()
            if left is None:
                left = cap
            elif left <= 0:
                raise DeadlineError
            elif cap is not None and left > cap:
                left = cap
            if left is not None:
                call.deadline = call.started + left

        return start


async def within_deadline(call: Call, work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* returns.

    Work that never waits costs no timer: it is started first, and a timer is
    set only when it waits for something.

    Raises:
        DeadlineError: the call's deadline passed first.

    """
    if call.deadline is None:
        return await work
    try:
        waits_for = work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    timeout = asyncio.timeout(call.deadline - time.monotonic())
    try:
        async with timeout:
            return await _go_on(work, waits_for)
    except TimeoutError:
        if not timeout.expired():
            raise
    raise DeadlineError(round(call.deadline - call.started, 3))


@types.coroutine
def _go_on(work: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """Drive *work* on from its first wait, as ``await`` would."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as error:  # noqa: BLE001  all of them belong to the work
            resume = partial(work.throw, error)
        else:
            resume = partial(work.send, sent)
        try:
            waits_for = resume()
        except StopIteration as done:
            result: T = done.value
            return result
