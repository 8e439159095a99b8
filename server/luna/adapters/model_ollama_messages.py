"""Puts prompts into the words of Ollama, and reads its answers."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from luna.adapters.model_http import json_object
from luna.adapters.model_words import calls_before, given, parsed, tool_offered
from luna.kernel.generation import Delta, Ending, Finished, Message, Piece, Prompt, Role, Sampling, ToolCall
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.kernel.model_errors import ModelError, ModelServerError, PullRejectedError

MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError)
"""What reading a strange answer raises."""
_NOBODY_HAS_IT: Final = ("does not exist", "not found", "invalid model")
_TOLD: Final = ("details", "model_info", "capabilities")


def chat_request(model: str, prompt: Prompt, context_tokens: int) -> dict[str, Any]:
    """Return what to ask of `/api/chat`."""
    tools = {"tools": [tool_offered(tool) for tool in prompt.tools]} if prompt.tools else {}
    schema = {"format": parsed(prompt.sampling.schema)} if prompt.sampling.schema else {}
    return {
        "model": model,
        "messages": list(_messages(prompt)),
        "stream": True,
        # What does not fit is refused, rather than silently forgotten.
        "truncate": False,
        "shift": False,
        "options": _options(prompt.sampling, context_tokens),
        **tools,
        **schema,
    }


class ChatAnswer:
    """Reads an answer of `/api/chat`, line by line."""

    def __init__(self, prompt: Prompt) -> None:
        # Ids that stay apart from those of earlier calls, for servers that give none.
        self._calls = calls_before(prompt)
        self._waits = False
        self.is_finished = False

    def read(self, line: bytes) -> Iterator[Piece]:
        """Yield what a line says.

        Raises:
            ModelServerError: it says that something is wrong, or nothing that can be understood.

        """
        said = json_object(line)
        if "error" in said:
            raise ModelServerError(f"Ollama says: {said['error']}")
        try:
            yield from self._pieces(said)
        except MALFORMED as error:
            raise ModelServerError(f"Ollama sent no part of an answer: {line[:300]!r}") from error

    def _pieces(self, said: Mapping[str, Any]) -> Iterator[Piece]:
        message = said.get("message") or {}
        if message.get("content"):
            yield Delta(text=str(message["content"]))
        for call in message.get("tool_calls") or ():
            self._calls += 1
            self._waits = True
            yield _call(call, f"call_{self._calls}")
        if said["done"]:
            self.is_finished = True
            yield self._finished(said)

    def _finished(self, said: Mapping[str, Any]) -> Finished:
        ending = Ending.LENGTH if said.get("done_reason") == "length" else Ending.STOP
        return Finished(
            ending=Ending.TOOL_CALLS if self._waits else ending,
            prompt_tokens=said.get("prompt_eval_count"),
            answer_tokens=said.get("eval_count"),
        )


class PullAnswer:
    """Reads an answer of `/api/pull`, line by line."""

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}
        self.is_finished = False

    def read(self, line: bytes) -> PullProgress:
        """Return how far it is, all layers together.

        Raises:
            ModelServerError: something went wrong, or the line cannot be understood.
            PullRejectedError: nobody offers the model.

        """
        said = json_object(line)
        if "error" in said:
            raise pull_error(f"Ollama says: {said['error']}")
        try:
            if "digest" in said:
                self._layers[said["digest"]] = int(said.get("completed") or 0), int(said.get("total") or 0)
        except MALFORMED as error:
            raise ModelServerError(f"Ollama sent no progress: {line[:300]!r}") from error
        self.is_finished = said.get("status") == "success"
        return PullProgress(
            status=str(said.get("status", "")),
            done_bytes=sum(done for done, _ in self._layers.values()),
            total_bytes=sum(total for _, total in self._layers.values()),
        )


def pull_error(said: str) -> ModelError:
    """Return what it means that a model could not be fetched."""
    return PullRejectedError(said) if any(words in said for words in _NOBODY_HAS_IT) else ModelServerError(said)


def essence(about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what counts of an answer of `/api/show`: the licence and the vocabulary do not."""
    kept = {name: about[name] for name in _TOLD if name in about}
    facts = kept.get("model_info") or {}
    return {**kept, "model_info": {name: fact for name, fact in facts.items() if not name.startswith("tokenizer.")}}


def model_info(entry: Mapping[str, Any], shown: Mapping[str, Any], loaded: set[str] | None, window: int) -> ModelInfo:
    """Return what `/api/tags` and `/api/show` say of a model that may use *window* tokens."""
    about = shown.get("model_info") or {}
    details = shown.get("details") or entry.get("details") or {}
    context = int(about.get(f"{about.get('general.architecture')}.context_length") or 0)
    return ModelInfo(
        name=entry["name"],
        size_bytes=int(entry.get("size") or 0),
        parameters=int(about.get("general.parameter_count") or 0),
        context_tokens=min(context, window),
        quantization=str(details.get("quantization_level") or "").replace("unknown", ""),
        is_loaded=None if loaded is None else entry["name"] in loaded,
    )


def can_complete(shown: Mapping[str, Any]) -> bool:
    """Tell whether a model answers: others only make vectors."""
    if "capabilities" in shown:
        return "completion" in (shown["capabilities"] or ())
    # Servers before 0.6.4 do not say.
    return "bert" not in str((shown.get("details") or {}).get("family"))


def _messages(prompt: Prompt) -> Iterator[dict[str, Any]]:
    names = {call.id: call.name for message in prompt.messages for call in message.tool_calls}
    for message in prompt.messages:
        calls = {"tool_calls": [_asked(call) for call in message.tool_calls]} if message.tool_calls else {}
        answered = _answered(message, names) if message.role is Role.TOOL else {}
        yield {"role": message.role.value, "content": message.text, **calls, **answered}


def _answered(message: Message, names: Mapping[str, str]) -> Mapping[str, str]:
    return {"tool_name": names.get(message.tool_call_id, ""), "tool_call_id": message.tool_call_id}


def _asked(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "function": {"name": call.name, "arguments": parsed(call.arguments)}}


def _options(sampling: Sampling, context_tokens: int) -> dict[str, Any]:
    return given(
        num_ctx=context_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
        num_predict=sampling.tokens_max,
        stop=list(sampling.stop) or None,
    )


def _call(call: Mapping[str, Any], id: str) -> ToolCall:
    asked = call["function"]
    arguments = asked.get("arguments") or {}
    return ToolCall(id=str(call.get("id") or id), name=str(asked["name"]), arguments=json.dumps(dict(arguments)))
