"""Spells the command line that runs this very program again, as another process of the node."""

import sys
from dataclasses import fields
from typing import Final

from luna.settings import Settings

# glibc gives each thread an arena of its own, which these processes with their many idle threads only pay for. NumPy
# asks for pages of 2 MB, each of which is emptied as a whole, long before most of it is written.
_SHARED: Final = ("MALLOC_ARENA_MAX=2", "NUMPY_MADVISE_HUGEPAGE=0")
_FRUGAL: Final = ("MALLOC_MMAP_THRESHOLD_=65536", "MALLOC_TRIM_THRESHOLD_=65536", "PYTHONNODEBUGRANGES=1")
"""What makes the sidecar smaller, and would make what serves calls slower."""


def luna_command(settings: Settings, *arguments: str) -> list[str]:
    """Return the command line that runs this very program with these very *settings*."""
    # Options of the command line may have changed what the environment says.
    # Everybody on the machine can read a command line, so secrets stay in the environment that is handed down.
    told = [(field.name, getattr(settings, field.name)) for field in fields(settings) if field.repr]
    assignments = [f"ARKALIA_{name.upper()}={'' if value is None else value}" for name, value in told]
    frugal = _FRUGAL if arguments[:1] == ("supervise",) else ()
    return ["env", *_SHARED, *frugal, *assignments, sys.executable, "-m", "luna", *arguments]
