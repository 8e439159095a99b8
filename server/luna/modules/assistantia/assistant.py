"""Answers messages: screens them, finds what answers them, has it put into words, and records what was said.

::

    message ─▶ guard ─▶ about the node? ─▶ the newest such decision ─┐          ┌─▶ the models of the ladder ─▶ answer
                 │            └─▶ recall from memory ────────────────┴▶ guard ──┤
              refused                                                           └─▶ none answers: quotes ─▶ answer

Whatever ends an answer early, what was said until then is recorded.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import Final, TypeAlias
from uuid import uuid4

from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.streams import Begun, until
from luna.kernel.times import duration
from luna.modules.assistantia.answer import Found, compose
from luna.modules.assistantia.conversations import Conversations
from luna.modules.assistantia.draft import Draft, Part
from luna.modules.assistantia.errors import AnswerBrokeOffError, ModelDownError
from luna.modules.assistantia.model_messages import from_call, to_sampling, to_tools
from luna.modules.assistantia.prompt import Told
from luna.modules.assistantia.receiving import Asked, Mind, Reception
from luna.modules.assistantia.talking import messages_of, tools_used
from luna.modules.assistantia.writer import Order, Writer

EXCERPT_CHARACTERS: Final = 1000
STOPPED: Final = "the caller hung up, or the node stopped"
INTERRUPTED: Final = "the caller interrupted it"

Answer: TypeAlias = Begun[Part | rpc.ChatResponse]
"""The parts of an answer. Close it, read or not."""


class Assistant:
    """Answers messages one at a time; any number of them side by side."""

    def __init__(self, mind: Mind, conversations: Conversations) -> None:
        self._mind = mind
        self._conversations = conversations
        self._reception = Reception(mind, conversations)
        self._writer = Writer(mind.shelf, mind.clock)

    async def begin(self, request: rpc.ChatRequest, stop: asyncio.Event | None = None) -> tuple[Asked, Answer]:
        """Judge what is said and record it, and return it with its answer, which ends when *stop* is set.

        The model is asked meanwhile; what it says is for nobody until the record is safe. Raises what
        `Reception.take` does.
        """
        asked = await self._reception.take(request)
        answer = Begun(self._answer(asked, stop))
        try:
            await asyncio.shield(asked.recorded)
        except BaseException:
            await answer.aclose()
            raise
        return asked, answer

    async def _answer(self, asked: Asked, stop: asyncio.Event | None) -> AsyncGenerator[Part | rpc.ChatResponse, None]:
        """Yield the parts of the answer, until *stop* is set, then what it took, then its end.

        Raises:
            AnswerBrokeOffError: the model stopped in the middle of it.
            ModelDownError: the model that is asked for does not answer.
            ModelRejectedError: it cannot be asked this.

        """
        clock, found = self._mind.clock, await asked.found
        usage = pb.Usage(recall_time=duration(found.seconds))
        draft = Draft(notes=[*found.notes, *asked.notes])
        turn = pb.Turn(turn_id=str(uuid4()), speaker=pb.SPEAKER_ASSISTANT, broke_off=STOPPED)
        answer = self._parts(asked, found, draft)
        try:
            with _noting_why(asked, turn, draft):
                async with aclosing(until(answer, stop) if stop else answer) as parts:
                    async for part in parts:
                        await asyncio.shield(asked.recorded)
                        if not (draft.text or draft.tool_calls):
                            usage.time_to_first_token.CopyFrom(duration(clock.monotonic() - asked.started))
                        draft.add(part)
                        yield part
            if stop and stop.is_set():
                turn.broke_off, draft.ending = INTERRUPTED, pb.ANSWER_ENDING_INTERRUPTED
        finally:
            _fill(turn, usage, draft)
            await asyncio.shield(asked.recorded)
            await asyncio.shield(self._conversations.take(asked.talk, turn, usage))
        yield rpc.ChatResponse(usage=usage)
        yield rpc.ChatResponse(done=_done(turn, draft))

    async def _parts(self, asked: Asked, found: Found, draft: Draft) -> AsyncGenerator[Part, None]:
        if asked.ladder.models:
            async with aclosing(self._writer.write(self._order(asked, found), draft)) as parts:
                async for part in parts:
                    yield part
            if draft.model:
                return
        draft.rung = pb.ANSWER_RUNG_REFUSAL if found.refused else pb.ANSWER_RUNG_EXTRACTIVE
        for part in await asyncio.to_thread(lambda: list(compose(asked.turns[asked.question].text, found))):
            yield part

    def _order(self, asked: Asked, found: Found) -> Order:
        told = Told(
            node=self._mind.node,
            question=asked.turns[asked.question].text,
            mark=asked.turn.turn_id[:8],
            passages=found.passages,
            explains=found.explains,
            earlier=messages_of(asked.turns[: asked.question]),
            used=tools_used(asked.turns[asked.question + 1 :]),
            instructions=asked.request.instructions,
            tools=to_tools(asked.tools),
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
    turn.tool_calls.extend(from_call(call) for call in draft.tool_calls)
    turn.notes.extend(draft.notes)
    usage.prompt_tokens, usage.answer_tokens = draft.prompt_tokens, draft.answer_tokens
    usage.tokens_per_second, usage.estimated = draft.tokens_per_second, draft.estimated


def _done(turn: pb.Turn, draft: Draft) -> rpc.ChatDone:
    return rpc.ChatDone(
        rung=draft.rung, notes=draft.notes, turn_id=turn.turn_id, model=draft.model, ending=draft.ending
    )


@contextmanager
def _noting_why(asked: Asked, turn: pb.Turn, draft: Draft) -> Iterator[None]:
    """Note in *turn* what ends the answer before it is complete."""
    try:
        yield
        turn.broke_off = ""
    except Exception as error:
        turn.broke_off = str(error)
        if isinstance(error, ModelDownError) and draft.model:
            id = asked.talk.conversation.conversation_id
            raise AnswerBrokeOffError(
                conversation_id=id, turn_id=turn.turn_id, model=draft.model, why=str(error)
            ) from error
        raise
