"""Keeps processes that run for long small: they run beside everything else, on machines of every size."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

UNUSED: Final = ("rich",)
"""What libraries import in case that somebody wants coloured tracebacks: five megabytes, and a tenth of the start."""
UNNEEDED: Final = ("_hashlib", *UNUSED, "ssl")
"""What else they do: nine megabytes in all for what a process that serves on Unix sockets and writes plain logs never
does."""


@contextmanager
def doing_without(*modules: str) -> Iterator[None]:
    """Have what is imported in the block find none of *modules*. Afterwards they can be imported as ever."""
    hidden = [module for module in modules if module not in sys.modules]
    for module in hidden:
        # What the import system takes for "there is none".
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]


def give_back() -> None:
    """Return to the system what starting took and nobody needs any more."""
    gc.collect()
    # Other libraries than glibc give it back by themselves.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
