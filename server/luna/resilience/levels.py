"""How much of its work a node does at each level, and whose."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

CRITICAL: Final = 1


class Level(IntEnum):
    """How much of its work a node does. The numbers are those of the contract."""

    NORMAL = 1
    LIGHT = 2
    MODERATE = 3
    HEAVY = 4
    EMERGENCY = 5
    SURVIVAL = 6


CAPACITY: Final[Mapping[Level, float]] = {
    Level.NORMAL: 1.0,
    Level.LIGHT: 0.95,
    Level.MODERATE: 0.8,
    Level.HEAVY: 0.6,
    Level.EMERGENCY: 0.4,
    Level.SURVIVAL: 0.2,
}
"""The share of its capacity that a node uses."""


class Treatment(Enum):
    """What is done with work of one priority."""

    FULL = "full"
    LIMITED = "limited"
    """Let in as if it were optional: only while there is much room."""
    REFUSED = "refused"


_MEDIUM: Final = 3
_REFUSES_FROM: Final = (6, 5, 4, 4, 3, 2)
"""For each level the first priority that is refused."""


def treatment(level: Level, priority: int) -> Treatment:
    """Return what is done with work of *priority* at *level*."""
    if refuses(level, priority):
        return Treatment.REFUSED
    return Treatment.LIMITED if level is Level.HEAVY and priority == _MEDIUM else Treatment.FULL


def refuses(level: Level, priority: int) -> bool:
    """Tell whether work of *priority* is refused at *level*."""
    return priority >= _REFUSES_FROM[level - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something that can be suspended."""

    priority: int
    """That of the most important work it does."""
    requires: Collection[str] = ()
    """The services that it does not work without."""


def suspended(level: Level, services: Mapping[str, Service]) -> frozenset[str]:
    """Return those of *services* that do no work at *level*: nothing that works requires one of them.

    What a CRITICAL service requires works as long as that does. What else
    requires a suspended service is suspended too.
    """
    kept = _closure({name for name, service in services.items() if service.priority == CRITICAL}, services)
    found = {name for name, service in services.items() if refuses(level, service.priority)} - kept
    while more := {name for name, service in services.items() if found.intersection(service.requires)} - found:
        found |= more
    return frozenset(found)


def _closure(names: set[str], services: Mapping[str, Service]) -> set[str]:
    while more := {needed for name in names if name in services for needed in services[name].requires} - names:
        names |= more
    return names
