"""Has a language model answer: the one that is named, or the first of the ladder that begins to; and measures it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from luna.kernel.clock import Clock
from luna.kernel.generation import Delta, Finished, Piece, Prompt, ToolCall, pace
from luna.modules.assistantia.errors import ModelDownError, ModelRejectedError, ModelUnknownError
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


async def generate(shelf: ModelShelf, clock: Clock, prompt: Prompt, name: str = "") -> AsyncGenerator[Said, None]:
    """Yield who answers *prompt*, what it says, and what that took. Closing the generator stops the model.

    Raises:
        ModelUnknownError: there is no such model.
        ModelDownError: it does not answer, or no longer; without a *name*: none does.
        ModelRejectedError: it cannot be asked this.

    """
    meter = _Meter(clock)
    async with aclosing(_answer(shelf, prompt, name)) as pieces:
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


async def _answer(shelf: ModelShelf, prompt: Prompt, name: str) -> AsyncGenerator[Begun | Piece, None]:
    passed: list[str] = []
    for each in [name] if name else await _ladder(shelf):
        async with aclosing(shelf.generate(each, prompt)) as pieces:
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
    raise ModelDownError("", "; ".join(passed) or await _why_none(shelf))


async def _ladder(shelf: ModelShelf) -> Sequence[str]:
    return [model.name for model in (await shelf.models(fresh=False)).models if model.rank]


async def _why_none(shelf: ModelShelf) -> str:
    return "; ".join((await shelf.models(fresh=False)).silent) or "the node has no language model"


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
