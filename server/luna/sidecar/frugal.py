"""Keeps the sidecar small: it runs beside everything else, on machines of every size."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def plain_tracebacks() -> Iterator[None]:
    """Have structlog, if it is imported in the block, do without `rich`: five megabytes for colours in a file."""
    if "rich" in sys.modules:
        yield
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  what import takes for "there is none"
    try:
        yield
    finally:
        del sys.modules["rich"]


def give_back() -> None:
    """Return to the system what starting took and nobody needs any more."""
    gc.collect()
    # Other libraries than glibc give it back by themselves.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
