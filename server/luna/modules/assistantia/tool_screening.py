"""Keeps from models what others wrote about tools, or with them, and the guard takes for an attack."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from arkalia.assistantia.v1 import model_pb2

from luna.modules.assistantia.guard import PromptGuard

LEFT_OUT: Final = "(left out: the guard takes it for an attack)"


def innocent_results(
    guard: PromptGuard, results: Sequence[model_pb2.ToolResult]
) -> tuple[Sequence[model_pb2.ToolResult], Sequence[str]]:
    """Return *results* without the texts of attacks, and a note if there were any."""
    refused = {it.tool_call_id for it in results if guard.check(it.text, foreign=True).refused}
    kept = [
        model_pb2.ToolResult(tool_call_id=it.tool_call_id, text=LEFT_OUT) if it.tool_call_id in refused else it
        for it in results
    ]
    return kept, _notes(len(refused), "results of tools")


def innocent_tools(
    guard: PromptGuard, tools: Sequence[model_pb2.Tool]
) -> tuple[Sequence[model_pb2.Tool], Sequence[str]]:
    """Return those of *tools* whose names, descriptions and parameters are no attack, and a note on the others."""
    kept = [tool for tool in tools if not guard.check(_said_of(tool), foreign=True).refused]
    return kept, _notes(len(tools) - len(kept), "tools")


def _said_of(tool: model_pb2.Tool) -> str:
    """Return what a model reads of *tool*, in words."""
    name = tool.name.replace("_", " ").replace("-", " ")
    return "\n".join((name, tool.description, *_words(tool.parameters)))


def _words(parameters: str) -> Iterator[str]:
    try:
        yield from _texts(json.loads(parameters or "{}"))
    except (ValueError, RecursionError):
        yield parameters


def _texts(schema: Any) -> Iterator[str]:  # noqa: ANN401  any JSON
    match schema:
        case str():
            yield schema
        case dict():
            for name, inner in schema.items():
                yield name.replace("_", " ")
                yield from _texts(inner)
        case list():
            for inner in schema:
                yield from _texts(inner)


def _notes(count: int, what: str) -> Sequence[str]:
    return [f"{count} {what} were left out, because the guard takes them for attacks"] if count else []
