"""Translates what was said in conversations into what language models are told."""

from collections.abc import Iterator, Sequence

from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.generation import Message, Role
from luna.modules.assistantia.model_messages import to_call


def messages_of(turns: Sequence[pb.Turn]) -> Sequence[Message]:
    """Return what people and models said in *turns*. What tools were used for it is left out."""
    return list(_messages(turns))


def tools_used(turns: Sequence[pb.Turn]) -> Sequence[Message]:
    """Return what was said in *turns* since a question, with the tools that were used."""
    return [message for turn in turns for message in _with_tools(turn)]


def _messages(turns: Sequence[pb.Turn]) -> Iterator[Message]:
    for turn in turns:
        if turn.text:
            role = Role.USER if turn.speaker == pb.SPEAKER_USER else Role.ASSISTANT
            yield Message(role=role, text=turn.text)


def _with_tools(turn: pb.Turn) -> Iterator[Message]:
    if turn.speaker == pb.SPEAKER_TOOL:
        for result in turn.tool_results:
            yield Message(role=Role.TOOL, text=result.text, tool_call_id=result.tool_call_id)
    else:
        calls = [to_call(call) for call in turn.tool_calls]
        yield Message(role=Role.ASSISTANT, text=turn.text, tool_calls=calls)
