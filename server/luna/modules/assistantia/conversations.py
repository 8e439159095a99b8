"""Keeps conversations: each is a stream of the log, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import uuid4

from arkalia.assistantia.v1 import assistantia_event_pb2 as facts
from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.context import current_call
from luna.kernel.event_errors import VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, EventFilter, Expect, Expected, NewEvent, StreamWrite
from luna.kernel.facts import event_of
from luna.kernel.feed import Feed
from luna.kernel.times import timestamp
from luna.modules.assistantia.errors import ConversationUnknownError

CATEGORY: Final = "conversation"
NAMESPACE_DEFAULT: Final = "default"
"""Of memory, for conversations that name none."""
TITLE_CHARACTERS: Final = 80
STARTED: Final = facts.ConversationStarted.DESCRIPTOR.full_name
TAKEN: Final = facts.TurnTaken.DESCRIPTOR.full_name
DELETED: Final = facts.ConversationDeleted.DESCRIPTOR.full_name

Fact: TypeAlias = facts.ConversationStarted | facts.TurnTaken | facts.ConversationDeleted

_BEGUN: Final = EventFilter(category=CATEGORY, types=frozenset({STARTED}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation that goes on."""

    conversation: pb.Conversation
    is_new: bool


class Conversations:
    """Starts, continues, lists and deletes conversations of whoever is calling."""

    def __init__(self, events: EventLog, feed: Feed, clock: Clock, source: str) -> None:
        self._events = events
        self._feed = feed
        self._clock = clock
        self._source = source

    async def open(self, conversation_id: str, namespace: str, question: str) -> Talk:
        """Return the conversation of that id, or what is to become it.

        Raises:
            ConversationUnknownError: it was deleted, or is somebody else's.

        """
        found = await self._started(conversation_id) if conversation_id else None
        if found is not None:
            if namespace:
                found.namespace = namespace
            return Talk(conversation=found, is_new=False)
        conversation = pb.Conversation(
            conversation_id=conversation_id or str(uuid4()),
            title=" ".join(question.split())[:TITLE_CHARACTERS],
            namespace=namespace or NAMESPACE_DEFAULT,
            create_time=timestamp(self._clock.wall_ns()),
        )
        return Talk(conversation=conversation, is_new=True)

    async def take(self, talk: Talk, turn: pb.Turn, usage: pb.Usage | None = None) -> None:
        """Record *turn*, after the start of the conversation if this is its first.

        Raises:
            ConversationUnknownError: somebody else started a conversation of that id meanwhile.

        """
        conversation = talk.conversation
        turn.create_time.CopyFrom(timestamp(self._clock.wall_ns()))
        subject = current_call().subject
        taken = facts.TurnTaken(conversation_id=conversation.conversation_id, turn=turn, usage=usage, subject=subject)
        new = [self._event(taken, turn.turn_id)]
        starts = talk.is_new and turn.speaker == pb.SPEAKER_USER
        if starts:
            started = facts.ConversationStarted(conversation=conversation, subject=subject)
            new.insert(0, self._event(started))
        await self._append(conversation.conversation_id, new, Expect.NO_STREAM if starts else Expect.EXISTS)

    async def turns(
        self, conversation_id: str, *, page_token: str, limit: int
    ) -> tuple[pb.Conversation, Sequence[pb.Turn], str]:
        """Return a conversation, its newest turns before the token, oldest first, and the token of those before.

        Raises:
            ConversationUnknownError: there is none.

        """
        conversation = await self._started(conversation_id)
        if conversation is None:
            raise ConversationUnknownError(conversation_id)
        wanted = EventFilter(stream=_stream(conversation_id), types=frozenset({TAKEN}))
        events, token = await self._feed.newest(wanted, page_token=page_token, limit=limit)
        return conversation, [facts.TurnTaken.FromString(event.payload).turn for event in reversed(events)], token

    async def newest(self, talk: Talk, limit: int) -> Sequence[pb.Turn]:
        """Return the newest turns of *talk*, oldest first."""
        if talk.is_new:
            return ()
        wanted = EventFilter(stream=_stream(talk.conversation.conversation_id), types=frozenset({TAKEN}))
        page = await self._events.read(wanted, limit=limit, direction=Direction.BACKWARD)
        return [facts.TurnTaken.FromString(event.payload).turn for event in reversed(page.events)]

    async def page(self, *, page_token: str, limit: int) -> tuple[Sequence[pb.Conversation], str]:
        """Return the caller's conversations, newest first, and the token of the next page."""
        events, token = await self._feed.newest(_BEGUN, page_token=page_token, limit=limit)
        begun = [facts.ConversationStarted.FromString(event.payload) for event in events]
        mine = [it.conversation for it in begun if it.subject == current_call().subject]
        return [it for it in mine if not await self._is_deleted(it.conversation_id)], token

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation. Doing so again changes nothing.

        Raises:
            ConversationUnknownError: there never was one.

        """
        if await self._begin(conversation_id) is None:
            raise ConversationUnknownError(conversation_id)
        if not await self._is_deleted(conversation_id):
            gone = facts.ConversationDeleted(conversation_id=conversation_id)
            await self._append(conversation_id, [self._event(gone)], Expect.EXISTS)

    async def _started(self, conversation_id: str) -> pb.Conversation | None:
        begin = await self._begin(conversation_id)
        if begin is not None and await self._is_deleted(conversation_id):
            raise ConversationUnknownError(conversation_id)
        return begin

    async def _begin(self, conversation_id: str) -> pb.Conversation | None:
        first = await self._events.read(EventFilter(stream=_stream(conversation_id)), limit=1)
        if not first.events:
            return None
        begin = _begun(first.events[0])
        if begin.subject != current_call().subject:
            raise ConversationUnknownError(conversation_id)
        return begin.conversation

    async def _is_deleted(self, conversation_id: str) -> bool:
        gone = EventFilter(stream=_stream(conversation_id), types=frozenset({DELETED}))
        return bool((await self._events.read(gone, limit=1, direction=Direction.BACKWARD)).events)

    async def _append(self, conversation_id: str, new: Sequence[NewEvent], expected: Expected) -> None:
        write = StreamWrite(_stream(conversation_id), new, expected)
        try:
            await self._events.append(Append([write]))
        except VersionConflictError as error:
            raise ConversationUnknownError(conversation_id) from error

    def _event(self, fact: Fact, event_id: str = "") -> NewEvent:
        return event_of(fact, source=self._source, time_ns=self._clock.wall_ns(), event_id=event_id)


def _stream(conversation_id: str) -> str:
    return f"{CATEGORY}/{conversation_id.lower()}"


def _begun(event: Event) -> facts.ConversationStarted:
    if event.type == STARTED:
        return facts.ConversationStarted.FromString(event.payload)
    # Retention has removed the beginning: nobody can tell any more whose it was.
    return facts.ConversationStarted(subject="\0")
