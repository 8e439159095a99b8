"""Translates between the contract of degradation and who keeps the level."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeAlias

import grpc.aio
from arkalia.resilience.v1 import degradation_pb2 as pb
from arkalia.resilience.v1 import degradation_service_pb2 as rpc
from arkalia.resilience.v1 import degradation_service_pb2_grpc as stubs
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.events import EventFilter
from luna.kernel.feed import Feed
from luna.kernel.revisions import RevisionBook
from luna.modules.resilience.degradation_policy import level_to_pb, policy_of, replacing
from luna.modules.resilience.holds import Holds
from luna.modules.resilience.keeper import LevelKeeper
from luna.modules.resilience.record import DEGRADATION_CHANGED

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class DegradationServicer(stubs.DegradationServiceServicer):
    """Implements ``arkalia.resilience.v1.DegradationService``."""

    def __init__(
        self,
        keeper: LevelKeeper,
        holds: Holds,
        book: RevisionBook[pb.DegradationPolicyRevision],
        feed: Feed,
        *,
        stream: str,
    ) -> None:
        self._keeper = keeper
        self._holds = holds
        self._book = book
        self._feed = feed
        self._wanted = EventFilter(stream=stream, types=frozenset({DEGRADATION_CHANGED}))

    async def GetDegradation(self, request: rpc.GetDegradationRequest, context: Context) -> rpc.GetDegradationResponse:
        return rpc.GetDegradationResponse(degradation=self._keeper.now())

    async def WatchDegradation(
        self, request: rpc.WatchDegradationRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchDegradationResponse, None]:
        if request.resume_token:
            after = await self._feed.resumed(request.resume_token)
        else:
            after = self._keeper.position
            token = await self._feed.token(after)
            yield rpc.WatchDegradationResponse(degradation=self._keeper.now(), resume_token=token)
        async with aclosing(self._feed.watch(self._wanted, after=after)) as news:
            async for heard in news:
                for event in heard.events:
                    told = facts.DegradationChanged.FromString(event.payload).degradation
                    token = await self._feed.token(event.position)
                    yield rpc.WatchDegradationResponse(degradation=told, resume_token=token)
                yield rpc.WatchDegradationResponse(resume_token=heard.resume_token)

    async def SetDegradation(self, request: rpc.SetDegradationRequest, context: Context) -> rpc.SetDegradationResponse:
        await self._holds.hold(request)
        return rpc.SetDegradationResponse(degradation=self._keeper.now())

    async def ReleaseDegradation(
        self, request: rpc.ReleaseDegradationRequest, context: Context
    ) -> rpc.ReleaseDegradationResponse:
        await self._holds.release(request.reason)
        return rpc.ReleaseDegradationResponse(degradation=self._keeper.now())

    async def GetDegradationPolicy(
        self, request: rpc.GetDegradationPolicyRequest, context: Context
    ) -> rpc.GetDegradationPolicyResponse:
        return rpc.GetDegradationPolicyResponse(revision=await self._book.load())

    async def UpdateDegradationPolicy(
        self, request: rpc.UpdateDegradationPolicyRequest, context: Context
    ) -> rpc.UpdateDegradationPolicyResponse:
        make = replacing(request.policy)
        _, revision = await self._book.change(make, etag=request.etag, reason=request.reason, dry_run=request.dry_run)
        level = self._keeper.wanted(policy_of(revision.policy))
        return rpc.UpdateDegradationPolicyResponse(revision=revision, level=level_to_pb(level))
