"""Translates between the contract of cycles and the coordinator."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, TypeAlias

import grpc.aio
from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc
from arkalia.zeroia.v1 import zeroia_service_pb2_grpc as stubs

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.feed import Feed
from luna.kernel.times import duration_of_ns
from luna.modules.zeroia.coordinator import Coordinator
from luna.modules.zeroia.errors import TooManyBucketsError
from luna.modules.zeroia.history import COMPLETED, CycleHistory
from luna.modules.zeroia.timeline import BUCKETS_MAX, Beat, Timeline

BUCKET_DEFAULT_NS: Final = 3600 * 1_000_000_000
DAY_NS: Final = 86_400 * 1_000_000_000
_QUICK_MAX: Final = 500
"""More cycles than these are added up in a thread: it takes more than a millisecond or two."""

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class CoordinatorServicer(stubs.CoordinatorServiceServicer):
    """Implements ``arkalia.zeroia.v1.CoordinatorService``."""

    def __init__(self, coordinator: Coordinator, feed: Feed, events: EventLog, clock: Clock) -> None:
        self._coordinator = coordinator
        self._feed = feed
        self._history = CycleHistory(events)
        self._clock = clock

    async def RunCycle(self, request: rpc.RunCycleRequest, context: Context) -> rpc.RunCycleResponse:
        return rpc.RunCycleResponse(cycle=await self._coordinator.cycle(request.cycle_id, called=True))

    async def WatchCycles(
        self, request: rpc.WatchCyclesRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchCyclesResponse, None]:
        token = request.resume_token
        after = await self._feed.resumed(token) if token else await self._feed.last(COMPLETED)
        async with aclosing(self._feed.watch(COMPLETED, after=after)) as news:
            async for heard in news:
                yield rpc.WatchCyclesResponse(
                    cycles=[facts.CycleCompleted.FromString(event.payload).cycle for event in heard.events],
                    resume_token=heard.resume_token,
                )

    async def GetMode(self, request: rpc.GetModeRequest, context: Context) -> rpc.GetModeResponse:
        pace = await self._coordinator.pace()
        return rpc.GetModeResponse(mode=pace.mode, interval=duration_of_ns(pace.interval_ns))

    async def SetMode(self, request: rpc.SetModeRequest, context: Context) -> rpc.SetModeResponse:
        pace = await self._coordinator.set_mode(request.mode, request.reason)
        return rpc.SetModeResponse(mode=pace.mode, interval=duration_of_ns(pace.interval_ns))

    async def GetTimeline(self, request: rpc.GetTimelineRequest, context: Context) -> rpc.GetTimelineResponse:
        end_ns = request.end_time.ToNanoseconds() or self._clock.wall_ns() + 1
        start_ns = request.start_time.ToNanoseconds() or max(1, end_ns - DAY_NS)
        bucket_ns = request.bucket.ToNanoseconds() or BUCKET_DEFAULT_NS
        if (count := (end_ns - start_ns) // bucket_ns + 1) > BUCKETS_MAX:
            raise TooManyBucketsError(count, BUCKETS_MAX)
        beats, truncated = await self._history.between(start_ns, end_ns)
        add_up = partial(_added_up, beats, bucket_ns, truncated=truncated)
        return add_up() if len(beats) <= _QUICK_MAX else await asyncio.to_thread(add_up)


def _added_up(beats: Sequence[Beat], bucket_ns: int, *, truncated: bool) -> rpc.GetTimelineResponse:
    timeline = Timeline(bucket_ns)
    for beat in beats:
        timeline.add(beat)
    return rpc.GetTimelineResponse(
        buckets=timeline.buckets(),
        heat_map=timeline.heat_map(),
        patterns=timeline.patterns(),
        cycle_count=timeline.count,
        truncated=truncated,
    )
