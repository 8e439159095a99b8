"""Answers messages: screens them, finds what answers them, and records what was said.

::

    message ─▶ guard ─▶ about the node? ─▶ the newest such decision, explained ─┐
                 │            └─▶ recall ─▶ guard ─▶ sentences that answer ─────┼─▶ answer
              refused                └ memory does not answer: a refusal ───────┘

Whatever ends an answer early, what was said until then is recorded.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.times import duration
from luna.modules.assistantia.answer import Found, Given, Part, compose
from luna.modules.assistantia.asking import about_node
from luna.modules.assistantia.conversations import Conversations, Talk
from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.errors import PromptRefusedError
from luna.modules.assistantia.guard import PromptGuard, Verdict
from luna.modules.assistantia.sources import SourceDownError, Sources

MEMORIES_DEFAULT: Final = 8
EXCERPT_CHARACTERS: Final = 1000
STOPPED: Final = "the caller hung up, or the node stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """A message that the guard lets through, in its conversation."""

    verdict: Verdict
    talk: Talk
    turn: pb.Turn
    started: float


class Assistant:
    """Answers messages one at a time; any number of them side by side."""

    def __init__(self, sources: Sources, conversations: Conversations, guard: PromptGuard, clock: Clock) -> None:
        self._sources = sources
        self._conversations = conversations
        self._guard = guard
        self._clock = clock

    async def begin(self, request: rpc.ChatRequest) -> Screened:
        """Judge a message and record it.

        Raises:
            PromptRefusedError: the guard takes it for an attack.
            ConversationUnknownError: the conversation is none of the caller's.

        """
        started = self._clock.monotonic()
        verdict = await asyncio.to_thread(self._guard.check, request.message)
        if verdict.refused:
            raise PromptRefusedError(verdict)
        talk = await self._conversations.open(request.conversation_id, request.namespace, request.message)
        turn = pb.Turn(turn_id=str(uuid4()), speaker=pb.SPEAKER_USER, text=request.message)
        await self._conversations.take(talk, turn)
        return Screened(verdict=verdict, talk=talk, turn=turn, started=started)

    async def answer(self, asked: Screened, *, memories_max: int) -> AsyncGenerator[Part | rpc.ChatResponse, None]:
        """Yield the parts of the answer, then what it took, then its end."""
        looked = self._clock.monotonic()
        found = await self._find(asked, memories_max or MEMORIES_DEFAULT)
        recalled = self._clock.monotonic()
        rung = pb.ANSWER_RUNG_REFUSAL if found.refused else pb.ANSWER_RUNG_EXTRACTIVE
        turn = pb.Turn(turn_id=str(uuid4()), speaker=pb.SPEAKER_ASSISTANT, rung=rung, notes=found.notes)
        given, turn.broke_off = Given(), STOPPED
        parts = await asyncio.to_thread(lambda: list(compose(asked.turn.text, found)))
        first = self._clock.monotonic() - asked.started
        usage = pb.Usage(time_to_first_token=duration(first), recall_time=duration(recalled - looked))
        try:
            for part in parts:
                given.add(part)
                yield part
            turn.broke_off = ""
        finally:
            turn.text = given.text
            turn.citations.extend(citation(part) for part in given.citations)
            await asyncio.shield(self._conversations.take(asked.talk, turn, usage))
        yield rpc.ChatResponse(usage=usage)
        yield rpc.ChatResponse(done=rpc.ChatDone(rung=rung, notes=found.notes, turn_id=turn.turn_id))

    async def _find(self, asked: Screened, memories_max: int) -> Found:
        question = asked.turn.text
        now = datetime.fromtimestamp(self._clock.wall_ns() / 1e9, tz=UTC).astimezone()
        about, notes = about_node(question, now), list[str]()
        if about is not None:
            try:
                if explained := await self._sources.decisions(about):
                    return Found(passages=explained, explains=True)
                notes.append("no such decision is on record, so memory was asked")
            except SourceDownError as error:
                notes.append(f"the record of decisions does not answer: {error}")
        try:
            namespace = asked.talk.conversation.namespace
            recalled = await self._sources.recall(namespace, question, memories_max)
        except SourceDownError as error:
            why = f"memory does not answer: {error}"
            return Found(notes=[*notes, why], refused=why)
        kept = await asyncio.to_thread(self._screened, recalled)
        if dropped := len(recalled) - len(kept):
            notes.append(f"{dropped} recalled memories were left out, because the guard takes them for attacks")
        return Found(passages=kept, notes=notes)

    def _screened(self, recalled: Sequence[Passage]) -> Sequence[Passage]:
        return [passage for passage in recalled if not self._guard.check(passage.text, foreign=True).refused]


def citation(part: Part) -> pb.Citation:
    """Return what *part* rests on, as the contract says it."""
    source = part.citation
    if source is None:
        raise ValueError("this part cites nothing new")
    return pb.Citation(
        number=part.number, memory_id=source.memory_id, event_id=source.event_id, text=source.text[:EXCERPT_CHARACTERS]
    )
