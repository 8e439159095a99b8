"""Judges an append, and turns it into events: the rules that every log of this process shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

from luna.kernel.event_errors import (
    AlreadyProcessedError,
    EventIdRepeatedError,
    EventIdReusedError,
    FailedCheck,
    VersionConflictError,
)
from luna.kernel.events import Append, Appended, Event, Expect, Expected, NewEvent, Recorded
from luna.kernel.leaf import leaf_of

_INT64_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known about an event by its id: where it is, and a digest of its content."""

    position: int
    stream: str
    stream_version: int
    time_ns: int
    trace_id: str
    leaf_hash: bytes


class Book(Protocol):
    """The state of a log that an append is judged by."""

    def version(self, stream: str) -> int:
        """Return the version of the stream's last event, 0 if there is no such stream."""
        ...

    def place(self, event_id: str) -> Place | None:
        """Return where the event of that id is."""
        ...

    def settled(self, consumer: str, position: int) -> bool:
        """Tell whether *consumer* has settled *position* for good.

        Raises:
            UnknownConsumerError: there is no such consumer.

        """
        ...


def judge(append: Append, book: Book) -> Appended | None:
    """Return the outcome that *append* had before, ``None`` if it may be recorded now.

    Raises:
        EventLogError: it may not be recorded.

    """
    if known := _known(append, book):
        return _earlier(append, known)
    checkpoint = append.checkpoint
    if checkpoint is not None and book.settled(checkpoint.consumer, checkpoint.position):
        raise AlreadyProcessedError(checkpoint.consumer, checkpoint.position)
    expectations: list[tuple[str, Expected]]
    expectations = [(write.stream, write.expected) for write in append.writes if write.expected is not Expect.ANY]
    if append.checks:
        expectations += [(check.stream, check.expected) for check in append.checks]
    failed = [
        FailedCheck(stream=stream, expected=expected, actual_version=version)
        for stream, expected in expectations
        if not _holds(expected, version := book.version(stream))
    ]
    if failed:
        raise VersionConflictError(failed)
    return None


class Draft(NamedTuple):
    """An event on its way into the log. It becomes an `Event` only when somebody reads it: many are never read."""

    new: NewEvent
    position: int
    stream: str
    stream_version: int
    event_id: str
    time_ns: int
    leaf_hash: bytes


def compose(
    append: Append, *, head: int, version: Callable[[str], int], now_ns: int, new_id: Callable[[], str]
) -> list[Draft]:
    """Return what *append* adds behind *head*.

    Raises:
        ValueError: a value cannot be recorded.

    """
    drafts: list[Draft] = []
    versions: dict[str, int] = {}
    for write in append.writes:
        stream = write.stream
        at = versions[stream] if stream in versions else version(stream)
        for new in write.events:
            head += 1
            at += 1
            drafts.append(draft_of(new, head, stream, at, new.event_id or new_id(), now_ns))
        versions[stream] = at
    return drafts


def draft_of(  # noqa: PLR0917  called once an event
    new: NewEvent, position: int, stream: str, stream_version: int, event_id: str, now_ns: int
) -> Draft:
    """Return what *new* becomes at *position*.

    Raises:
        ValueError: a value cannot be recorded.

    """
    time_ns = new.time_ns or now_ns
    if not (-_INT64_MAX <= time_ns <= _INT64_MAX and 0 <= new.schema_version <= _INT64_MAX):
        raise ValueError(f"time_ns {time_ns} or schema_version {new.schema_version} is out of range")
    leaf = _leaf(new, position, stream, stream_version, event_id, time_ns, new.trace_id)
    return Draft(new, position, stream, stream_version, event_id, time_ns, leaf)


def event_of(draft: Draft) -> Event:
    """Return the event that *draft* becomes."""
    new = draft.new
    return Event(
        position=draft.position,
        stream=draft.stream,
        stream_version=draft.stream_version,
        event_id=draft.event_id,
        type=new.type,
        payload=new.payload,
        source=new.source,
        time_ns=draft.time_ns,
        correlation_id=new.correlation_id,
        causation_id=new.causation_id,
        trace_id=new.trace_id,
        schema_version=new.schema_version,
        leaf_hash=draft.leaf_hash,
    )


def appended(drafts: Sequence[Draft]) -> Appended:
    """Return the outcome of an append that recorded *drafts*."""
    return Appended([Recorded(id, position, stream, version) for _, position, stream, version, id, _, _ in drafts])


def place_of(draft: Draft) -> Place:
    """Return what will be known about an event by its id."""
    return Place(
        position=draft.position,
        stream=draft.stream,
        stream_version=draft.stream_version,
        time_ns=draft.time_ns,
        trace_id=draft.new.trace_id,
        leaf_hash=draft.leaf_hash,
    )


def _leaf(  # noqa: PLR0917  called once an event
    new: NewEvent, position: int, stream: str, version: int, event_id: str, time_ns: int, trace_id: str
) -> bytes:
    return leaf_of(
        position,
        stream,
        version,
        event_id,
        new.type,
        new.source,
        time_ns,
        new.correlation_id,
        new.causation_id,
        trace_id,
        new.schema_version,
        sha256(new.payload).digest(),
    )


def _known(append: Append, book: Book) -> dict[str, Place]:
    """Return the places of those ids that are recorded already.

    Raises:
        EventIdRepeatedError: the append itself uses an id twice.

    """
    ids = [new.event_id for write in append.writes for new in write.events if new.event_id]
    if len(set(ids)) < len(ids):
        raise EventIdRepeatedError(next(id for id in ids if ids.count(id) > 1))
    return {id: place for id in ids if (place := book.place(id))}


def _earlier(append: Append, known: dict[str, Place]) -> Appended:
    """Return the places of an append that was recorded before.

    Raises:
        EventIdReusedError: what was recorded under these ids is something else.

    """
    first = next(iter(known.items()))
    recorded: list[Recorded] = []
    for write in append.writes:
        for new in write.events:
            place = known.get(new.event_id)
            if place is None:
                raise EventIdReusedError(first[0], first[1].position)
            if not _same(new, write.stream, place):
                raise EventIdReusedError(new.event_id, place.position)
            recorded.append(
                Recorded(
                    event_id=new.event_id,
                    position=place.position,
                    stream=place.stream,
                    stream_version=place.stream_version,
                )
            )
    return Appended(events=recorded, duplicate=True)


def _same(new: NewEvent, stream: str, place: Place) -> bool:
    """Tell whether *new* is what was recorded. The trace may differ: it belongs to the attempt."""
    version, time_ns = place.stream_version, place.time_ns
    return new.time_ns in {0, time_ns} and place.leaf_hash == _leaf(
        new, place.position, stream, version, new.event_id, time_ns, place.trace_id
    )


def _holds(expected: Expected, version: int) -> bool:
    match expected:
        case Expect.ANY:
            return True
        case Expect.NO_STREAM:
            return version == 0
        case Expect.EXISTS:
            return version > 0
        case int():
            return version == expected
