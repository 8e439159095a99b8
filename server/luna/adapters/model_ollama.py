"""Generates with the models that an Ollama holds."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from luna.adapters.model_http import ModelHttp, Patience, StatusError, meaning
from luna.adapters.model_ollama_messages import (
    MALFORMED,
    ChatAnswer,
    PullAnswer,
    can_complete,
    chat_request,
    essence,
    model_info,
    pull_error,
)
from luna.kernel.generation import Piece, Prompt
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.kernel.model_errors import ModelMissingError, ModelServerError

CONTEXT_TOKENS: Final = 8192
KEEP_ALIVE: Final = "30m"
"""How long a model that was loaded on request stays in memory, if nobody asks it anything."""
LOAD_SECONDS: Final = 600.0
PULLING: Final = Patience(first_seconds=600.0, next_seconds=600.0)
"""Verifying a large model takes minutes, in silence."""


class OllamaServer:
    """Speaks to one Ollama, in its own protocol."""

    name = "ollama"

    def __init__(self, url: str, *, context_tokens: int = CONTEXT_TOKENS, patience: Patience | None = None) -> None:
        self._http = ModelHttp(url)
        self._window = context_tokens
        self._patience = patience or Patience()
        self._shown: Mapping[str, Mapping[str, Any]] = {}
        """What it says of each model, by the digest of the model."""

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models that answer; those that only make vectors are left out.

        Raises:
            ModelServerError: it does not answer.

        """
        try:
            entries = (await self._http.ask("GET", "/api/tags")).get("models") or ()
            loaded = await self._loaded()
            shown = {entry["digest"]: await self._show(entry) for entry in entries}
            self._shown = {digest: about for digest, about in shown.items() if about is not None}
            return [
                model_info(entry, about, loaded, self._window)
                for entry in entries
                if (about := self._shown.get(entry["digest"])) is not None and can_complete(about)
            ]
        except StatusError as error:
            raise ModelServerError(str(error)) from error
        except MALFORMED as error:
            raise ModelServerError(f"{self._http.url} is no Ollama, or a strange one: {error!r}") from error

    async def generate(self, model: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Yield what *model* says to *prompt*, as it says it. Closing the generator hangs up, and the model stops.

        Raises:
            ModelMissingError: it holds no such model.
            ModelServerError: it does not answer, or no longer.
            PromptRejectedError: the model cannot be asked this.

        """
        answer = ChatAnswer(prompt)
        request = chat_request(model, prompt, self._window)
        try:
            async with aclosing(self._http.lines("/api/chat", request, self._patience)) as lines:
                async for line in lines:
                    for piece in answer.read(line):
                        yield piece
                    if answer.is_finished:
                        return
        except StatusError as error:
            raise await meaning(error, model, self.models) from error
        raise ModelServerError(f"{self._http.url} stopped in the middle of an answer")

    async def load(self, model: str) -> ModelInfo:
        """Bring *model* into memory, for half an hour.

        Raises:
            ModelMissingError: it holds no such model.
            ModelServerError: it does not answer, or has no room.

        """
        request = {
            "model": model,
            "stream": False,
            "keep_alive": KEEP_ALIVE,
            "options": {"num_ctx": self._window},
        }
        try:
            await self._http.ask("POST", "/api/generate", request, seconds=LOAD_SECONDS)
        except StatusError as error:
            raise await meaning(error, model, self.models) from error
        held = await self.models()
        for info in held:
            if info.name in {model, f"{model}:latest"}:
                return info
        raise ModelMissingError(model, [info.name for info in held])

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Fetch *model* from the registry that Ollama knows. What was fetched is kept if the generator is closed.

        Raises:
            ModelServerError: it does not answer, or no longer.
            PullRejectedError: nobody offers the model.

        """
        progress = PullAnswer()
        try:
            async with aclosing(self._http.lines("/api/pull", {"model": model}, PULLING)) as lines:
                async for line in lines:
                    yield progress.read(line)
        except StatusError as error:
            raise pull_error(str(error)) from error
        if not progress.is_finished:
            raise ModelServerError(f"{self._http.url} stopped fetching {model}")

    async def aclose(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def _loaded(self) -> set[str] | None:
        try:
            running = await self._http.ask("GET", "/api/ps")
        except StatusError:
            return None
        return {entry["name"] for entry in running.get("models") or ()}

    async def _show(self, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if known := self._shown.get(entry["digest"]):
            return known
        try:
            about = await self._http.ask("POST", "/api/show", {"model": entry["name"]})
        except StatusError:
            # It was removed in between.
            return None
        return essence(about)
