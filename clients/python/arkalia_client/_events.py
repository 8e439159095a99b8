"""The event client."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import Final

import grpc.aio
from arkalia.events.v1 import event_pb2, event_service_pb2
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from google.protobuf.message import Message

from arkalia_client._errors import UnreachableError, raising_arkalia_errors

TIMEOUT_SECONDS: Final = 10.0


class EventClient:
    """Talks to ``arkalia.events.v1.EventService``."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = EventServiceStub(channel)

    async def append(
        self,
        stream: str,
        payloads: Sequence[Message],
        *,
        expected_version: int | None = None,
        correlation_id: str = "",
    ) -> Sequence[event_pb2.RecordedEvent]:
        """Record *payloads* in *stream*, all of them or none.

        A lost answer is asked for again: every event carries an id, so it is
        never recorded twice.
        """
        addition = event_pb2.StreamAppend(stream=stream)
        if expected_version is not None:
            addition.expected.CopyFrom(_expected(expected_version))
        for payload in payloads:
            event = addition.events.add(event_id=str(uuid.uuid4()), correlation_id=correlation_id)
            event.payload.Pack(payload)
        request = event_service_pb2.AppendRequest(appends=[addition])
        try:
            return await self._append(request)
        except UnreachableError:
            return await self._append(request)

    async def read(
        self,
        *,
        filter: event_pb2.EventFilter | None = None,
        after: int = 0,
        limit: int = 0,
        backward: bool = False,
    ) -> AsyncGenerator[event_pb2.Event, None]:
        """Yield recorded events, up to *limit* or to the end."""
        direction = event_pb2.READ_DIRECTION_BACKWARD if backward else event_pb2.READ_DIRECTION_FORWARD
        call = self._stub.Read(
            event_service_pb2.ReadRequest(filter=filter, after_position=after, limit=limit, direction=direction)
        )
        try:
            with raising_arkalia_errors():
                async for batch in call:
                    for event in batch.events:
                        yield event
        finally:
            # Leaving the loop does not hang up by itself.
            call.cancel()

    async def watch(
        self, *, filter: event_pb2.EventFilter | None = None, resume_token: str = "", live: bool = False
    ) -> AsyncGenerator[tuple[Sequence[event_pb2.Event], str], None]:
        """Yield batches of events, each with the token that resumes just after it.

        In quiet times the batch is empty.
        """
        start = {"live": True} if live and not resume_token else {"resume_token": resume_token}
        call = self._stub.WatchEvents(event_service_pb2.WatchEventsRequest(filter=filter, **start))
        try:
            with raising_arkalia_errors():
                async for batch in call:
                    yield batch.events, batch.resume_token
        finally:
            call.cancel()

    async def _append(self, request: event_service_pb2.AppendRequest) -> Sequence[event_pb2.RecordedEvent]:
        with raising_arkalia_errors():
            answer = await self._stub.Append(request, timeout=TIMEOUT_SECONDS)
        return answer.events


def _expected(version: int) -> event_pb2.ExpectedVersion:
    if version == 0:
        return event_pb2.ExpectedVersion(state=event_pb2.STREAM_STATE_NO_STREAM)
    return event_pb2.ExpectedVersion(version=version)
