"""Puts prompts into the words of OpenAI, and reads its answers, whoever wrote them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from luna.adapters.model_http import LINE_BYTES_MAX, complaint, json_object
from luna.adapters.model_words import calls_before, chat_messages, given, parsed, tool_offered
from luna.kernel.generation import Delta, Ending, Finished, Piece, Prompt, Sampling, ToolCall
from luna.kernel.language_model import ModelInfo
from luna.kernel.model_errors import ModelServerError

_MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError)
_DATA: Final = b"data:"
_ERROR: Final = b"error:"


def chat_request(model: str, prompt: Prompt) -> dict[str, Any]:
    """Return what to ask of `/v1/chat/completions`."""
    tools = {"tools": [tool_offered(tool) for tool in prompt.tools]} if prompt.tools else {}
    return {
        "model": model,
        "messages": chat_messages(prompt),
        "stream": True,
        "stream_options": {"include_usage": True},
        **tools,
        **_sampling(prompt.sampling),
    }


class ChatAnswer:
    """Reads the server-sent events of an answer, line by line."""

    def __init__(self, prompt: Prompt) -> None:
        self._before = calls_before(prompt)
        self._event = b""
        self._ending = ""
        self._usage: Mapping[str, Any] = {}
        self._calls: dict[int, dict[str, str]] = {}
        self._size = 0
        self.is_complete = False
        """Whether the server said that this was all."""

    def read(self, line: bytes) -> Iterator[Piece]:
        """Yield what a line says.

        Raises:
            ModelServerError: it says that something is wrong, or nothing that can be understood.

        """
        line = line.rstrip(b"\r")
        if line.startswith(_ERROR):
            # As llama.cpp says it.
            raise ModelServerError(f"the server says: {complaint(line.removeprefix(_ERROR))}")
        if line.startswith(_DATA):
            self._event += line.removeprefix(_DATA).strip() + b"\n"
        if len(self._event) > LINE_BYTES_MAX:
            raise ModelServerError(f"the server sent an event of more than {LINE_BYTES_MAX} bytes")
        if not line:
            yield from self._ended()

    def end(self) -> Iterator[Piece]:
        """Yield what is left to say when the server says no more.

        Raises:
            ModelServerError: it stopped in the middle of an answer.

        """
        yield from self._ended()
        if not self.is_complete and not self._ending:
            raise ModelServerError("the server stopped in the middle of an answer")
        is_cut = self._ending == "length"
        calls = [] if is_cut else [self._call(*each) for each in sorted(self._calls.items())]
        yield from calls
        yield Finished(
            ending=Ending.LENGTH if is_cut else Ending.TOOL_CALLS if calls else Ending.STOP,
            prompt_tokens=self._usage.get("prompt_tokens"),
            answer_tokens=self._usage.get("completion_tokens"),
        )

    def _ended(self) -> Iterator[Piece]:
        event, self._event = self._event.strip(), b""
        if event == b"[DONE]":
            self.is_complete = True
        elif event:
            yield from self._pieces(json_object(event), event)

    def _pieces(self, said: Mapping[str, Any], event: bytes) -> Iterator[Piece]:
        if said.get("error"):
            raise ModelServerError(f"the server says: {complaint(event)}")
        try:
            self._usage = said.get("usage") or self._usage
            for choice in said.get("choices") or ():
                self._ending = choice.get("finish_reason") or self._ending
                delta = choice.get("delta") or {}
                self._collect(delta.get("tool_calls") or ())
                if delta.get("content"):
                    yield Delta(text=str(delta["content"]))
        except _MALFORMED as error:
            raise ModelServerError(f"the server sent no part of an answer: {event[:300]!r}") from error

    def _collect(self, parts: Sequence[Mapping[str, Any]]) -> None:
        for part in parts:
            call = self._calls.setdefault(int(part.get("index", len(self._calls))), {})
            asked = part.get("function") or {}
            for name, value in (("id", part.get("id")), ("name", asked.get("name"))):
                call[name] = str(value or call.get(name, ""))
            more = asked.get("arguments") or ""
            call["arguments"] = call.get("arguments", "") + (more if isinstance(more, str) else json.dumps(more))
            self._size += len(more)
        if self._size > LINE_BYTES_MAX:
            raise ModelServerError(f"the model asks for tools with more than {LINE_BYTES_MAX} bytes")

    def _call(self, index: int, said: Mapping[str, str]) -> ToolCall:
        arguments = said.get("arguments") or "{}"
        json_object(arguments.encode())
        if not said.get("name"):
            raise ModelServerError("the model asks for a tool without a name")
        id = said.get("id") or f"call_{self._before + index + 1}"
        return ToolCall(id=id, name=said["name"], arguments=arguments)


def model_infos(said: Mapping[str, Any]) -> Sequence[ModelInfo]:
    """Return the models in an answer of `/v1/models`.

    Raises:
        ModelServerError: there is no list of them.

    """
    try:
        return [_info(entry) for entry in said["data"] or ()]
    except _MALFORMED as error:
        raise ModelServerError(f"the server sent no list of models: {error!r}") from error


def _info(entry: Mapping[str, Any]) -> ModelInfo:
    # What llama.cpp and vLLM tell beyond OpenAI.
    meta = entry.get("meta") or {}
    return ModelInfo(
        name=str(entry["id"]),
        size_bytes=int(meta.get("size") or 0),
        parameters=int(meta.get("n_params") or 0),
        context_tokens=int(entry.get("max_model_len") or meta.get("n_ctx") or 0),
    )


def _sampling(sampling: Sampling) -> dict[str, Any]:
    return given(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
        max_tokens=sampling.tokens_max,
        stop=list(sampling.stop) or None,
        response_format=_format(sampling.schema) if sampling.schema else None,
    )


def _format(schema: str) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": parsed(schema), "strict": True}}
