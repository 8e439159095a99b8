"""Says what every server of models is told in the same words."""

import json
from collections.abc import Mapping
from typing import Any

from luna.kernel.generation import Prompt, Tool
from luna.kernel.model_errors import PromptRejectedError


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
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PromptRejectedError(f"this is no JSON: {text[:100]}") from error
    if not isinstance(value, dict):
        raise PromptRejectedError(f"this is no JSON object: {text[:100]}")
    return value


def calls_before(prompt: Prompt) -> int:
    """Return how many calls of tools *prompt* tells of: ids of new ones stay apart from theirs."""
    return sum(len(message.tool_calls) for message in prompt.messages)


def given(**wanted: object) -> dict[str, Any]:
    """Return what is not left to the model."""
    return {name: value for name, value in wanted.items() if value is not None}
