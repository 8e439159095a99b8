"""Turns what the log says into what the index changes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final, TypeGuard

import numpy as np
from arkalia.memory.v1 import memory_event_pb2 as facts

from luna.kernel.events import Event
from luna.kernel.memory_index import MemoryIndex
from luna.kernel.memory_rows import Batch, Row, Where
from luna.modules.memory.embedding import LateEmbedder
from luna.modules.memory.facts import RETAINED, Fact, joined
from luna.modules.memory.scrolling import pages
from luna.modules.memory.sealing import Sealer

SCROLL: Final = 1000


class Batches:
    """Makes batches, with vectors of the model of the index, out of what was not forgotten."""

    def __init__(self, model: LateEmbedder, sealer: Sealer) -> None:
        self._model = model
        self._sealer = sealer

    async def of(self, index: MemoryIndex, recorded: Sequence[Fact | Event]) -> AsyncIterator[Batch]:
        """Yield what *index* changes. Facts are joined up to the next thing to forget."""
        opened = iter(await self._sealer.opened([each for each in recorded if _retains(each)]))
        waiting: list[Fact] = []
        for each in recorded:
            if isinstance(each, Fact):
                waiting.append(each)
            elif _retains(each):
                waiting.append(next(opened))
            else:
                if waiting:
                    yield await self._joined(index, waiting)
                waiting = []
                yield await self._forgetting(index, each)
        if waiting:
            yield await self._joined(index, waiting)

    async def _joined(self, index: MemoryIndex, facts: Sequence[Fact]) -> Batch:
        same = await self._comparable(index, facts)
        # The vectors of several are copied together, which may be many megabytes: not for the loop.
        return joined(same) if len(same) == 1 else await asyncio.to_thread(joined, same)

    async def _comparable(self, index: MemoryIndex, facts: Sequence[Fact]) -> Sequence[Fact]:
        """Return *facts* with vectors of the model of the index."""
        other = [fact for fact in facts if fact.is_bare or (fact.rows and fact.model_id != index.model_id)]
        if not other:
            return facts
        model = await self._model.opened()
        vectors = await model.embed([row.text for fact in other for row in fact.rows])
        parts = np.split(vectors, np.cumsum([len(fact.rows) for fact in other])[:-1])
        made = {id(fact): replace(fact, vectors=part) for fact, part in zip(other, parts, strict=True)}
        return [made.get(id(fact), fact) for fact in facts]

    async def _forgetting(self, index: MemoryIndex, event: Event) -> Batch:
        told = facts.MemoriesForgotten.FromString(event.payload)
        ids: dict[str, set[str]] = {}
        async for row in _rows(index, told):
            ids.setdefault(row.event_id, set()).add(row.id)
        # The keys go first: what comes after can be done again as long as the index still says which they are.
        await self._sealer.destroy(ids)
        return Batch(position=event.position, remove=[(told.namespace, id) for gone in ids.values() for id in gone])


async def _rows(index: MemoryIndex, told: facts.MemoriesForgotten) -> AsyncIterator[Row]:
    if not told.everything:
        for row in (await index.get([(told.namespace, id) for id in told.ids])).values():
            yield row
        return
    async for rows in pages(index, Where(namespace=told.namespace, include_superseded=True), SCROLL):
        for row in rows:
            yield row


def _retains(recorded: Fact | Event) -> TypeGuard[Event]:
    return isinstance(recorded, Event) and recorded.type == RETAINED
