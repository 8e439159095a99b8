"""Makes parts of an answer out of what a language model says: secrets masked, passages cited, tokens counted. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from arkalia.assistantia.v1 import conversation_pb2 as pb

from luna.kernel.generation import Delta, Ending, Finished, Piece, ToolCall
from luna.modules.assistantia.citing import Citer
from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.draft import Draft, Part
from luna.modules.assistantia.withholding import Withholding

_ENDINGS: Final = {
    Ending.STOP: pb.ANSWER_ENDING_STOP,
    Ending.LENGTH: pb.ANSWER_ENDING_LENGTH,
    Ending.TOOL_CALLS: pb.ANSWER_ENDING_TOOL_CALLS,
}


class Transcript:
    """Follows one answer of a model, and keeps in its draft what is known about it."""

    def __init__(
        self, draft: Draft, passages: Sequence[Passage], withholding: Withholding | None, now: Callable[[], float]
    ) -> None:
        self._draft = draft
        self._citer = Citer(passages)
        self._withholding = withholding
        self._now = now

    def read(self, piece: Piece) -> Iterator[Part]:
        """Yield the parts that *piece*, which comes next, adds to the answer."""
        text = ""
        if isinstance(piece, Delta):
            text = self._told(piece)
        elif isinstance(piece, Finished):
            text = self._finished(piece)
        if text:
            yield from self._citer.read(text)
        if isinstance(piece, ToolCall):
            yield Part(text="", tool_call=piece)

    def _told(self, delta: Delta) -> str:
        draft = self._draft
        draft.last_at = self._now()
        draft.first_at = draft.first_at or draft.last_at
        # Most servers send them one by one.
        draft.answer_tokens += delta.pieces
        return self._withholding.read(delta.text) if self._withholding else delta.text

    def _finished(self, finished: Finished) -> str:
        draft = self._draft
        # Some servers say that they stopped.
        draft.ending = pb.ANSWER_ENDING_TOOL_CALLS if draft.tool_calls else _ENDINGS[finished.ending]
        if finished.prompt_tokens is not None and finished.answer_tokens is not None:
            draft.prompt_tokens, draft.answer_tokens = finished.prompt_tokens, finished.answer_tokens
            draft.estimated = False
        if self._withholding is None:
            return ""
        text = self._withholding.end()
        if self._withholding.masked:
            draft.notes.append(f"{self._withholding.masked} secrets in the answer were masked")
        return text
