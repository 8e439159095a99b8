"""Reads how the system let a thread run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How a thread got on with the others, since it began."""

    ran_seconds: float
    waited_seconds: float
    """How long it could have run, and had no processor."""


def schedule(thread: int) -> Schedule | None:
    """Return how *thread* was scheduled, ``None`` if the kernel does not say. A process's pid is its main thread."""
    try:
        ran, waited, _ = Path(f"/proc/{thread}/schedstat").read_text().split()
    except (OSError, ValueError):
        return None
    return Schedule(ran_seconds=int(ran) / 1e9, waited_seconds=int(waited) / 1e9)
