"""Finds the processes that work for an index."""

from types import ModuleType

import psutil


def children(module: ModuleType) -> list[psutil.Process]:
    """Return the processes of ours that run *module*."""
    return [each for each in psutil.Process().children(recursive=True) if _runs(each, module)]


def _runs(process: psutil.Process, module: ModuleType) -> bool:
    try:
        return module.__name__ in process.cmdline()
    except psutil.NoSuchProcess:
        # Nor does one that is merely waiting to be collected.
        return False
