"""Says what every server of models is told in the same words."""

import json
from collections.abc import Mapping
from typing import Any

from luna.kernel.generation import Message, Prompt, Role, Tool, ToolCall
from luna.kernel.model_errors import PromptRejectedError


def chat_messages(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the messages as OpenAI writes them, which templates of chats know as well."""
    return [_message(message) for message in prompt.messages]


def tool_offered(tool: Tool) -> dict[str, Any]:
    """Return a tool that the model may ask for.

    Raises:
        PromptRejectedError: its parameters are no JSON object.

    """
    about = {"name": tool.name, "description": tool.description, "parameters": parsed(tool.parameters)}
    return {"type": "function", "function": about}


def parsed(text: str) -> Mapping[str, Any]:
    """Return the JSON object in *text*, such as a schema.

    Raises:
        PromptRejectedError: it is none.

    """
    try:
        return object_in(text)
    except ValueError as error:
        raise PromptRejectedError(f"this is {error}: {text[:100]}") from error


def object_in(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object in *text*.

    Raises:
        ValueError: it is none. The message says what it is instead.

    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("no JSON") from error
    if isinstance(value, dict):
        return value
    raise ValueError("no JSON object")


def calls_before(prompt: Prompt) -> int:
    """Return how many calls of tools *prompt* tells of: ids of new ones stay apart from theirs."""
    return sum(len(message.tool_calls) for message in prompt.messages)


def given(**wanted: object) -> dict[str, Any]:
    """Return what is not left to the model."""
    return {name: value for name, value in wanted.items() if value is not None}


def _message(message: Message) -> dict[str, Any]:
    calls = {"tool_calls": [_asked(call) for call in message.tool_calls]} if message.tool_calls else {}
    answered = {"tool_call_id": message.tool_call_id} if message.role is Role.TOOL else {}
    return {"role": message.role.value, "content": message.text, **calls, **answered}


def _asked(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
