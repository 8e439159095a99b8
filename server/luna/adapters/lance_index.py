"""An index of memories in a LanceDB table."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
from lancedb.db import AsyncConnection
from lancedb.table import AsyncTable

from luna.adapters.lance_copy import LanceCopy, copied
from luna.adapters.lance_errors import FAILURES, spoken
from luna.adapters.lance_folder import TABLE, LanceFolder
from luna.adapters.lance_fresh import LanceFresh
from luna.adapters.lance_known import KnownKeys
from luna.adapters.lance_reader import LanceReader, beginning, checked
from luna.adapters.lance_scribe import LanceScribe
from luna.adapters.lance_upkeep import POURING, LanceUpkeep, partitions, vector_index
from luna.adapters.lance_versions import listed, resolved
from luna.adapters.lance_where import HIDDEN, ended
from luna.adapters.lance_words import MARKER, reached
from luna.adapters.lance_writer import LanceWriter, counted
from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import IndexUnavailableError, TagTakenError
from luna.kernel.memory_rows import Batch, Found, IndexStats, Key, Moment, Row, Rung, Version, Where


class LanceIndex(LanceReader):
    """The present of the table, and all that changes it."""

    def __init__(
        self,
        connection: AsyncConnection,
        table: AsyncTable,
        columns: pa.Schema,
        *,
        folder: LanceFolder | None,
        keep: timedelta,
        copied_max: int,
    ) -> None:
        self.model_id = (columns.metadata or {})[b"arkalia.model_id"].decode()
        self.dimension = int((columns.metadata or {})[b"arkalia.dimension"])
        super().__init__(table, version=0, position=0, dimension=self.dimension, partitions=0)
        self._connection = connection
        self._columns = columns
        self._folder = folder
        self._copied_max = copied_max
        self._copy: LanceCopy | None = None
        self._fresh = LanceFresh(self.dimension)
        self._upkeep = LanceUpkeep(table, self._seal, keep)
        self._writer = LanceWriter(table, columns, self._namespaces, LanceScribe(folder.home) if folder else None)
        self._turn = asyncio.Lock()
        self._tending = asyncio.Lock()
        self._sealed = 0
        self._rest_until = 0.0
        self._rows_seen = 0

    async def begin(self) -> None:
        """Learn what the table holds, and make what it lacks."""
        await self._upkeep.prepare()
        found = await self._table.query().select(["key", "applied", "namespace"]).to_arrow()
        self._position = reached(found)
        known = await asyncio.to_thread(lambda: KnownKeys(found["key"].to_pylist()))
        self._plain = await self._table.count_rows(HIDDEN) == 0
        self._namespaces.update(counted(found["namespace"]))
        self._writer.begin(known, position=self._position, plain=self._plain)
        self._fresh.begin()
        await self._look()
        await self._seal()
        if len(found) <= self._copied_max:
            self._copy = await copied(self._table, self.dimension, self._copied_max)

    async def apply(self, batch: Batch) -> None:
        """Change what *batch* says."""
        if len(batch.rows) or len(batch.vectors):
            checked(batch.vectors, self.dimension)
        async with self._turn:
            with spoken("writing memories"):
                prepared = await self._writer.prepared(batch)
                async with self._fresh.changing(prepared.final):
                    await self._writer.write(prepared)
                self._plain = self._writer.plain
                self._version = max(self._version, self._writer.version)
                self._position = self._writer.position
            if self._copy is not None and not await self._copy.apply(batch):
                self._copy = None

    async def matching(self, text: str, where: Where, limit: int) -> Found:
        """Find up to *limit* memories that have words of *text*, best first. *text* has no syntax."""
        found = self._copy.matching(beginning(text), where, limit) if self._copy is not None else None
        return found if found is not None else await super().matching(text, where, limit)

    async def get(self, keys: Sequence[Key]) -> Mapping[Key, Row]:
        """Return those of *keys* that there are. To learn that all are new costs nothing."""
        return await super().get(self._writer.maybe(keys))

    async def expired(self, at_ns: int, limit: int) -> Sequence[Key]:
        """Return up to *limit* memories, of any namespace, that have expired by then."""
        if self._plain:
            return []
        with spoken("looking for expired memories"):
            query = (await self._whole()).query().where(ended(at_ns)).limit(limit)
            found = await query.select(["namespace", "id"]).to_arrow()
        return [*zip(found["namespace"].to_pylist(), found["id"].to_pylist(), strict=True)]

    async def at(self, moment: Moment) -> LanceReader:
        """Return a reader of a past state, which does not move on."""
        number = resolved(await listed(await self._whole()), moment)
        with spoken("reading a past version"):
            table = await self._connection.open_table(TABLE)
            await table.checkout(number)
            position = reached(await table.query().select(["applied"]).to_arrow())
            indexed = partitions(await vector_index(table))
        return LanceReader(table, version=number, position=position, dimension=self.dimension, partitions=indexed)

    async def versions(self, limit: int = 100) -> Sequence[Version]:
        """Return the versions that can still be read, newest first."""
        return (await listed(await self._whole()))[:limit]

    async def tag(self, name: str) -> Version:
        """Keep the present version under *name*."""
        async with self._turn:
            with spoken("tagging a version"):
                await self._flush()
                taken = (await self._table.tags.list()).get(name)
                if taken is None:
                    await self._table.tags.create(name, self._version)
                elif taken["version"] != self._version:
                    raise TagTakenError(name, taken["version"])
            number = self._version
        return next(version for version in await listed(self._table) if version.number == number)

    async def untag(self, name: str) -> None:
        """Let go of the version of that name, if there is one."""
        with spoken("removing a tag"):
            if name in await self._table.tags.list():
                await self._table.tags.delete(name)

    async def tend(self) -> bool:
        """Do what upkeep is due, beside searches and batches. Return whether any was."""
        clock = asyncio.get_running_loop().time
        if self._tending.locked() or clock() < self._rest_until:
            return False
        with spoken("upkeep of the memory index"):
            await self._flush()
            await self._seal()
            came, self._rows_seen = self._writer.rows - self._rows_seen, self._writer.rows
            if not await self._upkeep.due(came=came):
                return False
        started = clock()
        # Where many rows come, searches would wait for its threads.
        await self._optimize(aside=self._folder.home if self._folder and came > POURING else None)
        # Searches and batches need the processors too: upkeep has a quarter of the time.
        self._rest_until = clock() + 3 * (clock() - started)
        return True

    async def optimize(self) -> None:
        """Do all upkeep now, due or not."""
        await self._optimize(aside=None)

    async def _optimize(self, *, aside: Path | None) -> None:
        async with self._tending:
            with spoken("upkeep of the memory index"):
                async with self._turn:
                    await self._settle()
                await self._upkeep.do(self._turn, aside=aside)
                async with self._turn:
                    await self._look()

    async def purge(self) -> None:
        """Forget for good what was removed, and every past version."""
        async with self._tending, self._turn:
            with spoken("forgetting for good"):
                self._partitions = 0
                self._fresh.forget()
                await self._settle()
                await self._upkeep.rewrite()
                await self._look()

    async def stats(self) -> IndexStats:
        """Return how the index is."""
        with spoken("reading how the index is"):
            rows = await (await self._whole()).count_rows(f"key != '{MARKER}'")
            name = await vector_index(self._table)
            stats = await self._table.index_stats(name) if name else None
            return IndexStats(
                rows=rows,
                rows_unindexed=stats.num_unindexed_rows if stats else rows,
                vector_index=stats.index_type if stats else "none",
                text_rows_unindexed=await self._upkeep.unindexed("text_idx"),
                versions=len(await self._table.list_versions()),
                bytes=await asyncio.to_thread(self._folder.size) if self._folder else None,
            )

    async def aclose(self) -> None:
        """Let go of what is open, once upkeep is done: it would go on to write where a table is made anew."""
        async with self._tending, self._turn:
            if not self._table.is_open():
                return
            # What cannot be written any more the next one reads from the log.
            with suppress(IndexUnavailableError), spoken("closing the memory index"):
                await self._flush()
                await self._seal()
            await self._writer.aclose()
            self._table.close()
            self._connection.close()

    async def _by_meaning(self, vector: Vectors, where: Where, limit: int, rung: Rung) -> Found:
        if self._copy is not None:
            return self._copy.nearest(vector, where, limit)
        if rung is Rung.INDEXED and self._fresh.whole:
            indexed = self._in_table(vector, where, limit, rung, indexed_only=True)
            hits = await self._fresh.beside(indexed, vector, where, limit)
            if hits is not None:
                return Found(hits=hits, rung=rung)
        return await super()._by_meaning(vector, where, limit, rung)

    async def _whole(self) -> AsyncTable:
        # What is there can be read where nothing can be written; upkeep and batches try again.
        with suppress(*FAILURES):
            if not self._writer.failed:
                await self._flush()
        return self._table

    async def _flush(self) -> None:
        await self._writer.flush()
        self._version = max(self._version, self._writer.version)

    async def _settle(self) -> None:
        """Hand what was written so far over to upkeep."""
        await self._flush()
        self._writer.settle()
        self._fresh.begin()

    async def _look(self) -> None:
        await self._flush()
        self._version = await self._table.version()
        name = await vector_index(self._table)
        self._partitions = partitions(name)
        if name:
            self._fresh.settle(await self._upkeep.unindexed(name))
        else:
            self._fresh.forget()

    async def _seal(self) -> None:
        if self._folder is not None and (version := await self._table.version()) != self._sealed:
            await asyncio.to_thread(self._folder.seal, version)
            self._sealed = version
