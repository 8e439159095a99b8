"""Runs calls, and raises what a program can branch on."""

from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from arkalia_client._errors import raising_arkalia_errors

TIMEOUT_SECONDS: Final = 10.0


async def ask(method: Callable[..., Any], request: Any, *, seconds: float = TIMEOUT_SECONDS) -> Any:
    """Return the answer of *method* to *request*.

    Raises:
        ArkaliaError: the node refused.
        UnreachableError: nobody answered in time.

    """
    with raising_arkalia_errors():
        return await method(request, timeout=seconds)


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
