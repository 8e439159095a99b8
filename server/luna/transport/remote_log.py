"""The event log of another process."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Final, Self, TypeVar

import grpc.aio
from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc
from arkalia.events.v1 import event_service_pb2_grpc as stubs

from luna.kernel import tokens
from luna.kernel.context import NO_CALL, CallContext, current_call
from luna.kernel.event_errors import EventLogError
from luna.kernel.event_ids import is_id
from luna.kernel.events import BEGINNING, EVERYTHING, Append, Appended, Direction, Event, EventFilter, LogStats, Page
from luna.transport.remote_log_appends import AppendStream, Outcome
from luna.transport.remote_log_errors import refusal_from
from luna.transport.remote_log_messages import (
    append_to,
    appended_from,
    events_from,
    filter_to,
    stats_from,
)
from luna.transport.remote_log_patience import SECONDS, deadline_of, persist, raise_unless_broken, waits

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")

_DIRECTIONS: Final = {Direction.FORWARD: pb.READ_DIRECTION_FORWARD, Direction.BACKWARD: pb.READ_DIRECTION_BACKWARD}
_PAGE_MAX: Final = 500
_FOUND_MAX: Final = 500


class RemoteEventLog:
    """An `EventLog` that asks the process which owns the log, and waits while that one restarts."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        source: str = "",
        patience_seconds: float = SECONDS,
        behind: CallContext = NO_CALL,
    ) -> None:
        """Use *channel*, which stays the caller's to close.

        Args:
            channel: leads to a server of ``arkalia.events.v1.EventService``.
            source: the `source` of events that name none.
            patience_seconds: how long a caller waits that has no deadline of its own.
            behind: on whose behalf appends travel, which share one stream.

        """
        self._stub: stubs.EventServiceAsyncStub = stubs.EventServiceStub(channel)
        self._appends = AppendStream(channel, behind=behind)
        self._source = source
        self._patience = patience_seconds
        self._id = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Hang up."""
        await self._appends.aclose()

    async def append(self, append: Append) -> Appended:
        """Record all of *append* or nothing."""
        (outcome,) = await self._submit([append])
        found = _read(outcome, append)
        if isinstance(found, Exception):
            raise found
        return found

    async def append_many(self, appends: Sequence[Append]) -> Sequence[Appended | EventLogError]:
        """Record each of *appends* in order."""
        found: list[Appended | EventLogError] = []
        for append, outcome in zip(appends, await self._submit(appends), strict=True):
            entry = _read(outcome, append)
            if not isinstance(entry, Appended | EventLogError):
                raise entry
            found.append(entry)
        return found

    async def read(
        self,
        filter: EventFilter = EVERYTHING,
        *,
        after: int = BEGINNING,
        limit: int = 500,
        direction: Direction = Direction.FORWARD,
    ) -> Page:
        """Return up to *limit* wanted events beyond *after*."""
        request = rpc.ReadPageRequest(
            filter=filter_to(filter),
            after_position=after,
            direction=_DIRECTIONS[direction],
            limit=min(limit, _PAGE_MAX),
        )

        async def attempt(seconds: float) -> Page:
            page = await self._stub.ReadPage(request, timeout=seconds)
            return Page(events=events_from(page.events), position=page.position, done=page.done)

        return await persist(attempt, seconds=self._patience)

    async def find(self, event_id: str) -> Event | None:
        """Return the event of that id, or ``None``."""
        # That there is none is no failure, which would cost several times as much.
        return next(iter(await self.find_many([event_id])), None)

    async def find_many(self, event_ids: Sequence[str]) -> Sequence[Event]:
        """Return the events of those ids that there are, in that order."""
        left = [event_id for event_id in event_ids if is_id(event_id)]
        found: list[Event] = []
        while left:
            request = rpc.FindEventsRequest(event_ids=left[:_FOUND_MAX])

            async def attempt(seconds: float, request: rpc.FindEventsRequest = request) -> rpc.FindEventsResponse:
                return await self._stub.FindEvents(request, timeout=seconds)

            response = await persist(attempt, seconds=self._patience)
            found += events_from(response.events)
            left = left[response.searched_count :]
        return found

    async def head(self) -> int:
        """Return the position of the newest event."""
        return (await self.stats()).head

    async def stats(self) -> LogStats:
        """Return figures about the log."""

        async def attempt(seconds: float) -> LogStats:
            return stats_from(await self._stub.GetStats(rpc.GetStatsRequest(), timeout=seconds))

        return await persist(attempt, seconds=self._patience)

    async def follow(self, filter: EventFilter = EVERYTHING, *, after: int) -> AsyncGenerator[Page, None]:
        """Yield pages of wanted events past *after*, in order, forever, whatever happens to the connection."""
        log_id = await self._log_id()
        told = False
        pauses = waits()
        while True:
            request = rpc.WatchEventsRequest(filter=filter_to(filter), after_position=after)
            try:
                async with aclosing(_responses(self._stub.WatchEvents(request))) as responses:
                    async for response in responses:
                        pauses = waits()
                        position = tokens.redeem(response.resume_token, log_id)
                        reached = response.caught_up and not response.events
                        if response.events or position != after or (reached and not told):
                            told = told or reached
                            after = position
                            yield Page(events=events_from(response.events), position=after, done=response.caught_up)
            except grpc.aio.AioRpcError as error:
                raise_unless_broken(error)
            await asyncio.sleep(next(pauses))

    async def _log_id(self) -> str:
        if not self._id:
            self._id = (await self.stats()).log_id
        return self._id

    async def _submit(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        trace_id = current_call().trace_id
        requests = [append_to(append, source=self._source, trace_id=trace_id) for append in appends]
        return await self._appends.submit(requests, deadline=deadline_of(self._patience)) if requests else ()


def _read(outcome: Outcome, append: Append) -> Appended | Exception:
    if isinstance(outcome, Exception):
        return outcome
    if outcome.HasField("error"):
        return refusal_from(outcome.error, append) or RuntimeError(outcome.error.message)
    return appended_from(outcome.appended)


async def _responses(call: "grpc.aio.UnaryStreamCall[RequestT, ResponseT]") -> AsyncGenerator[ResponseT, None]:
    """Yield the responses of *call*, and hang up when this is closed."""
    try:
        async for response in call:
            yield response
    finally:
        # Leaving the loop does not hang up by itself.
        call.cancel()
