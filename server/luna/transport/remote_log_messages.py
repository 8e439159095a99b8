"""Translates events between the kernel and the contract, on the side that calls the log."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc
from google.protobuf.any_pb2 import Any
from uuid_utils import uuid7

from luna.kernel.event_ids import measured
from luna.kernel.events import (
    Append,
    Appended,
    Event,
    EventFilter,
    Expect,
    Expected,
    LogStats,
    NewEvent,
    Recorded,
    StreamWrite,
)
from luna.kernel.times import fill_time, ns_of, timestamp
from luna.kernel.wire import field

_TYPE_URL: Final = "type.googleapis.com/"
_APPENDS: Final = rpc.AppendRequest.APPENDS_FIELD_NUMBER
_EVENTS: Final = pb.StreamAppend.EVENTS_FIELD_NUMBER
_PAYLOAD: Final = pb.NewEvent.PAYLOAD_FIELD_NUMBER
_VALUE: Final = Any.VALUE_FIELD_NUMBER
_STATES: Final = {
    Expect.ANY: pb.STREAM_STATE_ANY,
    Expect.NO_STREAM: pb.STREAM_STATE_NO_STREAM,
    Expect.EXISTS: pb.STREAM_STATE_EXISTS,
}


def append_to(append: Append, *, source: str, trace_id: str) -> Sequence[bytes]:
    """Return the parts that spell *append* together. Every event gets an id here, so that it may be sent again.

    A payload is one of the parts: it may have megabytes.

    Raises:
        ValueError: an id is not a lower-case UUID.

    """
    measured(append)
    request = rpc.AppendRequest()
    parts: list[bytes] = []
    for write in append.writes:
        if write.events:
            parts += field(_APPENDS, *_stream(write, source, trace_id))
        else:
            request.checks.add(stream=write.stream, expected=_expected(write.expected))
    for check in append.checks:
        request.checks.add(stream=check.stream, expected=_expected(check.expected))
    if append.checkpoint is not None:
        request.checkpoint.consumer = append.checkpoint.consumer
        request.checkpoint.position = append.checkpoint.position
    return [request.SerializeToString(), *parts]


def append_from(spelled: bytes) -> Append:
    """Read the events of an append that `append_to` spelled; what it expects of streams is left out.

    Raises:
        DecodeError: it is garbled.

    """
    request = rpc.AppendRequest.FromString(spelled)
    return Append([StreamWrite(each.stream, [_new_event(event) for event in each.events]) for each in request.appends])


def appended_from(message: rpc.AppendResponse) -> Appended:
    """Read the outcome of an append."""
    events = [
        Recorded(
            event_id=entry.event_id, position=entry.position, stream=entry.stream, stream_version=entry.stream_version
        )
        for entry in message.events
    ]
    return Appended(events=events, duplicate=message.duplicate)


def events_from(messages: Iterable[pb.Event]) -> list[Event]:
    """Read events. This is the hot path of every read."""
    return [event_from(message) for message in messages]


def event_from(message: pb.Event) -> Event:
    """Read an event."""
    return Event(
        position=message.position,
        stream=message.stream,
        stream_version=message.stream_version,
        event_id=message.event_id,
        type=message.type,
        payload=message.payload.value,
        source=message.source,
        time_ns=ns_of(message.time),
        correlation_id=message.correlation_id,
        causation_id=message.causation_id,
        trace_id=message.trace_id,
        schema_version=message.schema_version,
        leaf_hash=message.leaf_hash,
    )


def filter_to(filter: EventFilter) -> pb.EventFilter:
    """Spell a filter."""
    return pb.EventFilter(
        stream=filter.stream,
        category=filter.category,
        types=sorted(filter.types),
        sources=sorted(filter.sources),
        correlation_id=filter.correlation_id,
        since_time=timestamp(filter.since_ns) if filter.since_ns else None,
        until_time=timestamp(filter.until_ns) if filter.until_ns else None,
    )


def filter_from(message: pb.EventFilter) -> EventFilter:
    """Read a filter."""
    return EventFilter(
        stream=message.stream,
        category=message.category,
        types=frozenset(message.types),
        sources=frozenset(message.sources),
        correlation_id=message.correlation_id,
        since_ns=ns_of(message.since_time),
        until_ns=ns_of(message.until_time),
    )


def stats_from(message: rpc.GetStatsResponse) -> LogStats:
    """Read the figures of a log."""
    return LogStats(
        log_id=message.log_id,
        head=message.head_position,
        first_position=message.first_position,
        event_count=message.event_count,
        stream_count=message.stream_count,
        size_bytes=message.size_bytes,
        writable=message.writable,
        types=dict(message.type_counts),
    )


def _stream(write: StreamWrite, source: str, trace_id: str) -> Iterator[bytes]:
    expected = None if write.expected is Expect.ANY else _expected(write.expected)
    yield pb.StreamAppend(stream=write.stream, expected=expected).SerializeToString()
    for event in write.events:
        yield from field(_EVENTS, *_event(event, source, trace_id))


def _event(event: NewEvent, source: str, trace_id: str) -> Iterator[bytes]:
    spelled = pb.NewEvent(
        event_id=event.event_id or str(uuid7()),
        source=event.source or source,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        schema_version=event.schema_version,
        trace_id=event.trace_id or trace_id,
    )
    if event.time_ns:
        fill_time(spelled.time, event.time_ns)
    yield spelled.SerializeToString()
    yield from field(_PAYLOAD, _typed(event.type), *field(_VALUE, event.payload))


@cache
def _typed(type: str) -> bytes:
    """Return a payload of that type as it begins."""
    return Any(type_url=_TYPE_URL + type).SerializeToString()


def _new_event(message: pb.NewEvent) -> NewEvent:
    return NewEvent(
        type=message.payload.type_url.removeprefix(_TYPE_URL),
        payload=message.payload.value,
        event_id=message.event_id,
        source=message.source,
        time_ns=ns_of(message.time),
        correlation_id=message.correlation_id,
        causation_id=message.causation_id,
        trace_id=message.trace_id,
        schema_version=message.schema_version,
    )


def _expected(expected: Expected) -> pb.ExpectedVersion:
    if not isinstance(expected, Expect) and expected:
        return pb.ExpectedVersion(version=expected)
    # Version 0 is how a stream looks that is not there.
    return pb.ExpectedVersion(state=_STATES[expected or Expect.NO_STREAM])
