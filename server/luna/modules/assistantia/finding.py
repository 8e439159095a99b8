"""Finds what an answer can rest on: the record of decisions, or memory; and leaves out what the guard refuses."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from luna.kernel.clock import Clock
from luna.modules.assistantia.answer import Found
from luna.modules.assistantia.asking import AboutNode, about_node
from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.screening import Screen
from luna.modules.assistantia.sources import SourceDownError, Sources


class Finder:
    """Looks for passages."""

    def __init__(self, sources: Sources, screen: Screen, clock: Clock) -> None:
        self._sources = sources
        self._screen = screen
        self._clock = clock

    async def find(self, question: str, *, namespace: str, memories_max: int) -> Found:
        """Return what there is on *question*."""
        began = self._clock.monotonic()
        found = await self._looked_for(question, namespace, memories_max)
        return replace(found, seconds=self._clock.monotonic() - began)

    async def _looked_for(self, question: str, namespace: str, memories_max: int) -> Found:
        now = datetime.fromtimestamp(self._clock.wall_ns() / 1e9, tz=UTC).astimezone()
        about, notes = about_node(question, now), list[str]()
        if about is not None:
            explained, why = await self._explained(about)
            kept, left_out = await self._screened(explained, "passages of the record")
            if kept:
                return Found(passages=kept, notes=left_out, explains=True)
            notes += [*left_out, why]
        try:
            recalled = await self._sources.recall(namespace, question, memories_max)
        except SourceDownError as error:
            why = f"memory does not answer: {error}"
            return Found(notes=[*notes, why], refused=why)
        kept, left_out = await self._screened(recalled, "recalled memories")
        return Found(passages=kept, notes=[*notes, *left_out])

    async def _explained(self, about: AboutNode) -> tuple[Sequence[Passage], str]:
        try:
            return await self._sources.decisions(about), "no such decision is on record, so memory was asked"
        except SourceDownError as error:
            return (), f"the record of decisions does not answer: {error}"

    async def _screened(self, passages: Sequence[Passage], what: str) -> tuple[Sequence[Passage], Sequence[str]]:
        kept = await self._screen.innocent(passages)
        dropped = len(passages) - len(kept)
        why = f"{dropped} {what} were left out, because the guard takes them for attacks"
        return kept, [why] if dropped else []
