"""The vocabulary of the event log.

What is made around the events of every append is a named tuple: it costs a third of a frozen dataclass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

BEGINNING: Final = 0
"""The position before the first event. Positions count from 1, without gaps."""


class Expect(Enum):
    """What a stream must look like for an append to go through."""

    ANY = "any"
    NO_STREAM = "no_stream"
    EXISTS = "exists"


Expected: TypeAlias = Expect | int
"""A state, or the exact version of the last event of the stream (versions count from 1)."""


class Direction(Enum):
    """Which way a read walks through the log."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact not yet recorded."""

    type: str
    """The full name of the payload's message, such as ``arkalia.zeroia.v1.DecisionMade``."""
    payload: bytes
    event_id: str = ""
    """A lower-case UUID, chosen by whoever may have to retry. Empty: the log assigns a UUIDv7."""
    source: str = ""
    time_ns: int = 0
    """When it happened, in nanoseconds since the epoch. 0: when it is recorded."""
    correlation_id: str = ""
    causation_id: str = ""
    trace_id: str = ""
    schema_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A recorded fact. Never changed, never moved."""

    position: int
    stream: str
    stream_version: int
    event_id: str
    type: str
    payload: bytes
    source: str
    time_ns: int
    correlation_id: str
    causation_id: str
    trace_id: str
    schema_version: int
    leaf_hash: bytes


class StreamWrite(NamedTuple):
    """Events for one stream, and what that stream must look like."""

    stream: str
    events: Sequence[NewEvent]
    expected: Expected = Expect.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCheck:
    """A condition on a stream that the append does not write."""

    stream: str
    expected: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The event whose effect an append records, and the consumer that handled it."""

    consumer: str
    position: int


class Append(NamedTuple):
    """One atomic change of the log: all of it is recorded, or nothing."""

    writes: Sequence[StreamWrite]
    checks: Sequence[StreamCheck] = ()
    checkpoint: Checkpoint | None = None
    """Acknowledged for its consumer in the same transaction, which makes the effect happen exactly once."""


class Recorded(NamedTuple):
    """Where one event of an append ended up."""

    event_id: str
    position: int
    stream: str
    stream_version: int


class Appended(NamedTuple):
    """The outcome of an append, one entry an event, in the order given."""

    events: Sequence[Recorded]
    duplicate: bool = False
    """Whether these very events were recorded before, so that nothing was written now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted. Every condition that is set must hold; none set means all events."""

    stream: str = ""
    category: str = ""
    """The part of the stream's name before its first ``/``."""
    types: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    correlation_id: str = ""
    since_ns: int = 0
    until_ns: int = 0
    """Exclusive. 0: no end."""

    def admits(self, event: Event) -> bool:
        """Tell whether *event* is wanted."""
        return (
            (not self.stream or event.stream == self.stream)
            and (not self.category or category_of(event.stream) == self.category)
            and (not self.types or event.type in self.types)
            and (not self.sources or event.source in self.sources)
            and (not self.correlation_id or event.correlation_id == self.correlation_id)
            and event.time_ns >= self.since_ns
            and (not self.until_ns or event.time_ns < self.until_ns)
        )


EVERYTHING: Final = EventFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some events, and the position up to which the log was searched for them."""

    events: Sequence[Event]
    position: int
    """Continue from here: the last event of the page or, where a filter skipped more, the last one looked at."""
    done: bool
    """Whether there was nothing beyond *position* when the page was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStats:
    """Figures about the log, each read from it when asked."""

    log_id: str
    """A UUID given to the log when it was created."""
    head: int
    first_position: int
    """The oldest event that retention has left, 0 in an empty log."""
    event_count: int
    stream_count: int
    size_bytes: int
    writable: bool
    """False while appends are refused, for example on a full disk."""
    types: Mapping[str, int] = field(default_factory=dict)
    """Events by type."""


def category_of(stream: str) -> str:
    """Return the part of *stream* before its first ``/``."""
    return stream.partition("/")[0]
