"""Reads memories from one state of a LanceDB table."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from lancedb.query import AsyncVectorQuery, ColumnOrdering, MatchQuery
from lancedb.table import AsyncTable
from numpy.typing import NDArray

from luna.adapters.lance_errors import spoken
from luna.adapters.lance_packing import unpacked
from luna.adapters.lance_where import among, anything, beyond, hard, meets, whole
from luna.adapters.lance_words import PACKED, to_rows, to_vectors
from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import VectorsError
from luna.kernel.memory_rows import Found, Hit, Key, Row, Rung, Scrolled, Where

# Measured on clustered vectors: recall@10 is .99 with these.
_PROBES_MIN = 20
_PARTITIONS_A_PROBE = 10
_REFINE = 3
_SHARE_MIN = 0.5
"""Of the memories, those of a namespace for which all are looked through, and others left out afterwards."""

_KEYS_AT_ONCE = 500
_WORDS_MAX = 64

Ask: TypeAlias = Callable[[str, int], Awaitable[Sequence[Hit]]]
"""Answers a condition and how many memories are wanted at most, best first."""


class LanceReader:
    """One state of the table: the present, or one that was checked out."""

    def __init__(self, table: AsyncTable, *, version: int, position: int, dimension: int, partitions: int) -> None:
        self._table = table
        self._version = version
        self._position = position
        self._dimension = dimension
        self._partitions = partitions
        """Of the vector index, 0 if there is none."""
        self._plain = False
        self._namespaces: Counter[str] = Counter()
        """How many memories each has, as far as that is known."""

    @property
    def version(self) -> int:
        """Return the number of this state. Higher is later."""
        return self._version

    @property
    def position(self) -> int:
        """Return the position of the log that this state has reached, 0 if none."""
        return self._position

    async def nearest(self, vector: Vectors, where: Where, limit: int, *, exact: bool = False) -> Found:
        """Find up to *limit* memories by meaning, closest first. *exact* compares with every one."""
        wanted = checked(np.asarray(vector, np.float32).reshape(1, -1), self._dimension)[0]
        with spoken("a search by meaning"):
            return await self._by_meaning(
                wanted, where, limit, Rung.INDEXED if self._partitions and not exact else Rung.FLAT
            )

    async def matching(self, text: str, where: Where, limit: int) -> Found:
        """Find up to *limit* memories that have words of *text*, best first. *text* has no syntax."""
        # Its other fields have defaults, which its types do not say.
        query = MatchQuery(beginning(text), "text")  # type: ignore[call-arg]

        async def ask(condition: str, wanted: int) -> Sequence[Hit]:
            found = table.query().nearest_to_text(query).where(condition).limit(wanted)
            hits = await found.select([PACKED, "_score"]).to_arrow()
            return [*map(_hit, hits[PACKED].to_pylist(), hits["_score"].to_pylist())]

        with spoken("a search by words"):
            table = await self._whole()
            return Found(hits=await self._enough(ask, where, limit), rung=Rung.FULL_TEXT)

    async def scroll(self, where: Where, after: str, limit: int) -> Scrolled:
        """Return up to *limit* memories with an id after *after*, by id."""
        condition = f"{whole(where)} AND {beyond(after)}"
        with spoken("reading memories"):
            query = (await self._whole()).query().where(condition).order_by([ColumnOrdering(column_name="id")])
            rows = to_rows(await query.limit(limit + 1).select([PACKED]).to_arrow())
        return Scrolled(rows=rows[:limit], more=len(rows) > limit)

    async def get(self, keys: Sequence[Key]) -> Mapping[Key, Row]:
        """Return those of *keys* that there are, superseded and expired ones too."""
        return {row.key: row for table in await self._read(keys, [PACKED]) for row in to_rows(table)}

    async def vectors(self, keys: Sequence[Key]) -> Mapping[Key, Vectors]:
        """Return the vectors of those of *keys* that there are."""
        found: dict[Key, Vectors] = {}
        for table in await self._read(keys, ("namespace", "id", "vector")):
            names = zip(table["namespace"].to_pylist(), table["id"].to_pylist(), strict=True)
            found |= zip(names, to_vectors(table), strict=True)
        return found

    async def count(self, where: Where) -> int:
        """Return how many memories count."""
        with spoken("counting memories"):
            return await (await self._whole()).count_rows(whole(where))

    async def _read(self, keys: Sequence[Key], columns: Sequence[str]) -> list[pa.Table]:
        parts = [keys[start : start + _KEYS_AT_ONCE] for start in range(0, len(keys), _KEYS_AT_ONCE)]
        with spoken("reading memories"):
            table = await self._whole() if parts else self._table
            return [await table.query().where(among(part)).select([*columns]).to_arrow() for part in parts]

    async def _whole(self) -> AsyncTable:
        """Return the table, once all of this state is in it that can be brought there."""
        return self._table

    async def _by_meaning(self, vector: Vectors, where: Where, limit: int, rung: Rung) -> Found:
        return await self._in_table(vector, where, limit, rung)

    async def _in_table(
        self, vector: Vectors, where: Where, limit: int, rung: Rung, *, indexed_only: bool = False
    ) -> Found:
        table = self._table if indexed_only else await self._whole()

        def near() -> AsyncVectorQuery:
            query = table.query().nearest_to(vector).distance_type("cosine")
            return query.fast_search() if indexed_only else query

        async def ask(condition: str, wanted: int) -> Sequence[Hit]:
            query = near().where(condition).limit(wanted)
            if rung is Rung.FLAT:
                return await _hits(query.bypass_vector_index())
            # No upper bound: where few rows count, it looks on until there are enough.
            return await _hits(query.minimum_nprobes(_PROBES_MIN).maximum_nprobes(0).refine_factor(_REFINE))

        if rung is Rung.INDEXED and len(hits := await self._among_all(near(), where, limit)) == limit:
            return Found(hits=hits, rung=rung)
        return Found(hits=await self._enough(ask, where, limit), rung=rung)

    async def _among_all(self, query: AsyncVectorQuery, where: Where, limit: int) -> Sequence[Hit]:
        """Find up to *limit* memories without a condition: LanceDB would list all rows that meet it first."""
        share = self._namespaces[where.namespace] / max(self._namespaces.total(), 1)
        if share < _SHARE_MIN or not anything(where):
            return []
        # Others may lie nearer than their share; one more is nobody's memory.
        wanted = 2 + math.ceil(limit / share * (2 - share))
        probes = max(_PROBES_MIN, self._partitions // _PARTITIONS_A_PROBE)
        found = await _hits(query.nprobes(probes).refine_factor(_REFINE).limit(wanted))
        return [hit for hit in found if meets(where, hit.row)][:limit]

    async def _enough(self, ask: Ask, where: Where, limit: int) -> Sequence[Hit]:
        if self._plain or hard(where) == whole(where):
            return await ask(hard(where), limit)
        # Few are superseded or expired, and no index says which: it is cheaper to leave them out afterwards.
        wanted = limit + max(8, limit // 2)
        hits = await ask(hard(where), wanted)
        left = [hit for hit in hits if meets(where, hit.row)]
        if len(left) >= limit or len(hits) < wanted:
            return left[:limit]
        return await ask(whole(where), limit)


def beginning(text: str) -> str:
    """Return as much of *text* as is looked for."""
    return " ".join(text.split()[:_WORDS_MAX])


def checked(vectors: Vectors, dimension: int) -> Vectors:
    """Return *vectors* if each fits and has a direction.

    Raises:
        VectorsError: one does not.

    """
    if vectors.ndim != 2 or vectors.shape[1] != dimension:  # noqa: PLR2004
        raise VectorsError(f"a vector of this index has {dimension} numbers, not {vectors.shape[-1]}")
    # Squares of very small and very large numbers need more bits than the vectors have.
    if not _directed(vectors) and not _directed(vectors.astype(np.float64)):
        raise VectorsError("a vector has no direction: it is zero, or has a number that is not finite")
    return vectors


def _directed(vectors: NDArray[Any]) -> bool:
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    return bool((np.isfinite(lengths) & (lengths > 0)).all())


async def _hits(query: AsyncVectorQuery) -> Sequence[Hit]:
    found = await query.select([PACKED, "_distance"]).to_arrow()
    return [
        _hit(text, 1.0 - distance)
        for text, distance in zip(found[PACKED].to_pylist(), found["_distance"].to_pylist(), strict=True)
        if text is not None
    ]


def _hit(text: str, score: float) -> Hit:
    return Hit(row=unpacked(text), score=score)
