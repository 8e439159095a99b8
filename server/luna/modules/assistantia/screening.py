"""Leaves out of what answers rest on whatever the guard takes for attacks, and judges no text twice."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.guard import PromptGuard

REMEMBERED_MAX: Final = 8192
"""How many texts it is known of, by their hashes alone, whether they were refused."""


class Screen:
    """Judges passages. Memories come up again and again, and the guard takes half a millisecond for each."""

    def __init__(self, guard: PromptGuard) -> None:
        self._guard = guard
        self._refused: dict[bytes, bool] = {}

    async def innocent(self, passages: Sequence[Passage]) -> Sequence[Passage]:
        """Return those of *passages* that are no attacks."""
        texts = {_digest(passage.text): passage.text for passage in passages}
        refused = {key: self._refused[key] for key in texts if key in self._refused}
        if new := {key: text for key, text in texts.items() if key not in refused}:
            refused |= await asyncio.to_thread(self._judged, new)
        if len(self._refused) > REMEMBERED_MAX:
            self._refused.clear()
        self._refused |= refused
        return [passage for passage in passages if not refused[_digest(passage.text)]]

    def _judged(self, texts: Mapping[bytes, str]) -> dict[bytes, bool]:
        return {key: self._guard.check(text, foreign=True).refused for key, text in texts.items()}


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
