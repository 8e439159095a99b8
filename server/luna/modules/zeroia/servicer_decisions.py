"""Translates between the contract of decisions and their service."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Final, TypeAlias

import grpc.aio
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc
from arkalia.zeroia.v1 import zeroia_service_pb2_grpc as stubs

from luna.kernel.feed import Feed
from luna.modules.zeroia.decision_history import DecisionHistory
from luna.modules.zeroia.decisions import DecisionService, Made
from luna.modules.zeroia.explain import explain
from luna.modules.zeroia.news import News
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.ranges import between
from luna.modules.zeroia.record import MADE, recorded_decision
from luna.modules.zeroia.stance import FRESH

PAGE_SIZE_DEFAULT: Final = 50

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class DecisionServicer(stubs.DecisionServiceServicer):
    """Implements ``arkalia.zeroia.v1.DecisionService``."""

    def __init__(
        self,
        service: DecisionService,
        history: DecisionHistory,
        book: PolicyBook,
        feed: Feed,
        news: News,
        *,
        node: str,
    ) -> None:
        self._service = service
        self._history = history
        self._book = book
        self._feed = feed
        self._news = news
        self._node = node

    async def Decide(self, request: rpc.DecideRequest, context: Context) -> rpc.DecideResponse:
        if request.HasField("signals"):
            made, _ = await self._service.on_signals(request.signals, request.decision_id)
        else:
            made = await self._service.on_newest(request.node or self._node, request.decision_id)
        return _answer(made)

    async def DecideMany(
        self, requests: AsyncIterator[rpc.DecideManyRequest], context: Context
    ) -> AsyncGenerator[rpc.DecideManyResponse, None]:
        stance = FRESH
        async for entry in requests:
            request = entry.request
            if request.HasField("signals"):
                made, stance = await self._service.on_signals(request.signals, request.decision_id, stance)
            else:
                made = await self._service.on_newest(request.node or self._node, request.decision_id)
            yield rpc.DecideManyResponse(responses=[_answer(made)])

    async def GetDecision(self, request: rpc.GetDecisionRequest, context: Context) -> rpc.GetDecisionResponse:
        made = await self._service.get(request.decision_id)
        return rpc.GetDecisionResponse(decision=made.decision, position=made.position)

    async def ListDecisions(self, request: rpc.ListDecisionsRequest, context: Context) -> rpc.ListDecisionsResponse:
        wanted = between(MADE, request.start_time.ToNanoseconds(), request.end_time.ToNanoseconds())
        limit, admits = request.page_size or PAGE_SIZE_DEFAULT, _wanted(request)
        before = await self._feed.paged(request.page_token)
        kept = await self._history.newest(wanted, before=before, limit=limit, admits=admits)
        if kept is not None:
            more = len(kept) == limit and kept[-1].position > 1
            return rpc.ListDecisionsResponse(
                decisions=[each.decision for each in kept],
                next_page_token=await self._feed.token(kept[-1].position) if more else "",
            )
        events, token = await self._feed.newest(
            wanted,
            page_token=request.page_token,
            limit=limit,
            admits=(lambda event: admits(recorded_decision(event))) if admits else None,
        )
        decisions = [recorded_decision(event) for event in events]
        await self._service.add_outcomes(decisions)
        return rpc.ListDecisionsResponse(decisions=decisions, next_page_token=token)

    async def WatchDecisions(
        self, request: rpc.WatchDecisionsRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchDecisionsResponse, None]:
        token = request.resume_token
        after = await self._feed.resumed(token) if token else await self._feed.last(MADE)
        async with aclosing(self._feed.watch(MADE, after=after)) as news:
            async for heard in news:
                decisions = [recorded_decision(event) for event in heard.events]
                yield rpc.WatchDecisionsResponse(
                    decisions=[one for one in decisions if not request.node or one.node == request.node],
                    resume_token=heard.resume_token,
                )

    async def ExplainDecision(
        self, request: rpc.ExplainDecisionRequest, context: Context
    ) -> rpc.ExplainDecisionResponse:
        decision = (await self._service.get(request.decision_id)).decision
        return rpc.ExplainDecisionResponse(
            decision=decision,
            explanation=explain(decision, await self._book.rules_of(decision.policy_revision)),
            calibration=self._news.calibration.figures(),
        )

    async def ReportOutcome(self, request: rpc.ReportOutcomeRequest, context: Context) -> rpc.ReportOutcomeResponse:
        decision = await self._service.report(request.decision_id, request.verdict, request.note)
        return rpc.ReportOutcomeResponse(decision=decision)

    async def GetCalibration(self, request: rpc.GetCalibrationRequest, context: Context) -> rpc.GetCalibrationResponse:
        return rpc.GetCalibrationResponse(calibration=self._news.calibration.figures())


def _answer(made: Made) -> rpc.DecideResponse:
    return rpc.DecideResponse(decision=made.decision, position=made.position, duplicate=made.duplicate)


def _wanted(request: rpc.ListDecisionsRequest) -> Callable[[pb.Decision], bool] | None:
    """Return what tells whether a decision is asked for, nothing if all are."""
    actions = frozenset(request.actions)
    if not (request.node or actions or request.severity_min):
        return None

    def admits(decision: pb.Decision) -> bool:
        return (
            (not request.node or decision.node == request.node)
            and (not actions or decision.action in actions)
            and decision.severity >= request.severity_min
        )

    return admits
