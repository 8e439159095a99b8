"""Receives what somebody says: judges it, has it recorded, and finds out which models may answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import conversation_pb2 as pb
from arkalia.assistantia.v1 import model_pb2

from luna.kernel.clock import Clock
from luna.kernel.times import SECOND_NS
from luna.modules.assistantia.answer import Found
from luna.modules.assistantia.budget import Budget, Standing
from luna.modules.assistantia.conversations import NAMESPACE_DEFAULT, Conversations, Talk
from luna.modules.assistantia.errors import BudgetSpentError, PromptRefusedError, ToolResultsError
from luna.modules.assistantia.finding import Finder
from luna.modules.assistantia.guard import PromptGuard, Verdict
from luna.modules.assistantia.judging import judged
from luna.modules.assistantia.ladder import Ladder, ladder, refuse_spared
from luna.modules.assistantia.model_messages import EXTRACTIVE
from luna.modules.assistantia.models import ModelShelf
from luna.modules.assistantia.tool_screening import innocent_results, innocent_tools

MEMORIES_DEFAULT: Final = 8
SHORT_CHARACTERS: Final = 300
"""Up to here a text takes half a millisecond to judge, and a thread would only have it wait for its turn."""
TURNS_MAX: Final = 50
"""How many of the newest turns a model is told at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What answers are made with."""

    finder: Finder
    shelf: ModelShelf
    guard: PromptGuard
    budget: Budget
    clock: Clock
    level: Callable[[], int]
    """Returns the degradation level of the node."""
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be answered, in its conversation."""

    request: rpc.ChatRequest
    verdict: Verdict
    talk: Talk
    turn: pb.Turn
    """What was said."""
    turns: Sequence[pb.Turn]
    """The newest turns, that one last."""
    question: int
    """The place in `turns` of what a person said last."""
    found: "asyncio.Future[Found]"
    """What the answer can rest on. It is looked for while the message is judged and recorded."""
    recorded: "asyncio.Future[None]"
    """Whether what was said is on record: nothing is answered before."""
    ladder: Ladder
    tools: Sequence[model_pb2.Tool]
    """What the model may ask for: those that the guard takes for no attack."""
    notes: Sequence[str]
    started: float


class Reception:
    """Takes messages and results of tools in."""

    def __init__(self, mind: Mind, conversations: Conversations) -> None:
        self._mind = mind
        self._conversations = conversations

    async def take(self, request: rpc.ChatRequest) -> Asked:
        """Judge what is said, and begin to record it.

        Raises:
            BudgetSpentError: a model is asked for, and the caller has used up what it may.
            ConversationUnknownError: the conversation is none of the caller's.
            ModelDownError: the model that is asked for is not asked anything now.
            ModelUnknownError: there is no such model.
            PromptRefusedError: the guard takes it for an attack.
            ToolResultsError: no such results are waited for.

        """
        started = self._mind.clock.monotonic()
        models = await self._ladder(request.model)
        found = self._looked_ahead(request)
        try:
            verdict = await self._judged(request)
            tools, dropped = await self._tools(request)
            talk = await self._conversations.open(request.conversation_id, request.namespace, request.message)
            earlier = await self._conversations.newest(talk, TURNS_MAX)
            results, notes = await self._results(request, earlier)
            speaker = pb.SPEAKER_TOOL if results else pb.SPEAKER_USER
            turn = pb.Turn(turn_id=str(uuid4()), speaker=speaker, text=request.message, tool_results=results)
            turns = [*earlier, turn]
            question = max((place for place, it in enumerate(turns) if it.speaker == pb.SPEAKER_USER), default=0)
            found = found or self._look(request, turns[question].text, talk.conversation.namespace)
            recorded = asyncio.ensure_future(self._conversations.take(talk, turn))
        except BaseException:
            if found:
                found.cancel()
            raise
        return Asked(
            request=request,
            verdict=verdict,
            talk=talk,
            turn=turn,
            turns=turns,
            question=question,
            found=found,
            recorded=recorded,
            ladder=models,
            tools=tools,
            notes=[*models.notes, *dropped, *notes],
            started=started,
        )

    def _looked_ahead(self, request: rpc.ChatRequest) -> "asyncio.Future[Found] | None":
        """Begin to look for what the answer can rest on, where no conversation must be read first."""
        if request.tool_results or (request.conversation_id and not request.namespace):
            return None
        return self._look(request, request.message, request.namespace or NAMESPACE_DEFAULT)

    def _look(self, request: rpc.ChatRequest, question: str, namespace: str) -> "asyncio.Future[Found]":
        most = request.memories_max or MEMORIES_DEFAULT
        return asyncio.ensure_future(self._mind.finder.find(question, namespace=namespace, memories_max=most))

    async def _ladder(self, name: str) -> Ladder:
        level = self._mind.level()
        if name == EXTRACTIVE:
            return Ladder()
        standing = await self._mind.budget.left()
        spent = standing if standing and standing.is_spent else None
        if not name:
            if spent:
                return Ladder(notes=[f"no language model was asked: {_told(spent)}"])
            return ladder(await self._mind.shelf.models(fresh=False), level)
        model = await self._mind.shelf.find(name)
        if spent:
            raise self._refused(spent)
        refuse_spared(name, level)
        return Ladder(models=[model])

    def _refused(self, spent: Standing) -> BudgetSpentError:
        wait = max(0, spent.resets_ns - self._mind.clock.wall_ns()) / SECOND_NS
        return BudgetSpentError(limit=spent.limit, spent=spent.spent, resets=spent.resets, retry_after_seconds=wait)

    async def _judged(self, request: rpc.ChatRequest) -> Verdict:
        texts = [text for text in (request.message, request.instructions) if text] or [""]
        verdicts = [await judged(self._mind.guard, text, at_once=SHORT_CHARACTERS) for text in texts]
        for verdict in verdicts:
            if verdict.refused:
                raise PromptRefusedError(verdict)
        return verdicts[0]

    async def _results(
        self, request: rpc.ChatRequest, turns: Sequence[pb.Turn]
    ) -> tuple[Sequence[model_pb2.ToolResult], Sequence[str]]:
        if not request.tool_results:
            return (), ()
        waits_for = [call.id for call in turns[-1].tool_calls] if turns else []
        if sorted(waits_for) != sorted(result.tool_call_id for result in request.tool_results):
            raise ToolResultsError(waits_for)
        return await asyncio.to_thread(innocent_results, self._mind.guard, request.tool_results)

    async def _tools(self, request: rpc.ChatRequest) -> tuple[Sequence[model_pb2.Tool], Sequence[str]]:
        if not request.tools:
            return (), ()
        return await asyncio.to_thread(innocent_tools, self._mind.guard, request.tools)


def _told(spent: Standing) -> str:
    return f"{spent.spent} of {spent.limit} tokens are spent until {spent.resets}"
