"""The decision client."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import Final

import grpc.aio
from arkalia.zeroia.v1 import zeroia_pb2, zeroia_service_pb2
from arkalia.zeroia.v1.zeroia_service_pb2_grpc import DecisionServiceStub

from arkalia_client._errors import UnreachableError, raising_arkalia_errors

TIMEOUT_SECONDS: Final = 10.0


class DecisionClient:
    """Talks to ``arkalia.zeroia.v1.DecisionService``."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = DecisionServiceStub(channel)

    async def decide(self, *, signals: zeroia_pb2.Signals | None = None) -> zeroia_pb2.Decision:
        """Ask for a decision on the newest sample or on *signals*, and have it recorded.

        A lost answer is asked for again: the decision carries an id, so it is
        never made twice.
        """
        request = zeroia_service_pb2.DecideRequest(decision_id=str(uuid.uuid4()), signals=signals)
        try:
            return await self._decide(request)
        except UnreachableError:
            return await self._decide(request)

    async def newest(self, *, limit: int = 1) -> Sequence[zeroia_pb2.Decision]:
        """Return the newest decisions, the newest first."""
        request = zeroia_service_pb2.ListDecisionsRequest(page_size=limit)
        with raising_arkalia_errors():
            answer = await self._stub.ListDecisions(request, timeout=TIMEOUT_SECONDS)
        return answer.decisions

    async def explain(self, decision_id: str) -> zeroia_service_pb2.ExplainDecisionResponse:
        """Return why a decision was made, in words and numbers."""
        request = zeroia_service_pb2.ExplainDecisionRequest(decision_id=decision_id)
        with raising_arkalia_errors():
            return await self._stub.ExplainDecision(request, timeout=TIMEOUT_SECONDS)

    async def watch(self, *, resume_token: str = "") -> AsyncGenerator[tuple[Sequence[zeroia_pb2.Decision], str], None]:
        """Yield batches of decisions, each with the token that resumes just after it."""
        call = self._stub.WatchDecisions(zeroia_service_pb2.WatchDecisionsRequest(resume_token=resume_token))
        try:
            with raising_arkalia_errors():
                async for batch in call:
                    yield batch.decisions, batch.resume_token
        finally:
            # Leaving the loop does not hang up by itself.
            call.cancel()

    async def _decide(self, request: zeroia_service_pb2.DecideRequest) -> zeroia_pb2.Decision:
        with raising_arkalia_errors():
            answer = await self._stub.Decide(request, timeout=TIMEOUT_SECONDS)
        return answer.decision
