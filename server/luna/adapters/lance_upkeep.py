"""Keeps a LanceDB table quick and small: merges, indexes, drops old versions."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic, time_ns

import lancedb
import pyarrow as pa
from lancedb.index import FTS, Bitmap, BTree, IvfRq, LabelList
from lancedb.table import AsyncTable

from luna.adapters.lance_aside import AsideError, tended
from luna.adapters.lance_errors import FAILURES, insistently, is_conflict
from luna.adapters.lance_folder import TABLE
from luna.adapters.lance_fresh import ROWS_MAX

INDEX_ROWS_MIN = 8_000
"""Below, comparing with every row is about as quick, and exact."""

_UNINDEXED_MAX = 10_000
# A thousand cost a search two milliseconds more, and half a second once to index.
_UNINDEXED_MAX_AT_REST = 1_000
_UNINDEXED_SHARE = 32
POURING = 1_000
"""Rows that have come since it was last looked: more follow."""
# Each that is not indexed costs a search half a millisecond more; to index sixteen takes a third of a second.
_FRAGMENTS_MAX = 16
# While many rows come, upkeep would take the processors from those who bring them.
_PATIENCE = 2
_ATTEMPTS_BESIDE = 3
_ROWS_A_PARTITION = 2_000
# Much smaller ones would be joined by the next `optimize`, which takes longer than making the index anew.
_GROWTH = 4
# Upkeep adds a piece to the vector index, which costs a search up to a millisecond more.
_PIECES_MAX = 8
# How often it is looked for old versions while the youngest of them becomes old.
_LOOKS = 96
_BITS = 4
_PREFIX = "meaning_"

_log = logging.getLogger(__name__)

Seal = Callable[[], Awaitable[None]]


class LanceUpkeep:
    """Says what is due, and does it beside searches and batches."""

    def __init__(self, table: AsyncTable, seal: Seal, keep: timedelta) -> None:
        self._table = table
        self._seal = seal
        self._keep = keep
        self._look_at = 0.0

    async def prepare(self) -> None:
        """Make what an empty table needs, and what a crash has left out."""
        columns = await self._table.schema()
        if b"lance-schema:unenforced-primary-key:position" not in (columns.field("key").metadata or {}):
            await self._table.set_unenforced_primary_key("key")
        # Words of any language: neither stems nor stop words of one of them.
        words = FTS(stem=False, remove_stop_words=False, ascii_folding=True)
        kinds: dict[str, BTree | Bitmap | LabelList | FTS] = {
            "key": BTree(),
            "namespace": Bitmap(),
            "collection": Bitmap(),
            "attributes": LabelList(),
            "text": words,
        }
        there = {column for index in await self._table.list_indices() for column in index.columns}
        for column in kinds.keys() - there:
            await self._table.create_index(column, config=kinds[column])

    async def due(self, *, came: int) -> bool:
        """Return whether searches would notice that nothing was done; the more, the more rows *came* lately."""
        rows, patience = await self._table.count_rows(), _PATIENCE if came > POURING else 1
        name = await vector_index(self._table)
        if _outgrown(rows // patience, name) or await self._outlived():
            return True
        unindexed = await self.unindexed(name or "text_idx")
        small = _fragments(await self._table.stats())
        most = max(_UNINDEXED_MAX if came else _UNINDEXED_MAX_AT_REST, rows // _UNINDEXED_SHARE)
        return unindexed > min(patience * most, ROWS_MAX // 2) or small > patience * _FRAGMENTS_MAX

    async def _outlived(self) -> bool:
        """Return whether versions are there that should not be any more: they have what was forgotten since."""
        if monotonic() < self._look_at:
            return False
        past = (await self._table.list_versions())[:-1]
        keep = await self._kept()
        self._look_at = monotonic() + self._keep.total_seconds() / _LOOKS
        return any(time_ns() / 1e9 - each["timestamp"].timestamp() > keep.total_seconds() for each in past)

    async def unindexed(self, name: str) -> int:
        """Return how many rows the index of that name does not hold yet."""
        stats = await self._table.index_stats(name)
        return stats.num_unindexed_rows if stats else 0

    async def _pieces(self, name: str | None) -> int:
        stats = await self._table.index_stats(name) if name else None
        return (stats.num_indices if stats else None) or 0

    async def do(self, turn: asyncio.Lock | None = None, *, aside: Path | None = None) -> None:
        """Merge small files, index what is not, and drop versions that are older than is kept.

        If the folder *aside* is given, where the table is, a process of its
        own does it, if it can. Where batches that change what is merged
        always come first, it takes their *turn*.
        """
        # What is dropped must not be what is found after a power cut.
        await self._seal()
        if aside is None or not await self._done_aside(aside):
            await self._do_here(turn)
        await self._seal()

    async def _done_aside(self, home: Path) -> bool:
        try:
            await tended(home, await self._kept())
        except AsideError as error:
            _log.info("upkeep goes on in this process: %s", error)
            return False
        finally:
            await self._table.checkout_latest()
        return True

    async def _do_here(self, turn: asyncio.Lock | None) -> None:
        keep = await self._kept()
        try:
            await insistently(lambda: self._table.optimize(cleanup_older_than=keep), _ATTEMPTS_BESIDE)
        except FAILURES as error:
            if turn is None or not is_conflict(error):
                raise
            async with turn:
                await insistently(lambda: self._table.optimize(cleanup_older_than=keep))
        rows, name = await self._table.count_rows(), await vector_index(self._table)
        if _outgrown(rows, name) or (rows >= INDEX_ROWS_MIN and await self._pieces(name) > _PIECES_MAX):
            await self._index(rows // _ROWS_A_PARTITION, name)

    async def rewrite(self) -> None:
        """Write everything anew and drop all that was before, indexes too: what was deleted is nowhere then."""
        for tag in await self._table.tags.list():
            await self._table.tags.delete(tag)
        rows: pa.Table = await self._table.query().to_arrow()
        await self._table.add(rows, mode="overwrite")
        await self.prepare()
        await self._seal()
        # Not zero: that is for a table that nobody reads meanwhile, it warns.
        await asyncio.sleep(0.01)
        await self._table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)
        await self.do()

    async def _index(self, partitions: int, old: str | None) -> None:
        config = IvfRq(distance_type="cosine", num_partitions=partitions, num_bits=_BITS)
        await insistently(
            lambda: self._table.create_index("vector", config=config, name=f"{_PREFIX}{partitions}", replace=True)
        )
        if old is not None and old != f"{_PREFIX}{partitions}":
            with contextlib.suppress(*FAILURES):
                # A leftover costs room until the next growth, and answers as well.
                await self._table.drop_index(old)

    async def _kept(self) -> timedelta:
        # Nothing as old as a version with a tag may be dropped, so nothing that came after it is either.
        tagged = {tag["version"] for tag in (await self._table.tags.list()).values()}
        if not tagged:
            return self._keep
        times = [
            each["timestamp"].timestamp() for each in await self._table.list_versions() if each["version"] in tagged
        ]
        oldest = min(times, default=time_ns() / 1e9)
        return max(self._keep, timedelta(seconds=time_ns() / 1e9 - oldest + 60))


async def tended_at(home: Path, keep: timedelta) -> None:
    """Do upkeep of the table in *home*, which another process reads and writes meanwhile."""
    with await lancedb.connect_async(home) as connection:
        await LanceUpkeep(await connection.open_table(TABLE), _sealed_by_others, keep).do()


async def _sealed_by_others() -> None:
    """Do nothing: whoever has begun this process does it before and after."""


async def vector_index(table: AsyncTable) -> str | None:
    """Return the name of the vector index of *table*, if it has one."""
    names = [index.name for index in await table.list_indices() if index.name.startswith(_PREFIX)]
    return max(names, key=partitions, default=None)


def partitions(name: str | None) -> int:
    """Return how many partitions the vector index of that name has, 0 if there is none."""
    return int(name.removeprefix(_PREFIX)) if name else 0


def _outgrown(rows: int, name: str | None) -> bool:
    return rows >= INDEX_ROWS_MIN and rows // _ROWS_A_PARTITION >= _GROWTH * partitions(name)


def _fragments(stats: object) -> int:
    return int(stats["fragment_stats"]["num_small_fragments"])  # type: ignore[index]
