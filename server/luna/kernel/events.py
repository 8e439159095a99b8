"""The vocabulary of the event log, and the port every log implements."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol, TypeAlias

from luna.kernel.errors import DomainError

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamWrite:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One atomic change of the log: all of it is recorded, or nothing."""

    writes: Sequence[StreamWrite]
    checks: Sequence[StreamCheck] = ()
    checkpoint: Checkpoint | None = None
    """Acknowledged for its consumer in the same transaction, which makes the effect happen exactly once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Where one event of an append ended up."""

    event_id: str
    position: int
    stream: str
    stream_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheck:
    """One expectation that did not hold."""

    stream: str
    expected: Expected
    actual_version: int
    """The version of the stream's last event, 0 if there is no such stream."""


class EventLogError(DomainError):
    """Base of what the log refuses."""

    domain = "events.arkalia.dev"


class VersionConflictError(EventLogError):
    """Streams were not as the append expected. Nothing was recorded."""

    reason = "EVENT_ERROR_REASON_VERSION_CONFLICT"

    def __init__(self, failed: Sequence[FailedCheck]) -> None:
        found = "; ".join(f"{c.stream} is at version {c.actual_version}, expected {_spell(c.expected)}" for c in failed)
        super().__init__(
            f"nothing was recorded: {found}; read these streams again and retry on their current versions",
            **{f"actual_version/{c.stream}": c.actual_version for c in failed},
        )
        self.failed = tuple(failed)


class EventIdReusedError(EventLogError):
    """An event id is taken by an event with other content."""

    reason = "EVENT_ERROR_REASON_EVENT_ID_REUSED"

    def __init__(self, event_id: str, position: int) -> None:
        super().__init__(
            f"event id {event_id} was recorded at position {position} with other content; choose a new id",
            event_id=event_id,
            position=position,
        )


class EventIdRepeatedError(EventIdReusedError):
    """One append gives the same id to two events."""

    def __init__(self, event_id: str) -> None:
        EventLogError.__init__(
            self,
            f"event id {event_id} is given to two events of one append; choose another id for one of them",
            event_id=event_id,
        )


class AlreadyProcessedError(EventLogError):
    """The consumer has recorded its effect of this event before."""

    reason = "EVENT_ERROR_REASON_ALREADY_PROCESSED"

    def __init__(self, consumer: str, position: int) -> None:
        super().__init__(
            f"consumer {consumer!r} already recorded its effect of position {position}; acknowledge it and go on",
            consumer=consumer,
            position=position,
        )


class UnknownConsumerError(EventLogError):
    """There is no consumer of that name."""

    reason = "EVENT_ERROR_REASON_CONSUMER_UNKNOWN"

    def __init__(self, consumer: str) -> None:
        super().__init__(f"there is no consumer {consumer!r}; create it with CreateConsumer", consumer=consumer)


class LogFullError(EventLogError):
    """The disk has no room for the append. Reading goes on."""

    reason = "EVENT_ERROR_REASON_LOG_FULL"

    def __init__(self, path: object) -> None:
        super().__init__(f"no space left for {path}; free some room, appends resume by themselves", path=path)


class LogReadOnlyError(EventLogError):
    """The log cannot be written. Reading goes on."""

    reason = "EVENT_ERROR_REASON_LOG_READ_ONLY"

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} cannot be written ({why}); mend it, appends resume by themselves", path=path)


class EventLog(Protocol):
    """An append-only log shared by all modules.

    ``tests/contract/event_log.py`` states these promises as tests; an
    adapter is an event log exactly when that suite passes. Nothing here asks
    for more than a table, a transaction and a notification can give.
    """

    async def append(self, append: Append) -> Appended:
        """Record all of *append* or nothing. Returning means that it is durable.

        Raises:
            VersionConflictError: expectations failed; all that did are listed.
            EventIdReusedError: an event id belongs to another event.
            AlreadyProcessedError: the checkpoint was recorded before.
            UnknownConsumerError: the checkpoint names no consumer.
            LogFullError: the disk is full.
            LogReadOnlyError: the log cannot be written.

        """
        ...

    async def append_many(self, appends: Sequence[Append]) -> Sequence[Appended | EventLogError]:
        """Record each of *appends* in order, as `append` would, and share what a commit costs.

        The answer has the outcome of each append at its index. One refused
        append does not touch its neighbours.
        """
        ...

    async def read(
        self,
        filter: EventFilter = EVERYTHING,
        *,
        after: int = BEGINNING,
        limit: int = 500,
        direction: Direction = Direction.FORWARD,
    ) -> Page:
        """Return up to *limit* wanted events beyond *after*.

        Backward, *after* 0 starts at the head, and the page holds positions
        below *after*, newest first.
        """
        ...

    async def find(self, event_id: str) -> Event | None:
        """Return the event of that id, or ``None``."""
        ...

    async def head(self) -> int:
        """Return the position of the newest event, `BEGINNING` in an empty log."""
        ...

    async def stats(self) -> LogStats:
        """Return figures about the log."""
        ...

    def follow(self, filter: EventFilter = EVERYTHING, *, after: int) -> AsyncGenerator[Page, None]:
        """Yield pages of wanted events past *after*, in order, forever.

        An empty page is yielded when the head is reached for the first time,
        and whenever a filter has skipped many events. A slow reader holds
        nothing but its position. Whoever opens this closes it, with ``aclosing``.
        """
        ...


def _spell(expected: Expected) -> str:
    return str(expected) if isinstance(expected, int) else expected.value
