"""Spells the command line that runs this very program again, as another process of the node."""

import sys
from dataclasses import fields
from typing import Final

from luna.settings import Settings

_FRUGAL: Final = ("MALLOC_MMAP_THRESHOLD_=65536", "MALLOC_TRIM_THRESHOLD_=65536", "PYTHONNODEBUGRANGES=1")
"""What makes the sidecar smaller, and would make what serves calls slower."""


def luna_command(settings: Settings, *arguments: str) -> list[str]:
    """Return the command line that runs this very program with these very *settings*."""
    # Options of the command line may have changed what the environment says.
    # Everybody on the machine can read a command line, so secrets stay in the environment that is handed down.
    told = [(field.name, getattr(settings, field.name)) for field in fields(settings) if field.repr]
    assignments = [f"ARKALIA_{name.upper()}={'' if value is None else value}" for name, value in told]
    # glibc gives each thread an arena of its own, which these processes with their many idle threads only pay for.
    frugal = _FRUGAL if arguments[:1] == ("supervise",) else ()
    return ["env", "MALLOC_ARENA_MAX=2", *frugal, *assignments, sys.executable, "-m", "luna", *arguments]
