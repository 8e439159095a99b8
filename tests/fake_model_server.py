"""A server of language models in this process that behaves, as a test wants it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from luna.kernel.generation import Delta, Ending, Finished, Piece, Prompt
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.kernel.model_errors import ModelMissingError, ModelServerError, PromptRejectedError, PullRejectedError


class FakeModelServer:
    """Implements `luna.kernel.language_model.ModelServer`: repeats the last message, word by word."""

    def __init__(self, name: str, *models: str) -> None:
        self.name = name
        self.held = {model: ModelInfo(name=model, parameters=1_000_000) for model in models}
        self.is_down = False
        self.words_max: int | None = None
        """After so many words it dies."""
        self.rejects = ""
        """Why it takes no prompt."""
        self.says: Sequence[Piece] | None = None
        """What it says whatever it is asked."""
        self.halts_at: int | None = None
        """Before so many words it waits for `go_on`."""
        self.go_on = asyncio.Event()
        """Nothing happens before it is set."""
        self.go_on.set()
        self.prompts: list[Prompt] = []
        self.pulls = 0
        """How many are under way."""
        self.stopped: asyncio.Queue[str] = asyncio.Queue()
        """What was ended before it was done."""

    async def models(self) -> Sequence[ModelInfo]:
        self._check()
        return list(self.held.values())

    async def generate(self, model: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        self._check()
        self._find(model)
        if self.rejects:
            raise PromptRejectedError(self.rejects)
        self.prompts.append(prompt)
        words = prompt.messages[-1].text.split()
        said = self.says or [*(Delta(text=f"{it} ") for it in words), _finished(len(words))]
        try:
            for place, piece in enumerate(said):
                if place == self.words_max:
                    raise ModelServerError("it died")
                if place == self.halts_at:
                    self.go_on.clear()
                await self.go_on.wait()
                yield piece
        except (GeneratorExit, asyncio.CancelledError):
            self.stopped.put_nowait(model)
            raise

    async def load(self, model: str) -> ModelInfo:
        self._check()
        self._find(model)
        self.held[model] = ModelInfo(name=model, is_loaded=True)
        return self.held[model]

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        self._check()
        if model == "nobody-has-it":
            raise PullRejectedError("file does not exist")
        self.pulls += 1
        try:
            for done in range(4):
                yield PullProgress(status="pulling", done_bytes=done, total_bytes=3)
                await self.go_on.wait()
            self.held[f"{model}:latest"] = ModelInfo(name=f"{model}:latest", size_bytes=3)
        except (GeneratorExit, asyncio.CancelledError):
            self.stopped.put_nowait(model)
            raise
        finally:
            self.pulls -= 1

    async def aclose(self) -> None:
        """Hold nothing."""

    def _check(self) -> None:
        if self.is_down:
            raise ModelServerError("connection refused")

    def _find(self, model: str) -> None:
        if model not in self.held:
            raise ModelMissingError(model, list(self.held))


def _finished(tokens: int) -> Finished:
    return Finished(ending=Ending.STOP, prompt_tokens=tokens, answer_tokens=tokens)
