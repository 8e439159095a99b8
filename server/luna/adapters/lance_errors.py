"""Says in words of ours how LanceDB fails, and tries again where that is the answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from luna.kernel.memory_errors import IndexFullError, IndexUnavailableError

# What its native part raises, whatever went wrong inside; its messages tell the rest.
FAILURES = (RuntimeError, OSError, ValueError)

_ATTEMPTS = 8
_PAUSE_SECONDS = 0.02
_FULL = ("no space left", "os error 28", "disk quota exceeded", "file too large", "os error 27")
_CONFLICT = ("conflict", "concurrent", "retry")

T = TypeVar("T")


@contextmanager
def spoken(doing: str) -> Iterator[None]:
    """Raise failures of the storage as those that the port names.

    Raises:
        IndexFullError: there is no room.
        IndexUnavailableError: anything else.

    """
    try:
        yield
    except FAILURES as error:
        message = " ".join(str(error).split())[:300]
        if any(word in message.lower() for word in _FULL):
            raise IndexFullError(f"no room is left for {doing}; free some, nothing is lost meanwhile") from error
        raise IndexUnavailableError(f"{doing} failed: {message}") from error


def is_conflict(error: Exception) -> bool:
    """Return whether somebody else's commit came first, so that trying again is the answer."""
    return any(word in str(error).lower() for word in _CONFLICT)


async def insistently(write: Callable[[], Awaitable[T]], attempts: int = _ATTEMPTS) -> T:
    """Do *write*, and again while somebody else has committed first."""
    for attempt in range(attempts - 1):
        try:
            return await write()
        except FAILURES as error:
            if not is_conflict(error):
                raise
            await asyncio.sleep(_PAUSE_SECONDS * 2**attempt)
    return await write()
