"""Says in words of ours how LanceDB fails."""

from collections.abc import Iterator
from contextlib import contextmanager

from luna.kernel.memory_errors import IndexFullError, IndexUnavailableError

# What its native part raises, whatever went wrong inside; its messages tell the rest.
FAILURES = (RuntimeError, OSError, ValueError)

_FULL = ("no space left", "os error 28", "disk quota exceeded", "file too large", "os error 27")
_CONFLICT = ("conflict", "concurrent", "retry")


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
