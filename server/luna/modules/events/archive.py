"""Carries events out of the log and back into one."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc

from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventLogError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Appended, Event, NewEvent, StreamWrite
from luna.kernel.leaf import leaf_hash
from luna.kernel.times import duration, ns_of
from luna.modules.events import payloads
from luna.modules.events.errors import LeafHashError
from luna.modules.events.reading import BATCH_MAX, Reader, batches
from luna.modules.events.translate import fill_all, filter_from


class Archive:
    """Exports and imports events."""

    def __init__(self, log: EventLog, reader: Reader, clock: Clock) -> None:
        self._log = log
        self._reader = reader
        self._clock = clock

    async def export(self, request: rpc.ExportRequest) -> AsyncGenerator[rpc.ExportResponse, None]:
        """Yield the wanted events up to the head that the log has now."""
        started = self._clock.monotonic()
        begin = request.after_position
        total = max(0, await self._log.head() - begin)
        async for page in self._reader.pages(filter_from(request.filter), after=begin):
            for events, position, _ in batches(page, BATCH_MAX):
                response = rpc.ExportResponse()
                fill_all(response.events, events)
                response.progress.done_count = max(0, min(total, position - begin))
                response.progress.total_count = total
                response.progress.elapsed.CopyFrom(duration(self._clock.monotonic() - started))
                yield response

    async def restore(self, requests: AsyncIterator[rpc.ImportRequest]) -> AsyncGenerator[rpc.ImportResponse, None]:
        """Record each batch, and yield how many events were new and how many were there already.

        Raises:
            LeafHashError: an event is not the one that was exported.
            PayloadError: a payload is not what its type says.
            EventIdReusedError: the log has another event of that id.

        """
        recorded = duplicates = 0
        async for request in requests:
            outcomes = await self._log.append_many([_append(event) for event in request.events])
            known = _duplicates(outcomes)
            duplicates += known
            recorded += len(outcomes) - known
            yield rpc.ImportResponse(recorded_count=recorded, duplicate_count=duplicates)


def _append(event: pb.Event) -> Append:
    payloads.check(event.type, event.payload.value)
    exported = _exported(event)
    if leaf_hash(exported) != event.leaf_hash:
        raise LeafHashError(event.event_id)
    new = NewEvent(
        type=exported.type,
        payload=exported.payload,
        event_id=exported.event_id,
        source=exported.source,
        time_ns=exported.time_ns,
        correlation_id=exported.correlation_id,
        causation_id=exported.causation_id,
        trace_id=exported.trace_id,
        schema_version=exported.schema_version,
    )
    return Append(writes=[StreamWrite(stream=exported.stream, events=[new])])


def _exported(event: pb.Event) -> Event:
    return Event(
        position=event.position,
        stream=event.stream,
        stream_version=event.stream_version,
        event_id=event.event_id,
        type=event.type,
        payload=event.payload.value,
        source=event.source,
        time_ns=ns_of(event.time),
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        trace_id=event.trace_id,
        schema_version=event.schema_version,
        leaf_hash=event.leaf_hash,
    )


def _duplicates(outcomes: Sequence[Appended | EventLogError]) -> int:
    """Count what was there already.

    Raises:
        EventLogError: an event was refused.

    """
    count = 0
    for outcome in outcomes:
        if not isinstance(outcome, Appended):
            raise outcome
        count += outcome.duplicate
    return count
