"""Translates events between the contract and the kernel."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc

from luna.kernel.events import (
    EVERYTHING,
    Append,
    Appended,
    Checkpoint,
    Event,
    EventFilter,
    Expect,
    Expected,
    NewEvent,
    StreamCheck,
    StreamWrite,
)
from luna.kernel.times import fill_time, ns_of, timestamp

TYPE_URL: Final = "type.googleapis.com/"
_STATES: Final = {
    pb.STREAM_STATE_UNSPECIFIED: Expect.ANY,
    pb.STREAM_STATE_ANY: Expect.ANY,
    pb.STREAM_STATE_NO_STREAM: Expect.NO_STREAM,
    pb.STREAM_STATE_EXISTS: Expect.EXISTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an event says about itself where its sender left it out, and what it may carry."""

    source: str
    trace_id: str
    check: Callable[[str, bytes], None]
    """Refuses payloads that are not what their type says."""


class Events(Protocol):
    """A repeated field of events."""

    def add(self) -> pb.Event:
        """Append an empty event, and return it."""
        ...


def fill(into: pb.Event, event: Event) -> None:
    """Write *event* into an empty message. This is the hot path of every read."""
    into.event_id = event.event_id
    into.stream = event.stream
    into.stream_version = event.stream_version
    into.position = event.position
    into.type = event.type
    payload = into.payload
    payload.type_url = TYPE_URL + event.type
    payload.value = event.payload
    into.source = event.source
    fill_time(into.time, event.time_ns)
    if event.correlation_id:
        into.correlation_id = event.correlation_id
    if event.causation_id:
        into.causation_id = event.causation_id
    if event.trace_id:
        into.trace_id = event.trace_id
    into.schema_version = event.schema_version
    into.leaf_hash = event.leaf_hash


def fill_all(into: Events, events: Iterable[Event]) -> None:
    """Write *events* into a repeated field."""
    add = into.add
    for event in events:
        fill(add(), event)


async def append_from(request: rpc.AppendRequest, origin: Origin) -> Append:
    """Read an append, giving way to other tasks between its streams.

    Raises:
        PayloadError: a payload is not what its type says.

    """
    writes: list[StreamWrite] = []
    for part in request.appends:
        if writes:
            await asyncio.sleep(0)
        events = [_new_event(event, origin) for event in part.events]
        writes.append(StreamWrite(stream=part.stream, events=events, expected=_expected(part)))
    return Append(
        writes=writes,
        checks=[StreamCheck(stream=check.stream, expected=_expected(check)) for check in request.checks]
        if request.checks
        else (),
        checkpoint=_checkpoint(request),
    )


def fill_appended(into: rpc.AppendResponse, appended: Appended) -> rpc.AppendResponse:
    """Write the outcome of an append into an empty message, and return it."""
    into.duplicate = appended.duplicate
    for recorded in appended.events:
        entry = into.events.add()
        entry.event_id = recorded.event_id
        entry.position = recorded.position
        entry.stream = recorded.stream
        entry.stream_version = recorded.stream_version
    return into


def filter_from(message: pb.EventFilter) -> EventFilter:
    """Read a filter."""
    if not message.ByteSize():
        return EVERYTHING
    return EventFilter(
        stream=message.stream,
        category=message.category,
        types=frozenset(message.types),
        sources=frozenset(message.sources),
        correlation_id=message.correlation_id,
        since_ns=ns_of(message.since_time),
        until_ns=ns_of(message.until_time),
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


def _new_event(event: pb.NewEvent, origin: Origin) -> NewEvent:
    type = event.payload.type_url.rpartition("/")[2]
    payload = event.payload.value
    origin.check(type, payload)
    return NewEvent(
        type=type,
        payload=payload,
        event_id=event.event_id.lower(),
        source=event.source or origin.source,
        time_ns=ns_of(event.time) if event.HasField("time") else 0,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        trace_id=event.trace_id or origin.trace_id,
        schema_version=event.schema_version or 1,
    )


def _expected(holder: pb.StreamAppend | pb.StreamCheck) -> Expected:
    if not holder.HasField("expected"):
        return Expect.ANY
    expected = holder.expected
    return expected.version if expected.HasField("version") else _STATES[expected.state]


def _checkpoint(request: rpc.AppendRequest) -> Checkpoint | None:
    if not request.HasField("checkpoint"):
        return None
    return Checkpoint(consumer=request.checkpoint.consumer, position=request.checkpoint.position)
