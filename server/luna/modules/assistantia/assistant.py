"""Answers messages: screens them, finds what answers them, has it put into words, and records what was said.

::

    message ─▶ guard ─▶ about the node? ─▶ the newest such decision ─┐          ┌─▶ the models of the ladder ─▶ answer
                 │            └─▶ recall from memory ────────────────┴▶ guard ──┤
              refused                                                           └─▶ none answers: quotes ─▶ answer

Whatever ends an answer early, what was said until then is recorded.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.times import duration
from luna.modules.assistantia.answer import Found, compose
from luna.modules.assistantia.conversations import Conversations, Talk
from luna.modules.assistantia.draft import Draft, Part
from luna.modules.assistantia.errors import AnswerBrokeOffError, ModelDownError, PromptRefusedError
from luna.modules.assistantia.finding import Finder
from luna.modules.assistantia.guard import PromptGuard, Verdict
from luna.modules.assistantia.ladder import Ladder, ladder
from luna.modules.assistantia.model_messages import EXTRACTIVE, to_sampling
from luna.modules.assistantia.models import ModelShelf
from luna.modules.assistantia.prompt import Told
from luna.modules.assistantia.talking import messages_of
from luna.modules.assistantia.writer import Order, Writer
from luna.resilience.levels import Level

MEMORIES_DEFAULT: Final = 8
TURNS_MAX: Final = 50
"""How many earlier turns a model is told at most."""
EXCERPT_CHARACTERS: Final = 1000
STOPPED: Final = "the caller hung up, or the node stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """A message that the guard lets through, in its conversation."""

    request: rpc.ChatRequest
    verdict: Verdict
    talk: Talk
    turn: pb.Turn
    ladder: Ladder
    started: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What answers are made with."""

    finder: Finder
    shelf: ModelShelf
    guard: PromptGuard
    clock: Clock
    level: Callable[[], int]
    """Returns the degradation level of the node."""
    node: str


