"""Language models for tests, which say what can be foretold."""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WORDS = ["anchor", "birch", "copper", "dune", "ember", "fjord", "gravel", "harbour", "iris", "juniper", "kelp", "loom"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a server was asked, in whichever protocol."""

    model: str
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[str] = ()
    """The names of what the model may ask for."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """`temperature`, `top_p`, `seed`, `stop`, `tokens_max`, `num_ctx`: those that were given."""
    schema: Mapping[str, Any] | None = None
    key: str = ""
    """What came as the API key."""

    @property
    def text(self) -> str:
        """What was said last."""
        return str(self.messages[-1]["content"]) if self.messages else ""


def echo(asked: Asked) -> str:
    """Say what was said last."""
    return f"You said: {asked.text}"


def babble(asked: Asked) -> str:
    """Say words by chance, the same for the same seed."""
    chance = random.Random(asked.options.get("seed"))
    return " ".join(chance.choices(WORDS, k=40))


def saying(text: str) -> Callable[[Asked], str]:
    """Say *text*, whatever is asked."""
    return lambda _: text


def following(script: Mapping[str, str]) -> Callable[[Asked], str]:
    """Say what stands beside the first part of *script* that the question has in it; else the question."""
    return lambda asked: next((said for part, said in script.items() if part in asked.text), echo(asked))


@dataclass(kw_only=True)
class FakeModel:
    """A model, and what is to go wrong with it. Everything can be changed while it is served."""

    name: str = "echo:1b"
    says: Callable[[Asked], str] = echo
    calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """The tools it asks for, once, if they are offered; then it goes on with what they said."""
    tokens_per_second: float = 0
    """0: as fast as it can."""
    first_seconds: float = 0
    """How long it thinks before the first token."""
    dies_after: int | None = None
    """After so many tokens the socket is closed."""
    fails_after: int | None = None
    """After so many tokens it says that it failed."""
    stalls_after: int | None = None
    """After so many tokens it says nothing any more, and does not hang up."""
    status: int = 200
    """Another: what it answers instead of an answer."""
    takes_tools: bool = True
    answers: bool = True
    """Otherwise it only makes vectors."""
    parameters: int = 1_000_000_000
    context_tokens: int = 4096
    size_bytes: int = 700_000_000
    is_loaded: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model will say."""

    tokens: Sequence[str]
    calls: Sequence[tuple[str, Mapping[str, Any]]]
    ending: str
    """`stop`, `length` or `tool_calls`."""
    prompt_tokens: int


def answer(model: FakeModel, asked: Asked) -> Answer:
    """Decide what *model* says."""
    prompt_tokens = sum(len(str(message["content"]).split()) for message in asked.messages)
    calls = [call for call in model.calls if call[0] in asked.tools]
    if calls and asked.messages[-1]["role"] != "tool":
        return Answer(tokens=(), calls=calls, ending="tool_calls", prompt_tokens=prompt_tokens)
    text = model.says(asked) if asked.schema is None else json.dumps(fitting(asked.schema))
    text = text[: min((text.find(stop) for stop in asked.options.get("stop", ()) if stop in text), default=len(text))]
    tokens = re.findall(r"\s*\S+|\s+$", text)
    most = asked.options.get("tokens_max", len(tokens))
    ending = "length" if len(tokens) > most else "stop"
    return Answer(tokens=tokens[:most], calls=(), ending=ending, prompt_tokens=prompt_tokens)


def fitting(schema: Mapping[str, Any]) -> Any:
    """Return some value that fits a small JSON schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: fitting(each) for name, each in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [fitting(schema.get("items", {}))]
    return {"integer": 7, "number": 0.5, "boolean": True, "null": None}.get(str(schema.get("type")), "some text")
