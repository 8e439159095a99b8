"""Has language models write answers: the first of a ladder that begins to.

One that fails before its first word is passed over, and the next one is asked.
After that nobody takes its place: two models would contradict each other.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.generation import Delta, Ending, Finished, Piece
from luna.modules.assistantia.draft import Draft, Part
from luna.modules.assistantia.errors import ModelDownError, ModelRejectedError, ModelUnknownError
from luna.modules.assistantia.models import Model, ModelShelf
from luna.modules.assistantia.prompt import Fitted, PromptTooLongError, Told, fitted
from luna.modules.assistantia.transcript import Transcript
from luna.modules.assistantia.withholding import Withholding


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An answer to be written."""

    told: Told
    models: Sequence[Model]
    """Those that may write it, the first asked first."""
    named: bool = False
    """Whether the caller wants this model and no other."""
    unmasked: bool = False


class Writer:
    """Asks models, and follows what they say."""

    def __init__(self, shelf: ModelShelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    async def write(self, order: Order, draft: Draft) -> AsyncGenerator[Part, None]:
        """Yield an answer part by part, and say in *draft* who writes it. Nothing is yielded if no model begins.

        Raises:
            ModelDownError: the model stopped in the middle of its answer; or the named one does not begin.
            ModelRejectedError: the named model cannot be asked this.
            ModelUnknownError: there is no such model as was named.

        """
        for model in order.models:
            asked = _asked(order, model, draft)
            if asked is None:
                continue
            async with aclosing(self._said(order, model, asked, draft)) as parts:
                async for part in parts:
                    yield part
            if draft.model:
                return

    async def _said(self, order: Order, model: Model, asked: Fitted, draft: Draft) -> AsyncGenerator[Part, None]:
        async with aclosing(self._shelf.generate(model.name, asked.prompt)) as pieces:
            first = await _first(order, model, pieces, draft)
            if first is None:
                return
            transcript = self._transcript(order, draft, model, asked)
            for part in transcript.read(first):
                yield part
            async for piece in pieces:
                for part in transcript.read(piece):
                    yield part

    def _transcript(self, order: Order, draft: Draft, model: Model, asked: Fitted) -> Transcript:
        draft.model = model.name
        smaller = model.rank > 1 and not order.named
        draft.rung = pb.ANSWER_RUNG_SMALLER_MODEL if smaller else pb.ANSWER_RUNG_MODEL
        draft.notes += asked.notes
        draft.prompt_tokens, draft.estimated = asked.tokens, True
        withholding = None if order.unmasked else Withholding(_known(asked))
        return Transcript(draft, asked.passages, withholding, self._clock.monotonic)


def _asked(order: Order, model: Model, draft: Draft) -> Fitted | None:
    """Return what *model* is asked; ``None`` if that does not fit and another one may be asked."""
    try:
        return fitted(order.told, model)
    except PromptTooLongError as error:
        if order.named:
            raise ModelRejectedError(model.name, str(error)) from None
        draft.notes.append(str(error))
        return None


def _known(asked: Fitted) -> str:
    return "\n".join(message.text for message in asked.prompt.messages)


async def _first(order: Order, model: Model, pieces: AsyncGenerator[Piece, None], draft: Draft) -> Piece | None:
    """Return the first thing that *model* says; ``None`` if it says nothing and another one may."""
    try:
        async for piece in pieces:
            if not isinstance(piece, Delta) or piece.text:
                break
        else:
            piece = Finished(ending=Ending.STOP)
    except (ModelDownError, ModelRejectedError, ModelUnknownError) as error:
        if order.named:
            raise
        draft.notes.append(str(error))
        return None
    if isinstance(piece, Finished) and not order.named:
        draft.notes.append(f"{model.name} had nothing to say")
        return None
    return piece
