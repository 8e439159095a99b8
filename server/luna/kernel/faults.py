"""The port through which parts of a process offer to go wrong on purpose."""

from collections.abc import Callable
from enum import IntEnum
from typing import Protocol, TypeAlias


class FaultKind(IntEnum):
    """What can go wrong. The numbers are those of the contract."""

    SLOW = 1
    ERROR = 2
    LOOP_BLOCK = 3
    MEMORY = 4
    CORRUPT_PROJECTION = 5
    CONSUMER_STUCK = 6
    PARTITION = 7
    DISK_QUOTA = 8


Undo: TypeAlias = Callable[[], None]
Damage: TypeAlias = Callable[[], Undo | None]
"""Does it, and returns what takes it back, if it can be."""


class FaultHooks(Protocol):
    """Takes note of what could go wrong."""

    def offer(self, kind: FaultKind, name: str, damage: Damage) -> None:
        """Say that *name*, such as a projection, can be damaged in that way."""
        ...


class NoFaults:
    """Nothing goes wrong on purpose."""

    def offer(self, kind: FaultKind, name: str, damage: Damage) -> None:
        """Leave it alone."""
