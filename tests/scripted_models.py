"""A server of language models that says what it was given to say, piece by piece."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from luna.kernel.generation import Delta, Ending, Finished, Piece, Prompt
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.kernel.model_errors import ModelMissingError, ModelServerError, PromptRejectedError, PullRejectedError


@dataclass(kw_only=True)
class Script:
    """A model, and what it says."""

    name: str
    says: Sequence[str | Piece] = ("Hello", " there", ".")
    says_after: tuple[int, Sequence[str | Piece]] = (0, ())
    """How often it says that, and what it says then, or where it is offered no tools. 0: for ever."""
    dies_after: int | None = None
    """After so many pieces the server is gone."""
    stalls_after: int | None = None
    """After so many pieces it says nothing any more."""
    rejects: str = ""
    """Why it cannot be asked; empty: it can."""
    context_tokens: int = 0
    parameters: int = 0
    prompts: list[Prompt] = field(default_factory=list)
    """What it was asked."""
    hangups: int = 0
    """How often nobody listened to the end."""
    stalled: asyncio.Event = field(default_factory=asyncio.Event)


class ScriptedModels:
    """Implements `luna.kernel.language_model.ModelServer`."""

    def __init__(self, *scripts: Script, name: str = "fake") -> None:
        self.name = name
        self.scripts = {script.name: script for script in scripts}
        self.down = False
        """Whether it answers nothing at all."""

    async def models(self) -> Sequence[ModelInfo]:
        if self.down:
            raise ModelServerError("it is down")
        return [
            ModelInfo(name=it.name, parameters=it.parameters, context_tokens=it.context_tokens)
            for it in self.scripts.values()
        ]

    async def generate(self, model: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        script = self._script(model)
        script.prompts.append(prompt)
        if script.rejects:
            raise PromptRejectedError(script.rejects)
        try:
            async with aclosing(self._said(script, prompt)) as pieces:
                async for piece in pieces:
                    yield piece
        except (GeneratorExit, asyncio.CancelledError):
            script.hangups += 1
            raise

    async def _said(self, script: Script, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        often, later = script.says_after
        says = later if often and (len(script.prompts) > often or not prompt.tools) else script.says
        end = Finished(ending=Ending.STOP, prompt_tokens=len(prompt.messages), answer_tokens=len(says))
        ended = any(isinstance(said, Finished) for said in says)
        for place, said in enumerate([*says, *(() if ended else (end,))]):
            if self.down or place == script.dies_after:
                raise ModelServerError("the connection was lost")
            if place == script.stalls_after:
                script.stalled.set()
                await asyncio.Event().wait()
            await asyncio.sleep(0)
            yield Delta(text=said) if isinstance(said, str) else said

    async def load(self, model: str) -> ModelInfo:
        return ModelInfo(name=self._script(model).name, is_loaded=True)

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        raise PullRejectedError("nothing can be fetched")
        yield PullProgress(status="")

    async def aclose(self) -> None:
        return

    def _script(self, model: str) -> Script:
        if self.down:
            raise ModelServerError("it is down")
        if model not in self.scripts:
            raise ModelMissingError(model, list(self.scripts))
        return self.scripts[model]
