"""Holds in memory what the vector index of a table does not hold yet, and finds it there.

LanceDB reads rows that no index holds from their files for every question:
for ten thousand that takes more than all the rest of a search.
"""

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import numpy as np

from luna.adapters.lance_copy import LanceCopy
from luna.adapters.signs import Signs
from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Batch, Found, Hit, Where

ROWS_MAX: Final = 65_536
CHARACTERS_MAX: Final = 2**26
"""How much is held. Where more comes before it is indexed, nothing is."""
_FAILED_MAX: Final = 8
"""How many upkeeps may fail in a row before it is left to the table: each leaves a generation."""
_ROUNDING: Final = 1e-6


class LanceFresh:
    """What was written since upkeep last began, and before that if upkeep has failed.

        begin     what is written from now on makes a new generation, for upkeep may not see it
        changing  rows go into the newest generation, and out of the older ones
        settle    upkeep is done: generations before the newest are in the index, and are let go of

    A row is here before it is in the table. So who asks the table first and
    looks here then misses none, and of two versions the one here is newer.
    """

    def __init__(self, dimension: int) -> None:
        self.whole = False
        """Whether the index holds everything that is not here."""
        self._dimension = dimension
        self._generations: list[LanceCopy] = []
        self._marked = False
        """Whether a row that is nobody's memory was written too."""

    def begin(self) -> None:
        """Begin a generation."""
        if not self.whole or len(self._generations) > _FAILED_MAX:
            self.forget()
        signs = Signs(self._dimension, ROWS_MAX)
        self._generations.append(LanceCopy(self._dimension, ROWS_MAX, signs))
        self._marked = False

    def settle(self, unindexed: int) -> None:
        """Let go of what the index holds now: if it lacks no more than *unindexed* rows, it lacks only the newest."""
        if self._generations and unindexed <= len(self._generations[-1]) + self._marked:
            del self._generations[:-1]
            self.whole = True
        elif not self.whole:
            self.forget()

    def forget(self) -> None:
        """Hold nothing, until upkeep begins."""
        self.whole = False
        self._generations = []

    @asynccontextmanager
    async def changing(self, batch: Batch) -> AsyncIterator[None]:
        """Hold the rows of *batch* from now on, while they are written. If that fails, the table may have them."""
        try:
            await self._put(batch)
            yield
        except BaseException:
            self.forget()
            raise

    async def beside(
        self, indexed: Awaitable[Found], vector: Vectors, where: Where, limit: int
    ) -> Sequence[Hit] | None:
        """Return up to *limit* memories by meaning, closest first, from here and of those *indexed*.

        ``None`` if the index may hold better ones in the place of some that have changed meanwhile.
        """
        held = [*self._generations]
        found = (await indexed).hits
        held += [each for each in self._generations if each not in held]
        older = [hit for hit in found if not any(hit.row.key in each for each in held)]
        above = older[limit - 1].score if len(older) >= limit else -np.inf
        newer = {hit.row.key: hit for each in held for hit in each.nearest(vector, where, limit, above).hits}
        best = sorted([*older, *newer.values()], key=lambda hit: -hit.score)[:limit]
        if len(found) >= limit and (len(best) < limit or best[-1].score < found[-1].score - _ROUNDING):
            return None
        return best

    async def _put(self, batch: Batch) -> None:
        if not self._generations:
            return
        *older, newest = self._generations
        rows = sum(map(len, self._generations)) + len(batch.rows)
        characters = sum(each.characters for each in self._generations) + sum(len(row.text) for row in batch.rows)
        if rows > ROWS_MAX or characters > CHARACTERS_MAX:
            self.forget()
            return
        await newest.apply(batch)
        # Only now: what was there before holds until then.
        for each in older:
            await each.apply(Batch(position=0, remove=[*batch.remove, *(row.key for row in batch.rows)]))
        self._marked |= not batch.rows
