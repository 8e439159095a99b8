"""Has a language model answer: the one that is named, or the first of the ladder that begins to; and measures it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from luna.kernel.clock import Clock
from luna.kernel.generation import Delta, Finished, Piece, Prompt, ToolCall, pace
from luna.modules.assistantia.errors import ModelDownError, ModelRejectedError, ModelUnknownError
from luna.modules.assistantia.ladder import ladder, refuse_spared
from luna.modules.assistantia.models import ModelShelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A model begins to answer."""

    model: str
    passed_over: Sequence[str] = ()
    """Those that were asked before and did not, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer ended."""

    finished: Finished
    first_seconds: float | None
    """From the request to the first words; ``None``: there were none."""
    tokens_per_second: float | None
    """From then on; ``None``: it cannot be told."""


Said: TypeAlias = Begun | Delta | ToolCall | Answered


class Generator:
    """Asks models without memory, guard or record."""

    def __init__(self, shelf: ModelShelf, clock: Clock, level: Callable[[], int]) -> None:
        """Spare models by the *level* of the node."""
        self._shelf = shelf
        self._clock = clock
        self._level = level

    async def generate(self, prompt: Prompt, name: str = "") -> AsyncGenerator[Said, None]:
        """Yield who answers *prompt*, what it says, and what that took. Closing the generator stops the model.

        Raises:
            ModelUnknownError: there is no such model.
            ModelDownError: it does not answer, or no longer, or is spared; without a *name*: none does.
            ModelRejectedError: it cannot be asked this.

        """
        meter = _Meter(self._clock)
        async with aclosing(self._answer(prompt, name)) as pieces:
            async for piece in pieces:
                match piece:
                    case Finished():
                        yield meter.answered(piece)
                    case Delta(text=""):
                        continue
                    case Delta() | ToolCall():
                        meter.note()
                        yield piece
                    case Begun():
                        yield piece

    async def _answer(self, prompt: Prompt, name: str) -> AsyncGenerator[Begun | Piece, None]:
        passed: list[str] = []
        names, notes = await self._ladder(name)
        for each in names:
            async with aclosing(self._shelf.generate(each, prompt)) as pieces:
                try:
                    first = await anext(pieces)
                except (ModelDownError, ModelUnknownError, ModelRejectedError) as error:
                    if name:
                        raise
                    passed.append(f"{each}: {error}")
                    continue
                yield Begun(model=each, passed_over=passed)
                yield first
                async for piece in pieces:
                    yield piece
                return
        raise ModelDownError("", "; ".join([*passed, *notes]) or "the node has no language model")

    async def _ladder(self, name: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return the models to ask, and why they are fewer than there could be."""
        level = self._level()
        if name:
            refuse_spared(name, level)
            return [name], ()
        there = await self._shelf.models(fresh=False)
        rungs = ladder(there, level)
        return [model.name for model in rungs.models], rungs.notes or [str(server) for server in there.silent]


class _Meter:
    """Tells how fast an answer came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._first: float | None = None

    def note(self) -> None:
        """Note that something was said."""
        if self._first is None:
            self._first = self._clock.monotonic()

    def answered(self, finished: Finished) -> Answered:
        """Return what the answer took that ends now."""
        if self._first is None:
            return Answered(finished=finished, first_seconds=None, tokens_per_second=None)
        seconds, tokens = self._clock.monotonic() - self._first, finished.answer_tokens
        rate = pace(tokens, seconds) if tokens else None
        return Answered(finished=finished, first_seconds=self._first - self._started, tokens_per_second=rate)
