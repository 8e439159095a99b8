"""Translates between the contract of the policy and its book."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeAlias

import grpc.aio
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc
from arkalia.zeroia.v1 import zeroia_service_pb2_grpc as stubs

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import EventFilter
from luna.kernel.feed import Feed
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.policy import check
from luna.modules.zeroia.ranges import between
from luna.modules.zeroia.replay import Replay, Side, replayed
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.sensing import SAMPLE_TAKEN, stream_of

PAGE_SIZE_DEFAULT: Final = 50
SAMPLES_MAX_DEFAULT: Final = 100_000
DAY_NS: Final = 86_400 * 1_000_000_000

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class PolicyServicer(stubs.PolicyServiceServicer):
    """Implements ``arkalia.zeroia.v1.PolicyService``."""

    def __init__(self, book: PolicyBook, feed: Feed, events: EventLog, clock: Clock, *, node: str) -> None:
        self._book = book
        self._feed = feed
        self._events = events
        self._clock = clock
        self._node = node

    async def GetPolicy(self, request: rpc.GetPolicyRequest, context: Context) -> rpc.GetPolicyResponse:
        revision = request.revision if request.HasField("revision") else None
        return rpc.GetPolicyResponse(revision=await self._book.get(revision))

    async def UpdatePolicy(self, request: rpc.UpdatePolicyRequest, context: Context) -> rpc.UpdatePolicyResponse:
        revision = await self._book.update(request.policy, etag=request.etag, reason=request.reason)
        return rpc.UpdatePolicyResponse(revision=revision)

    async def ListPolicyRevisions(
        self, request: rpc.ListPolicyRevisionsRequest, context: Context
    ) -> rpc.ListPolicyRevisionsResponse:
        after = await self._feed.paged(request.page_token)
        revisions, position = await self._book.list(after=after, limit=request.page_size or PAGE_SIZE_DEFAULT)
        token = await self._feed.token(position) if position else ""
        return rpc.ListPolicyRevisionsResponse(revisions=revisions, next_page_token=token)

    async def RollbackPolicy(self, request: rpc.RollbackPolicyRequest, context: Context) -> rpc.RollbackPolicyResponse:
        revision = await self._book.rollback(request.revision, etag=request.etag, reason=request.reason)
        return rpc.RollbackPolicyResponse(revision=revision)

    async def ReplayDecisions(
        self, request: rpc.ReplayDecisionsRequest, context: Context
    ) -> AsyncGenerator[rpc.ReplayDecisionsResponse, None]:
        replay = await self._replay(request.policy)
        limit = request.samples_max or SAMPLES_MAX_DEFAULT
        async with aclosing(replayed(self._events, self._samples(request), replay, limit=limit)) as pages:
            async for decisions in pages:
                yield rpc.ReplayDecisionsResponse(
                    decisions=[one for one in decisions if one.differs or request.include_same],
                    progress=replay.progress(),
                )
        yield rpc.ReplayDecisionsResponse(progress=replay.progress(), summary=replay.summary())

    async def _replay(self, policy: pb.Policy) -> Replay:
        check(policy)
        current = self._book.rules or await self._book.load()
        return Replay(Side(current), Side(Rules.of(policy, current.revision + 1)))

    def _samples(self, request: rpc.ReplayDecisionsRequest) -> EventFilter:
        end_ns = request.end_time.ToNanoseconds() or self._clock.wall_ns()
        start_ns = request.start_time.ToNanoseconds() or max(1, end_ns - DAY_NS)
        wanted = EventFilter(stream=stream_of(request.node or self._node), types=frozenset({SAMPLE_TAKEN}))
        return between(wanted, start_ns, end_ns)
