"""What this module derives from the log: how often breakers and the level changed, and what they did last. Pure."""

from typing import Final

from arkalia.node.v1 import health_pb2
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.events import Event, EventFilter
from luna.kernel.projection import Derivation, Entries
from luna.modules.resilience.record import CIRCUIT_TRANSITION, DEGRADATION_CHANGED, Streams

CIRCUITS: Final = "resilience/circuits"
DEGRADATION: Final = "resilience/degradation"


def derivations(streams: Streams) -> tuple[Derivation, ...]:
    """Return what is derived from the streams of a node."""
    return (
        Derivation(
            name=CIRCUITS,
            wanted=EventFilter(stream=streams.breaker, types=frozenset({CIRCUIT_TRANSITION})),
            fold=_circuits,
        ),
        Derivation(
            name=DEGRADATION,
            wanted=EventFilter(stream=streams.degradation, types=frozenset({DEGRADATION_CHANGED})),
            fold=_degradation,
        ),
    )


def _circuits(entries: Entries, event: Event) -> Entries:
    """For each breaker: how often it changed, and its last transition."""
    name = facts.CircuitTransition.FromString(event.payload).name
    return {name: _counted(entries.get(name), event.payload)}


def _degradation(entries: Entries, event: Event) -> Entries:
    """For each level: how often it was entered, and how the last time."""
    number = facts.DegradationChanged.FromString(event.payload).degradation.level
    level = health_pb2.DegradationLevel.Name(number)
    return {level: _counted(entries.get(level), event.payload), "now": event.payload}


def _counted(before: bytes | None, last: bytes) -> bytes:
    count = int(before.partition(b" ")[0]) if before else 0
    return b"%d %s" % (count + 1, last)