class Assistant:
    """Answers messages one at a time; any number of them side by side."""

    def __init__(self, mind: Mind, conversations: Conversations) -> None:
        self._mind = mind
        self._conversations = conversations
        self._writer = Writer(mind.shelf, mind.clock)

    async def begin(self, request: rpc.ChatRequest) -> Screened:
        """Judge a message and record it.

        Raises:
            ConversationUnknownError: the conversation is none of the caller's.
            ModelDownError: the model that is asked for is not asked anything now.
            ModelUnknownError: there is no such model.
            PromptRefusedError: the guard takes it for an attack.

        """
        started = self._mind.clock.monotonic()
        models = await self._ladder(request.model)
        verdict = await self._judged(request)
        talk = await self._conversations.open(request.conversation_id, request.namespace, request.message)
        turn = pb.Turn(turn_id=str(uuid4()), speaker=pb.SPEAKER_USER, text=request.message)
        await self._conversations.take(talk, turn)
        return Screened(request=request, verdict=verdict, talk=talk, turn=turn, ladder=models, started=started)

    async def answer(self, asked: Screened) -> AsyncGenerator[Part | rpc.ChatResponse, None]:
        """Yield the parts of the answer, then what it took, then its end.

        Raises:
            AnswerBrokeOffError: the model stopped in the middle of it.
            ModelDownError: the model that is asked for does not answer.
            ModelRejectedError: it cannot be asked this.

        """
        clock, looked = self._mind.clock, self._mind.clock.monotonic()
        found = await self._found(asked)
        usage = pb.Usage(recall_time=duration(clock.monotonic() - looked))
        draft = Draft(notes=[*found.notes, *asked.ladder.notes])
        turn = pb.Turn(turn_id=str(uuid4()), speaker=pb.SPEAKER_ASSISTANT, broke_off=STOPPED)
        try:
            async with aclosing(self._parts(asked, found, draft)) as parts:
                async for part in parts:
                    if not draft.text:
                        usage.time_to_first_token.CopyFrom(duration(clock.monotonic() - asked.started))
                    draft.add(part)
                    yield part
            turn.broke_off = ""
        except Exception as error:
            turn.broke_off = str(error)
            if isinstance(error, ModelDownError) and draft.model:
                id = asked.talk.conversation.conversation_id
                raise AnswerBrokeOffError(
                    conversation_id=id, turn_id=turn.turn_id, model=draft.model, why=str(error)
                ) from error
            raise
        finally:
            _fill(turn, usage, draft)
            await asyncio.shield(self._conversations.take(asked.talk, turn, usage))
        yield rpc.ChatResponse(usage=usage)
        yield rpc.ChatResponse(done=_done(turn, draft))

    async def _ladder(self, name: str) -> Ladder:
        level = self._mind.level()
        if name == EXTRACTIVE:
            return Ladder()
        if not name:
            return ladder(await self._mind.shelf.models(fresh=False), level)
        model = await self._mind.shelf.find(name)
        if level >= Level.HEAVY:
            raise ModelDownError(name, f"no model is asked at level {Level(level).name}")
        return Ladder(models=[model])

    async def _judged(self, request: rpc.ChatRequest) -> Verdict:
        verdicts = [
            await asyncio.to_thread(self._mind.guard.check, text)
            for text in (request.message, request.instructions)
            if text
        ]
        for verdict in verdicts:
            if verdict.refused:
                raise PromptRefusedError(verdict)
        return verdicts[0]

    async def _found(self, asked: Screened) -> Found:
        return await self._mind.finder.find(
            asked.turn.text,
            namespace=asked.talk.conversation.namespace,
            memories_max=asked.request.memories_max or MEMORIES_DEFAULT,
        )

    async def _parts(self, asked: Screened, found: Found, draft: Draft) -> AsyncGenerator[Part, None]:
        if asked.ladder.models:
            async with aclosing(self._writer.write(await self._order(asked, found), draft)) as parts:
                async for part in parts:
                    yield part
            if draft.model:
                return
        draft.rung = pb.ANSWER_RUNG_REFUSAL if found.refused else pb.ANSWER_RUNG_EXTRACTIVE
        for part in await asyncio.to_thread(lambda: list(compose(asked.turn.text, found))):
            yield part

    async def _order(self, asked: Screened, found: Found) -> Order:
        turns = await self._conversations.newest(asked.talk, TURNS_MAX)
        told = Told(
            node=self._mind.node,
            question=asked.turn.text,
            mark=asked.turn.turn_id[:8],
            passages=found.passages,
            explains=found.explains,
            earlier=messages_of([turn for turn in turns if turn.turn_id != asked.turn.turn_id]),
            instructions=asked.request.instructions,
            sampling=to_sampling(asked.request.sampling),
        )
        named = bool(asked.request.model)
        return Order(told=told, models=asked.ladder.models, named=named, unmasked=asked.request.unmasked)


def citation(part: Part) -> pb.Citation:
    """Return what *part* rests on, as the contract says it."""
    source = part.citation
    if source is None:
        raise ValueError("this part cites nothing new")
    return pb.Citation(
        number=part.number, memory_id=source.memory_id, event_id=source.event_id, text=source.text[:EXCERPT_CHARACTERS]
    )


def _fill(turn: pb.Turn, usage: pb.Usage, draft: Draft) -> None:
    turn.text, turn.rung, turn.model = draft.text, draft.rung, draft.model
    turn.citations.extend(citation(part) for part in draft.citations)
    turn.notes.extend(draft.notes)
    usage.prompt_tokens, usage.answer_tokens = draft.prompt_tokens, draft.answer_tokens
    usage.tokens_per_second, usage.estimated = draft.tokens_per_second, draft.estimated


def _done(turn: pb.Turn, draft: Draft) -> rpc.ChatDone:
    return rpc.ChatDone(
        rung=draft.rung, notes=draft.notes, turn_id=turn.turn_id, model=draft.model, ending=draft.ending
    )
