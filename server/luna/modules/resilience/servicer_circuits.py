"""Translates between the contract of circuit breakers and what is known of them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeAlias

import grpc.aio
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1 import circuit_breaker_service_pb2_grpc as stubs

from luna.kernel.feed import Feed
from luna.kernel.revisions import RevisionBook
from luna.modules.resilience.circuits import CircuitService
from luna.modules.resilience.commands import Command, CommandDesk
from luna.modules.resilience.errors import RevisionUnknownError
from luna.modules.resilience.signals import Signals
from luna.modules.resilience.table import BreakerTable

PAGE_SIZE_DEFAULT: Final = 100
REVISIONS_DEFAULT: Final = 50

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class CircuitBreakerServicer(stubs.CircuitBreakerServiceServicer):
    """Implements ``arkalia.resilience.v1.CircuitBreakerService``."""

    def __init__(
        self,
        service: CircuitService,
        desk: CommandDesk,
        *,
        table: BreakerTable,
        book: RevisionBook[pb.CircuitPolicyRevision],
        feed: Feed,
        signals: Signals,
    ) -> None:
        self._service = service
        self._desk = desk
        self._table = table
        self._book = book
        self._feed = feed
        self._signals = signals

    async def ListCircuitBreakers(
        self, request: rpc.ListCircuitBreakersRequest, context: Context
    ) -> rpc.ListCircuitBreakersResponse:
        limit = request.page_size or PAGE_SIZE_DEFAULT
        found, token = self._service.page(request.selector, request.state, token=request.page_token, limit=limit)
        return rpc.ListCircuitBreakersResponse(circuit_breakers=found, next_page_token=token)

    async def WatchCircuitBreakers(
        self, request: rpc.WatchCircuitBreakersRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchCircuitBreakersResponse, None]:
        async with aclosing(self._service.watch(request.selector, request.resume_token)) as news:
            async for breakers, token in news:
                yield rpc.WatchCircuitBreakersResponse(circuit_breakers=breakers, resume_token=token)

    async def TripCircuitBreaker(
        self, request: rpc.TripCircuitBreakerRequest, context: Context
    ) -> rpc.TripCircuitBreakerResponse:
        for_a_while = request.HasField("duration")
        command = Command(
            selector=request.selector,
            state=pb.CIRCUIT_STATE_OPEN if for_a_while else pb.CIRCUIT_STATE_FORCED_OPEN,
            duration=request.duration if for_a_while else None,
            reason=request.reason,
            request_id=request.request_id,
        )
        return rpc.TripCircuitBreakerResponse(circuit_breakers=await self._desk.give(command))

    async def ResetCircuitBreaker(
        self, request: rpc.ResetCircuitBreakerRequest, context: Context
    ) -> rpc.ResetCircuitBreakerResponse:
        command = Command(
            selector=request.selector,
            state=pb.CIRCUIT_STATE_CLOSED,
            reason=request.reason,
            request_id=request.request_id,
        )
        return rpc.ResetCircuitBreakerResponse(circuit_breakers=await self._desk.give(command))

    async def DisableCircuitBreaker(
        self, request: rpc.DisableCircuitBreakerRequest, context: Context
    ) -> rpc.DisableCircuitBreakerResponse:
        command = Command(
            selector=request.selector,
            state=pb.CIRCUIT_STATE_DISABLED,
            reason=request.reason,
            request_id=request.request_id,
        )
        return rpc.DisableCircuitBreakerResponse(circuit_breakers=await self._desk.give(command))

    async def GetCircuitBreakerPolicy(
        self, request: rpc.GetCircuitBreakerPolicyRequest, context: Context
    ) -> rpc.GetCircuitBreakerPolicyResponse:
        number = request.revision if request.HasField("revision") else None
        if (revision := await self._book.find(number)) is None:
            raise RevisionUnknownError(number or 0)
        return rpc.GetCircuitBreakerPolicyResponse(revision=revision)

    async def UpdateCircuitBreaker(
        self, request: rpc.UpdateCircuitBreakerRequest, context: Context
    ) -> rpc.UpdateCircuitBreakerResponse:
        revision, affected, opening = await self._service.update(request)
        return rpc.UpdateCircuitBreakerResponse(revision=revision, affected=affected, opening=opening)

    async def ListCircuitBreakerPolicyRevisions(
        self, request: rpc.ListCircuitBreakerPolicyRevisionsRequest, context: Context
    ) -> rpc.ListCircuitBreakerPolicyRevisionsResponse:
        after = await self._feed.paged(request.page_token)
        revisions, position = await self._book.newest(after=after, limit=request.page_size or REVISIONS_DEFAULT)
        token = await self._feed.token(position) if position else ""
        return rpc.ListCircuitBreakerPolicyRevisionsResponse(revisions=revisions, next_page_token=token)

    async def ReportCircuitBreakers(
        self, request: rpc.ReportCircuitBreakersRequest, context: Context
    ) -> rpc.ReportCircuitBreakersResponse:
        if self._table.hear(request) and request.HasField("limiter"):
            self._signals.limiter(request.process, request.limiter)
        return rpc.ReportCircuitBreakersResponse()
