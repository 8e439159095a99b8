"""Applies batches to a LanceDB table so that its rows and its position never disagree."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from lancedb.table import AsyncTable

from luna.adapters.lance_errors import is_conflict
from luna.adapters.lance_known import KnownKeys
from luna.adapters.lance_where import among
from luna.adapters.lance_words import MARKER, mark, marker, spelled, to_batch, to_numbers, to_rows, to_vectors
from luna.kernel.memory_rows import Batch, Key, Row, Vectors

_ATTEMPTS = 8
_PAUSE_SECONDS = 0.02

Pair = tuple[Row, Vectors]


class LanceWriter:
    """Writes one batch after another.

    LanceDB makes each write of a table atomic, so the position is written
    with rows, in a column of theirs, and is the largest there is. A batch
    that takes several writes has the position in the last; those before it
    come out the same when they are made again:

        delete what goes  →  merge what changes  →  add what is new
    """

    def __init__(self, table: AsyncTable, columns: pa.Schema, known: KnownKeys, position: int) -> None:
        self._table = table
        self._columns = columns
        self._known = known
        self.position = position

    async def apply(self, batch: Batch) -> None:
        """Make the table what *batch* says."""
        if batch.remove:
            await insistently(lambda: self._table.delete(among(batch.remove)))
        fresh, changed = await self._sorted(batch)
        if changed:
            await self._merge(await self._built(changed, self.position if fresh else batch.position))
        if fresh:
            await self._add(await self._built(fresh, batch.position))
        if not fresh and not changed and (batch.position > self.position or batch.remove):
            await self._merge(marker(batch.position, self._columns))
            self._known.add([mark(MARKER)])
        self.position = max(self.position, batch.position)

    async def _sorted(self, batch: Batch) -> tuple[list[Pair], list[Pair]]:
        pairs = {row.key: (row, vector) for row, vector in zip(batch.rows, batch.vectors, strict=True)}
        by = {(each.namespace, each.id): each.by for each in batch.superseded}
        if missing := [key for key in by if key not in pairs]:
            pairs |= await self._stored(missing)
        for key in by.keys() & pairs.keys():
            row, vector = pairs[key]
            pairs[key] = replace(row, superseded_by=by[key]), vector
        old = self._known.among([mark(spelled(key)) for key in pairs])
        both = list(zip(pairs.values(), old, strict=True))
        return [pair for pair, was in both if not was], [pair for pair, was in both if was]

    async def _stored(self, keys: Sequence[Key]) -> dict[Key, Pair]:
        table = await self._table.query().where(among(keys)).to_arrow()
        return {row.key: (row, vector) for row, vector in zip(to_rows(table), to_vectors(table), strict=True)}

    async def _built(self, pairs: Sequence[Pair], applied: int) -> pa.RecordBatch:
        rows = [row for row, _ in pairs]
        vectors = np.stack([vector for _, vector in pairs])
        return await asyncio.to_thread(to_batch, rows, vectors, applied, self._columns)

    async def _add(self, rows: pa.RecordBatch) -> None:
        await insistently(lambda: self._table.add(rows))
        self._known.add(to_numbers([rows], "mark").tolist())

    async def _merge(self, rows: pa.RecordBatch) -> None:
        merge = self._table.merge_insert("key").when_matched_update_all().when_not_matched_insert_all()
        await insistently(lambda: merge.execute(rows))


async def insistently(write: Callable[[], Awaitable[object]]) -> None:
    """Do *write*, and again while upkeep has committed first."""
    for attempt in range(_ATTEMPTS):
        try:
            await write()
        except (RuntimeError, OSError, ValueError) as error:
            if attempt == _ATTEMPTS - 1 or not is_conflict(error):
                raise
            await asyncio.sleep(_PAUSE_SECONDS * 2**attempt)
        else:
            return
