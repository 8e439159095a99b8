"""Serves calls with a stream of requests, of responses, or of both."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from luna.transport.call import Call, Context
from luna.transport.errors import status_of
from luna.transport.plan import Plan
from luna.transport.request_errors import DeadlineError, GoingAwayError
from luna.transport.requests import Requests
from luna.transport.unary import enter_call, settle

T = TypeVar("T")


class StreamContext:
    """A servicer's context whose messages go through the chain."""

    def __init__(self, call: Call, requests: Requests, encode: Callable[[Any], bytes]) -> None:
        self._call = call
        self._context: Context = call.context
        self._encode = encode
        self.read = requests.read

    async def write(self, response: Any) -> None:
        """Send *response*."""
        raw = self._encode(response)
        self._call.sent_bytes += len(raw)
        await self._context.write(raw)
        if self._call.on_answer is not None:
            self._call.on_answer()
            self._call.on_answer = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming:
    """Serves one method with a stream, whose handler may be of either style."""

    plan: Plan
    function: Callable[..., Any]
    many_requests: bool
    many_responses: bool

    async def handle(self, raw: Any, context: Context) -> bytes | None:
        """Serve one call inside of all steps. With many responses, they have been written when this returns."""
        plan = self.plan
        call = plan.begin(context)
        requests = Requests(call, plan.decode)
        stop = _stop(call)
        plan.stops.add(stop)
        try:
            response = await self._serve(raw, call, requests)
        except BaseException as error:  # noqa: BLE001  it is raised again, or answered
            await self._fail(call, requests, error)
        finally:
            plan.stops.discard(stop)
            await requests.aclose()
        plan.end(call, status_of(context))
        call.context = None
        return response

    async def _serve(self, raw: Any, call: Call, requests: Requests) -> bytes | None:
        for start in self.plan.starts:
            start(call)
        if call.waiting is not None:
            await call.waiting
        request = requests if self.many_requests else self.plan.decode(call, raw)
        for enter in self.plan.enters:
            enter(call)
        enter_call(call)
        served = StreamContext(call, requests, self.plan.encode)
        result = await _while_wanted(call, _run(self.function(request, served), served))
        if self.many_responses:
            return None
        response = self.plan.encode(result)
        call.sent_bytes += len(response)
        return response

    async def _fail(self, call: Call, requests: Requests, error: BaseException) -> NoReturn:
        if self.many_requests and isinstance(error, Exception):
            try:
                await requests.drain()
            except asyncio.CancelledError as gone:
                # The steps have to hear of the end all the same.
                error = gone
        await settle(self.plan, call, error)


def _stop(call: Call) -> Callable[[], None]:
    """Return what ends *call*, served by this task, because the server stops."""
    task = asyncio.current_task()

    def stop() -> None:
        if task is not None and not call.going_away:
            call.going_away = True
            task.cancel()

    return stop


async def _while_wanted(call: Call, work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* returns, unless time runs out or the server stops first."""
    timeout = asyncio.timeout(None if call.deadline is None else call.deadline - time.monotonic())
    try:
        async with timeout:
            return await work
    except TimeoutError:
        if not timeout.expired():
            raise
        raise DeadlineError(None if call.deadline is None else round(call.deadline - call.started, 3)) from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not call.going_away or task is None or task.uncancel():
            raise
        raise GoingAwayError from None


async def _run(result: Any, served: StreamContext) -> Any:
    """Finish what a handler began: a generator of responses, or a coroutine that writes them itself."""
    if not isinstance(result, AsyncGenerator):
        return await result
    async with aclosing(result) as responses:
        async for response in responses:
            await served.write(response)
    return None
