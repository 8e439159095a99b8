"""Applies batches to a LanceDB table so that its rows and its position never disagree."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.table import AsyncTable

from luna.adapters.lance_errors import insistently
from luna.adapters.lance_gathering import LanceGathering
from luna.adapters.lance_known import KnownKeys
from luna.adapters.lance_scribe import LanceScribe
from luna.adapters.lance_where import among
from luna.adapters.lance_words import all_spelled, marker, spelled, to_batch, to_rows, to_vectors
from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Batch, Key, Row

_SMALL_ROWS = 256
# Each costs a search as much as a third of a millisecond more; writing them again as one costs as much as five.
_SMALL_MAX = 6

Pairs = dict[Key, tuple[Row, Vectors]]


class Written(Protocol):
    """What LanceDB says of a write."""

    @property
    def version(self) -> int:
        """Return the version that it has made."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a batch writes."""

    final: Batch
    """The same with each row once, those that it changes too, as it is at the end."""
    fresh: pa.RecordBatch | None = None
    """Rows that are certainly new."""
    changed: pa.RecordBatch | None = None
    """Rows that may be there."""
    hashes: Sequence[int] = ()
    plain: bool = True
    """Whether no search leaves one of them out for what it is."""

    @property
    def only_new(self) -> pa.RecordBatch | None:
        """Return the rows, if nothing but new ones is written."""
        return self.fresh if not self.final.remove and self.changed is None else None


