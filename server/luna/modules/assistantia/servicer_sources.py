"""Asks the modules that remember and decide, in the processes where they are."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

import grpc.aio
from arkalia.memory.v1 import memory_pb2, memory_service_pb2
from arkalia.memory.v1 import memory_service_pb2_grpc as memory_stubs
from arkalia.zeroia.v1 import zeroia_pb2, zeroia_service_pb2
from arkalia.zeroia.v1 import zeroia_service_pb2_grpc as zeroia_stubs

from luna.kernel.errors import DomainError
from luna.kernel.times import fill_time
from luna.modules.assistantia.asking import AboutNode
from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.sources import SourceDownError

PATIENCE_SECONDS: Final = 10.0
"""How long an answer waits for what it is made from. Memory opens its index when it is first asked."""
PAGES_MAX: Final = 4
QUESTION_BYTES_MAX: Final = 65536
"""The longest text that memory can be asked for."""

_MEMORY: Final = memory_service_pb2.DESCRIPTOR.services_by_name["MemoryService"].full_name
_DECISIONS: Final = zeroia_service_pb2.DESCRIPTOR.services_by_name["DecisionService"].full_name


class PeerSources:
    """Implements `luna.modules.assistantia.sources.Sources` over the channels to peers."""

    def __init__(self, peers: Callable[[str], grpc.aio.Channel]) -> None:
        self._peers = peers

    @cached_property
    def _memory(self) -> "memory_stubs.MemoryServiceAsyncStub":
        # To prepare the calls of a service takes longer than to make one.
        stub: memory_stubs.MemoryServiceAsyncStub = memory_stubs.MemoryServiceStub(self._peers(_MEMORY))
        return stub

    async def recall(self, namespace: str, question: str, limit: int) -> Sequence[Passage]:
        """Return what memory has on *question*, the best first."""
        request = memory_service_pb2.RecallRequest(namespace=namespace, text=_cut(question), limit=limit)
        try:
            answer = await self._memory.Recall(request, timeout=PATIENCE_SECONDS)
        except (grpc.aio.AioRpcError, DomainError) as error:
            raise SourceDownError(_why(error)) from error
        return [_from_memory(found) for found in answer.memories]

    async def decisions(self, about: AboutNode) -> Sequence[Passage]:
        """Return the newest decision of that kind, explained; nothing if there is none."""
        try:
            stub = zeroia_stubs.DecisionServiceStub(self._peers(_DECISIONS))
            decision = await _newest(stub, about)
            if decision is None:
                return ()
            request = zeroia_service_pb2.ExplainDecisionRequest(decision_id=decision.decision_id)
            explained = await stub.ExplainDecision(request, timeout=PATIENCE_SECONDS)
        except (grpc.aio.AioRpcError, DomainError) as error:
            raise SourceDownError(_why(error)) from error
        said = explained.explanation
        return [Passage(text=text, event_id=decision.decision_id) for text in (said.summary, *said.reasoning) if text]


async def _newest(stub: "zeroia_stubs.DecisionServiceAsyncStub", about: AboutNode) -> zeroia_pb2.Decision | None:
    request = zeroia_service_pb2.ListDecisionsRequest(
        page_size=1,
        actions=[f"DECISION_ACTION_{action}" for action in about.actions],
    )
    if about.until_ns:
        fill_time(request.end_time, about.until_ns)
    for _ in range(PAGES_MAX):
        page = await stub.ListDecisions(request, timeout=PATIENCE_SECONDS)
        if page.decisions or not page.next_page_token:
            return next(iter(page.decisions), None)
        request.page_token = page.next_page_token
    return None


def _cut(question: str) -> str:
    return question.encode()[:QUESTION_BYTES_MAX].decode(errors="ignore")


def _from_memory(found: memory_pb2.RecalledMemory) -> Passage:
    memory, score = found.memory, found.score
    return Passage(
        text=memory.text,
        event_id=memory.event_id,
        memory_id=memory.id,
        fit=score.total,
        similarity=score.similarity if score.HasField("similarity") else None,
    )


def _why(error: grpc.aio.AioRpcError | DomainError) -> str:
    return (error.details() if isinstance(error, grpc.aio.AioRpcError) else str(error)) or "no answer"
