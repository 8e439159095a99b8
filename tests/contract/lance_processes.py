"""Finds the processes that work for an index."""

from types import ModuleType

import psutil


def children(module: ModuleType) -> list[psutil.Process]:
    """Return the processes of ours that run *module*."""
    return [each for each in psutil.Process().children(recursive=True) if _runs(each, module)]


def _runs(process: psutil.Process, module: ModuleType) -> bool:
    try:
        return is_alive(process) and module.__name__ in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def is_alive(process: psutil.Process) -> bool:
    """Tell whether *process* runs, and is not merely waiting to be collected."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
