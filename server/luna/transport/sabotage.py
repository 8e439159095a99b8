"""Lets calls meet the faults that are under way, inside of everything that should notice."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, NoReturn

from google.rpc import code_pb2

from luna.kernel.faults import FaultKind
from luna.transport.faults import FaultBoard
from luna.transport.request_errors import DeadlineError, OverloadedError, PeerUnavailableError
from luna.transport.rpc import Rpc


class InjectedError(Exception):
    """What a bug would raise."""


def sabotaged(function: Callable[..., Any], rpc: Rpc, board: FaultBoard) -> Callable[..., Any]:
    """Return the handler *function* of *rpc*, with the faults of *board* before it."""
    method = rpc.method
    if rpc.unary:

        async def handle(request: Any, context: Any) -> Any:
            await _meet(board, method)
            return await function(request, context)

        return handle

    def stream(request: Any, context: Any) -> Any:
        result = function(request, context)
        return _later(board, method, result) if isinstance(result, AsyncGenerator) else _then(board, method, result)

    return stream


async def _later(board: FaultBoard, method: str, responses: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(responses):
        await _meet(board, method)
        async for response in responses:
            yield response


async def _then(board: FaultBoard, method: str, work: Any) -> Any:
    try:
        await _meet(board, method)
    except BaseException:
        work.close()
        raise
    return await work


async def _meet(board: FaultBoard, method: str) -> None:
    for spec in board.met_by(method):
        if spec.kind is FaultKind.SLOW:
            await asyncio.sleep(spec.delay_seconds)
        else:
            _fail(spec.code)


def _fail(code: int) -> NoReturn:
    match code:
        case code_pb2.UNAVAILABLE:
            raise PeerUnavailableError("chaos")
        case code_pb2.DEADLINE_EXCEEDED:
            raise DeadlineError
        case code_pb2.RESOURCE_EXHAUSTED:
            raise OverloadedError(priority="any", limit=0, retry_after_seconds=1.0)
        case _:
            raise InjectedError("a fault was injected")
