"""What the kernel knows about a process."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STOPPED: Final = frozenset("Tt")
"""Stopped by a signal or a debugger."""
ON_DISK: Final = "D"
"""Waiting for a device, and deaf to signals meanwhile."""
_TICK_SECONDS: Final = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStat:
    """A process at one moment."""

    state: str
    """One letter, as in ``ps``: R S D T Z."""
    cpu_seconds: float
    """What all of its threads have used."""
    rss_bytes: int


def process_stat(pid: int) -> ProcessStat | None:
    """Return how process *pid* is, ``None`` if there is none."""
    try:
        # The name before the last bracket may hold anything, brackets and blanks too.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return ProcessStat(
        state=fields[0],
        cpu_seconds=(int(fields[11]) + int(fields[12])) * _TICK_SECONDS,
        rss_bytes=int(fields[21]) * _PAGE_BYTES,
    )


def age_seconds(pid: int) -> float:
    """Return how long ago process *pid* was started, 0 if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) * _TICK_SECONDS)


def rss_bytes(pid: int | None) -> int | None:
    """Return the memory that process *pid* holds, ``None`` if that cannot be read."""
    found = process_stat(pid) if pid else None
    return found.rss_bytes if found else None


def memory_bytes() -> int:
    """Return how much memory there is for this node: that of the machine, or of the container it is in."""
    machine = os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES
    try:
        return min(machine, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):
        return machine
