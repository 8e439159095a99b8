"""What a language model is asked, and what it says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby
from typing import TypeAlias


class Role(Enum):
    """Who speaks in a prompt."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model asks for a tool to be used."""

    id: str
    name: str
    arguments: str
    """A JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that was said."""

    role: Role
    text: str = ""
    tool_calls: Sequence[ToolCall] = ()
    """What the assistant asked for."""
    tool_call_id: str = ""
    """The call that a message of a tool answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What a model may ask for."""

    name: str
    description: str
    parameters: str
    """The JSON schema of the arguments, an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is chosen, and when to stop. ``None``: as the model has it."""

    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    tokens_max: int | None = None
    """The most tokens of the answer."""
    stop: Sequence[str] = ()
    """The answer ends before any of these."""
    schema: str = ""
    """The JSON schema that the answer fits; empty: any text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked."""

    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    sampling: Sampling = field(default_factory=Sampling)


class Ending(Enum):
    """Why a model said no more."""

    STOP = "stop"
    """It was done, or met a text to stop at."""
    LENGTH = "length"
    """It reached the most tokens, or filled its window."""
    TOOL_CALLS = "tool_calls"
    """It waits for tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The next words."""

    text: str
    pieces: int = 1
    """In how many pieces they came: most servers send their tokens one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of an answer."""

    ending: Ending
    prompt_tokens: int | None = None
    """``None``: the server does not say."""
    answer_tokens: int | None = None


Piece: TypeAlias = Delta | ToolCall | Finished


def joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield *pieces* in their order, words that follow each other as one delta."""
    for are_words, run in groupby(pieces, key=lambda piece: isinstance(piece, Delta)):
        if not are_words:
            yield from run
            continue
        deltas = [piece for piece in run if isinstance(piece, Delta)]
        whole = Delta(text="".join(it.text for it in deltas), pieces=sum(it.pieces for it in deltas))
        yield deltas[0] if len(deltas) == 1 else whole


def pace(tokens: int, seconds: float) -> float | None:
    """Return how many *tokens* came a second, *seconds* after the first of them; ``None`` if nobody can tell."""
    # The first token is there when the time begins.
    return (tokens - 1) / seconds if tokens > 1 and seconds > 0 else None
