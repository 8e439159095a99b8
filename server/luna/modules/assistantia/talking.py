"""Translates what was said in conversations into what language models are told."""

from collections.abc import Iterator, Sequence

from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.generation import Message, Role


def messages_of(turns: Sequence[pb.Turn]) -> Sequence[Message]:
    """Return what was said in *turns*, as a model is told."""
    return list(_messages(turns))


def _messages(turns: Sequence[pb.Turn]) -> Iterator[Message]:
    for turn in turns:
        if turn.text:
            role = Role.USER if turn.speaker == pb.SPEAKER_USER else Role.ASSISTANT
            yield Message(role=role, text=turn.text)
