"""Runs calls, and raises what a program can branch on."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from arkalia_client._errors import ArkaliaError, raising_arkalia_errors

TIMEOUT_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 60.0
"""How long a stream that broke is tried to be resumed."""
_WAIT_SECONDS: Final = 0.1
_WAIT_SECONDS_MAX: Final = 1.0


async def ask(method: Callable[..., Any], request: Any, *, seconds: float = TIMEOUT_SECONDS) -> Any:
    """Return the answer of *method* to *request*.

    Raises:
        ArkaliaError: the node refused.
        UnreachableError: nobody answered in time.

    """
    with raising_arkalia_errors():
        return await method(request, timeout=seconds)


async def listed(
    method: Callable[..., Any], request: Any, items: Callable[[Any], Sequence[Any]], *, page_size: int, limit: int = 0
) -> AsyncGenerator[Any, None]:
    """Yield the *items* of page after page of *method*, up to *limit* or to the end.

    Raises:
        ArkaliaError: the node refused.
        UnreachableError: nobody answered in time.

    """
    request, left = type(request).FromString(request.SerializeToString()), limit
    while True:
        request.page_size = min(page_size, left) if limit else page_size
        page = await ask(method, request)
        found = items(page)
        for item in found:
            yield item
        left -= len(found)
        request.page_token = page.next_page_token
        if not request.page_token or (limit and left <= 0):
            return


async def follow(method: Callable[..., Any], request: Any) -> AsyncGenerator[Any, None]:
    """Yield the responses of *method* to *request*, until this is closed.

    Raises:
        ArkaliaError: the node refused.
        UnreachableError: the connection broke.

    """
    call = method(request)
    try:
        with raising_arkalia_errors():
            async for response in call:
                yield response
    finally:
        # Leaving the loop does not hang up by itself.
        call.cancel()


async def follow_on(
    method: Callable[..., Any], request: Any, *, patience_seconds: float = PATIENCE_SECONDS
) -> AsyncGenerator[Any, None]:
    """Yield the responses of *method* to *request*; where the stream breaks, go on behind the last response.

    Raises:
        ArkaliaError: the node refused, was not there at first, or stayed away for longer than *patience_seconds*.

    """
    request, wait = type(request).FromString(request.SerializeToString()), _WAIT_SECONDS
    began, broken = False, 0.0
    while True:
        try:
            async with aclosing(follow(method, request)) as responses:
                async for response in responses:
                    began, broken, wait = True, 0.0, _WAIT_SECONDS
                    request.resume_token = response.resume_token
                    yield response
        except ArkaliaError as error:
            broken = broken or time.monotonic()
            if not (began and error.retryable) or time.monotonic() - broken > patience_seconds:
                raise
            wait = max(wait, error.retry_after_seconds or 0)
        await asyncio.sleep(min(wait, _WAIT_SECONDS_MAX))
        wait *= 2
