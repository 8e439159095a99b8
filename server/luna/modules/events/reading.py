"""Reads the log for callers, in batches that share the cost of a message."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Final

from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc

from luna.kernel import tokens
from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Direction, Event, EventFilter, Page
from luna.kernel.streams import with_pauses
from luna.modules.events.errors import EventUnknownError
from luna.modules.events.translate import fill, fill_all, filter_from

BATCH_MAX: Final = 500
BATCH_BYTES_MAX: Final = 1024 * 1024
_ENVELOPE_BYTES: Final = 300
"""About what an event takes besides its payload."""


class Reader:
    """Answers what was recorded."""

    def __init__(self, log: EventLog, *, checkpoint_seconds: float) -> None:
        self._log = log
        self._checkpoint_seconds = checkpoint_seconds
        self._log_id = ""

    async def get(self, event_id: str) -> rpc.GetEventResponse:
        """Find one event."""
        event = await self._log.find(event_id.lower())
        if event is None:
            raise EventUnknownError(event_id)
        response = rpc.GetEventResponse()
        fill(response.event, event)
        return response

    async def get_many(self, event_ids: Sequence[str]) -> AsyncGenerator[rpc.BatchGetEventsResponse, None]:
        """Yield the events that there are, in batches."""
        found = await self._log.find_many([event_id.lower() for event_id in event_ids])
        begin = 0
        for end in (*cuts(found, BATCH_MAX), len(found)):
            response = rpc.BatchGetEventsResponse()
            fill_all(response.events, found[begin:end])
            yield response
            begin = end

    async def find(self, event_ids: Sequence[str]) -> rpc.FindEventsResponse:
        """Find events, as many as fit into a message."""
        ids = [event_id.lower() for event_id in event_ids]
        found = await self._log.find_many(ids)
        end = next(cuts(found, BATCH_MAX), len(found))
        response = rpc.FindEventsResponse(searched_count=_searched(ids, found, end))
        fill_all(response.events, found[:end])
        return response

    async def page(self, request: rpc.ReadPageRequest) -> rpc.ReadPageResponse:
        """Read a page of the log, as much of it as fits into a message."""
        page = await self._log.read(
            filter_from(request.filter),
            after=request.after_position,
            limit=request.limit or BATCH_MAX,
            direction=_direction(request.direction),
        )
        events, position, last = next(batches(page, BATCH_MAX))
        response = rpc.ReadPageResponse(position=position, done=page.done and last)
        fill_all(response.events, events)
        return response

    async def read(self, request: rpc.ReadRequest) -> AsyncGenerator[rpc.ReadResponse, None]:
        """Yield batches up to the limit, the first event or the present head."""
        size = request.batch_size or BATCH_MAX
        async for page in self.pages(
            filter_from(request.filter),
            after=request.after_position,
            limit=request.limit,
            direction=_direction(request.direction),
        ):
            for events, position, last in batches(page, size):
                response = rpc.ReadResponse(position=position, done=page.done and last)
                fill_all(response.events, events)
                yield response
                if request.one_page:
                    return

    async def pages(
        self, filter: EventFilter, *, after: int, limit: int = 0, direction: Direction = Direction.FORWARD
    ) -> AsyncGenerator[Page, None]:
        """Yield pages until *limit* events were found, or up to the end that the log has now."""
        end = await self._log.head() if direction is Direction.FORWARD and not limit else None
        left = limit
        while True:
            page = await self._log.read(
                filter, after=after, limit=min(left, BATCH_MAX) if limit else BATCH_MAX, direction=direction
            )
            if end is not None and page.position >= end:
                page = _until(page, end)
            yield page
            left -= len(page.events)
            after = page.position
            if page.done or (limit and left <= 0):
                return

    async def watch(self, request: rpc.WatchEventsRequest) -> AsyncGenerator[rpc.WatchEventsResponse, None]:
        """Yield what is recorded already and then what is new, and a checkpoint whenever it is quiet."""
        log_id = await self.log_id()
        position = await self._start(request, log_id)
        size = request.batch_size or BATCH_MAX
        caught_up = False
        pages = self._log.follow(filter_from(request.filter), after=position)
        async with aclosing(with_pauses(pages, every=self._checkpoint_seconds)) as news:
            async for page in news:
                if page is None:
                    yield rpc.WatchEventsResponse(caught_up=caught_up, resume_token=tokens.issue(log_id, position))
                    continue
                for events, position, last in batches(page, size):
                    caught_up = caught_up or (page.done and last)
                    response = rpc.WatchEventsResponse(caught_up=caught_up, resume_token=tokens.issue(log_id, position))
                    fill_all(response.events, events)
                    yield response

    async def stats(self) -> rpc.GetStatsResponse:
        """Return figures about the log."""
        stats = await self._log.stats()
        return rpc.GetStatsResponse(
            log_id=stats.log_id,
            head_position=stats.head,
            first_position=stats.first_position,
            event_count=stats.event_count,
            stream_count=stats.stream_count,
            size_bytes=stats.size_bytes,
            writable=stats.writable,
            type_counts=stats.types,
        )

    async def log_id(self) -> str:
        """Return the id of the log, which never changes."""
        if not self._log_id:
            self._log_id = (await self._log.stats()).log_id
        return self._log_id

    async def _start(self, request: rpc.WatchEventsRequest, log_id: str) -> int:
        start = request.WhichOneof("start")
        if start == "resume_token" and request.resume_token:
            return tokens.redeem(request.resume_token, log_id)
        if start == "live" and request.live:
            return await self._log.head()
        return request.after_position if start == "after_position" else BEGINNING


def batches(page: Page, size: int) -> Iterator[tuple[Sequence[Event], int, bool]]:
    """Cut *page* into messages: their events, the position they end at, and whether it is the last one.

    A message has at most *size* events and, unless it holds just one, not
    much more than a mebibyte.
    """
    begin = 0
    events = page.events
    for end in cuts(events, size):
        yield events[begin:end], events[end - 1].position, False
        begin = end
    yield events[begin:], page.position, True


def cuts(events: Sequence[Event], size: int) -> Iterator[int]:
    """Yield where to cut *events* so that each part fits into a message."""
    begin = 0
    weight = 0
    for index, event in enumerate(events):
        bytes_ = len(event.payload) + _ENVELOPE_BYTES
        if index > begin and (index - begin >= size or weight + bytes_ > BATCH_BYTES_MAX):
            yield index
            begin, weight = index, 0
        weight += bytes_


def _direction(asked: pb.ReadDirection) -> Direction:
    return Direction.BACKWARD if asked == pb.READ_DIRECTION_BACKWARD else Direction.FORWARD


def _searched(ids: Sequence[str], found: Sequence[Event], end: int) -> int:
    """Return how many of *ids* come before the one of ``found[end]``."""
    index = 0
    for searched, event_id in enumerate(ids):
        if index < len(found) and found[index].event_id == event_id:
            if index == end:
                return searched
            index += 1
    return len(ids)


def _until(page: Page, end: int) -> Page:
    events = [event for event in page.events if event.position <= end]
    return Page(events=events, position=end if page.events else page.position, done=True)