class LanceWriter:
    """Writes one batch after another.

    LanceDB makes each write of a table atomic, so the position is written
    with rows, in a column of theirs, and is the largest there is. A batch
    that takes several writes has the position in the last; those before it
    come out the same when they are made again:

        delete what goes  →  merge what changes  →  add what is new

    Each write is a file, and a search opens every file that no index holds
    yet. So what came in small pieces is written again as one, together with
    the batch that makes them too many. Many new rows are gathered, and
    written as one a moment later: `flush` waits for them, and so does
    whatever else is written.
    """

    def __init__(
        self, table: AsyncTable, columns: pa.Schema, namespaces: Counter[str], scribe: LanceScribe | None
    ) -> None:
        self._table = table
        self._columns = columns
        self._known = KnownKeys()
        self._namespaces = namespaces
        """How many rows each has: those whose key may be there count as changed."""
        self._small: list[pa.RecordBatch] = []
        """What was written in small pieces, as it is now."""
        self._gathering = LanceGathering(self._write_gathered)
        self._scribe = scribe
        self.version = 0
        """What the last write has made."""
        self.rows = 0
        """How many rows were written, or are to be."""
        self.position = 0
        self.plain = False
        """Whether no row of the table is superseded, and none expires."""

    def begin(self, known: KnownKeys, *, position: int, plain: bool) -> None:
        """Go on from what the table holds."""
        self._known = known
        self.position = position
        self.plain = plain

    async def prepared(self, batch: Batch) -> Prepared:
        """Return what *batch* writes."""
        stored = await self._stored(batch)
        return await asyncio.to_thread(self._prepared, batch, stored)

    async def write(self, prepared: Prepared) -> None:
        """Make the table what a batch says."""
        only_new = prepared.only_new
        try:
            if only_new is not None and self._gathering.takes(only_new):
                await self._gathering.put(only_new)
            else:
                await self._gathering.flush()
                await self._write_at_once(prepared)
        finally:
            # If it has failed they may be there all the same, and are merged the next time.
            self._known.add(prepared.hashes)
        if prepared.fresh:
            self._namespaces.update(counted(prepared.fresh["namespace"]))
        self.plain = self.plain and prepared.plain
        self.rows += len(prepared.hashes)
        self.position = max(self.position, prepared.final.position)

    @property
    def failed(self) -> bool:
        """Whether what was to be written together could not be the last time."""
        return self._gathering.failed

    async def flush(self) -> None:
        """Wait until everything is in the table."""
        await self._gathering.flush()

    async def aclose(self) -> None:
        """Write no more. What was not flushed is lost."""
        if self._scribe is not None:
            await self._scribe.aclose()

    async def _write_at_once(self, prepared: Prepared) -> None:
        batch = prepared.final
        if batch.remove:
            self._gone([spelled(key) for key in batch.remove])
            self._namespaces.subtract(namespace for namespace, _ in self.maybe(batch.remove))
            await self._write(lambda: self._table.delete(among(batch.remove)))
        if prepared.changed:
            self._gone(prepared.changed["key"])
            await self._put(prepared.changed, self._merge)
        if prepared.fresh:
            await self._put(prepared.fresh, self._add)
        if not prepared.hashes and (batch.position > self.position or batch.remove):
            await self._merge(marker(max(batch.position, self.position), self._columns))

    def maybe(self, keys: Sequence[Key]) -> Sequence[Key]:
        """Return those of *keys* that the table may hold; it holds none of the others."""
        old = self._known.among([*map(hash, all_spelled(keys))])
        return [key for key, was in zip(keys, old, strict=True) if was]

    def settle(self) -> None:
        """Leave what was written in small pieces to upkeep, which must not meet with it."""
        self._small = []

    async def _stored(self, batch: Batch) -> Pairs:
        """Return the rows that *batch* changes without bringing them."""
        if not batch.superseded:
            return {}
        known = {row.key for row in batch.rows} | {*batch.remove}
        keys = {(each.namespace, each.id) for each in batch.superseded} - known
        await self.flush()
        table = await self._table.query().where(among([*keys])).to_arrow()
        return {row.key: (row, vector) for row, vector in zip(to_rows(table), to_vectors(table), strict=True)}

    def _prepared(self, batch: Batch, stored: Pairs) -> Prepared:
        """Return what is to be written. Takes milliseconds: not for the loop."""
        names, rows, vectors = _final(batch, stored)
        final = Batch(position=batch.position, rows=rows, vectors=vectors, remove=batch.remove)
        if not rows:
            return Prepared(final=final)
        keys = all_spelled(names)
        hashes = [*map(hash, keys)]
        plain = not any(row.superseded_by or row.expire_ns is not None for row in rows)
        old = self._known.among(hashes)
        # A batch that comes again must not look like an earlier state.
        together = to_batch(rows, keys, vectors, max(batch.position, self.position), self._columns)
        if not old.any():
            return Prepared(final=final, fresh=together, hashes=hashes, plain=plain)
        if old.all():
            return Prepared(final=final, changed=together, hashes=hashes, plain=plain)
        # Only the last write may say that the position is reached.
        changed = together.filter(pa.array(old))
        place = self._columns.get_field_index("applied")
        earlier = pa.array(np.full(len(changed), self.position), pa.int64())
        changed = changed.set_column(place, self._columns.field(place), earlier)
        return Prepared(final=final, fresh=together.filter(pa.array(~old)), changed=changed, hashes=hashes, plain=plain)

    async def _put(self, rows: pa.RecordBatch, write: Callable[[pa.RecordBatch], Awaitable[None]]) -> None:
        small = self._small
        if len(small) < _SMALL_MAX:
            await write(rows)
        else:
            rows, small = pa.concat_batches([*small, rows]), []
            await self._merge(rows)
        self._small = [*small, rows] if len(rows) < _SMALL_ROWS else small

    async def _write_gathered(self, rows: pa.Table, *, sure: bool) -> None:
        if sure and self._scribe is not None and self._scribe.takes(rows):
            if (version := await self._scribe.add(rows)) is not None:
                await self._table.checkout_latest()
                self.version = version
                return
            sure = False
        await (self._add(rows) if sure else self._merge(rows))

    async def _add(self, rows: pa.RecordBatch | pa.Table) -> None:
        await self._write(lambda: self._table.add(rows))

    async def _merge(self, rows: pa.RecordBatch | pa.Table) -> None:
        merge = self._table.merge_insert("key").when_matched_update_all().when_not_matched_insert_all()
        await self._write(lambda: merge.execute(rows))

    async def _write(self, write: Callable[[], Awaitable[Written]]) -> None:
        self.version = (await insistently(write)).version

    def _gone(self, keys: Sequence[str] | pa.Array) -> None:
        away = pa.array(keys, pa.string())
        left = [rows.filter(pc.invert(pc.is_in(rows["key"], away))) for rows in self._small]
        self._small = [rows for rows in left if len(rows)]


def _final(batch: Batch, stored: Pairs) -> tuple[list[Key], list[Row], Vectors]:
    """Return each row of *batch* once, and *stored*, as they are at its end."""
    places = {row.key: place for place, row in enumerate(batch.rows)}
    if len(places) == len(batch.rows) and not batch.superseded:
        return [*places], [*batch.rows], batch.vectors
    pairs = {key: (batch.rows[place], batch.vectors[place]) for key, place in places.items()} | stored
    for each in batch.superseded:
        if found := pairs.get((each.namespace, each.id)):
            pairs[each.namespace, each.id] = found[0]._replace(superseded_by=each.by), found[1]
    vectors = [vector for _, vector in pairs.values()]
    return [*pairs], [row for row, _ in pairs.values()], np.stack(vectors) if vectors else batch.vectors


def counted(texts: pa.Array | pa.ChunkedArray) -> Mapping[str, int]:
    """Return how often each of *texts* is there."""
    return {each["values"]: each["counts"] for each in pc.value_counts(texts).to_pylist()}
