"""An index of memories that keeps them in a dictionary and compares with every one."""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from math import log

import numpy as np

from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import IndexMismatchError, TagTakenError, VectorsError, VersionUnknownError
from luna.kernel.memory_rows import Batch, Found, Hit, IndexStats, Key, Moment, Row, Rung, Scrolled, Version, Where

Held = dict[Key, tuple[Row, Vectors]]


class FakeReader:
    """One state: nothing in it changes in place."""

    def __init__(self, held: Held, *, dimension: int, version: int = 1, position: int = 0) -> None:
        self._held = held
        self.dimension = dimension
        self.version = version
        self.position = position

    async def nearest(self, vector: Vectors, where: Where, limit: int, *, exact: bool = False) -> Found:
        wanted = _checked(np.asarray(vector, np.float32).reshape(1, -1), self.dimension)[0]
        hits = [Hit(row=row, score=_cosine(wanted, each)) for row, each in self._held.values() if _counts(where, row)]
        return Found(hits=sorted(hits, key=lambda hit: -hit.score)[:limit], rung=Rung.FLAT)

    async def matching(self, text: str, where: Where, limit: int) -> Found:
        words = set(_words(text))
        rows = [row for row, _ in self._held.values() if _counts(where, row)]
        seen = {word: sum(word in _words(row.text) for row in rows) for word in words}
        scored = [(sum(log(1 + len(rows) / seen[word]) for word in words & set(_words(row.text))), row) for row in rows]
        hits = [Hit(row=row, score=score) for score, row in scored if score > 0]
        return Found(hits=sorted(hits, key=lambda hit: -hit.score)[:limit], rung=Rung.FULL_TEXT)

    async def scroll(self, where: Where, after: str, limit: int) -> Scrolled:
        rows = sorted((row for row, _ in self._held.values() if _counts(where, row)), key=lambda row: row.id)
        rows = [row for row in rows if row.id > after]
        return Scrolled(rows=rows[:limit], more=len(rows) > limit)

    async def get(self, keys: Sequence[Key]) -> Mapping[Key, Row]:
        return {key: self._held[key][0] for key in keys if key in self._held}

    async def vectors(self, keys: Sequence[Key]) -> Mapping[Key, Vectors]:
        return {key: self._held[key][1] for key in keys if key in self._held}

    async def count(self, where: Where) -> int:
        return sum(_counts(where, row) for row, _ in self._held.values())


class FakeMemoryIndex(FakeReader):
    """The present, and copies of all that was."""

    def __init__(self, model_id: str = "fake", dimension: int = 8, *, now_ns: int = 1) -> None:
        super().__init__({}, dimension=dimension)
        self.model_id = model_id
        self.now_ns = now_ns
        """The time at which versions are made."""
        self.failure: Exception | None = None
        """What to fail batches with, until it is taken away again."""
        self._past: dict[int, tuple[FakeReader, int]] = {}
        self._tags: dict[str, int] = {}
        self._remember()

    async def apply(self, batch: Batch) -> None:
        if self.failure:
            raise self.failure
        if len(batch.rows) or len(batch.vectors):
            _checked(batch.vectors, self.dimension)
        held = {key: each for key, each in self._held.items() if key not in set(batch.remove)}
        held |= {row.key: (row, vector) for row, vector in zip(batch.rows, batch.vectors, strict=True)}
        for each in batch.superseded:
            key = each.namespace, each.id
            if key in held:
                held[key] = held[key][0]._replace(superseded_by=each.by), held[key][1]
        self._held = held
        self.position = max(self.position, batch.position)
        self.version += 1
        self._remember()

    async def expired(self, at_ns: int, limit: int) -> Sequence[Key]:
        ended = [key for key, (row, _) in self._held.items() if row.expire_ns is not None and row.expire_ns <= at_ns]
        return ended[:limit]

    async def at(self, moment: Moment) -> FakeReader:
        if moment.tag is not None:
            fitting = [self._tags[moment.tag]] if moment.tag in self._tags else []
        elif moment.version is not None:
            fitting = [moment.version] if moment.version in self._past else []
        else:
            fitting = [number for number, (_, time_ns) in self._past.items() if time_ns <= (moment.time_ns or 0)]
        if not fitting:
            raise VersionUnknownError(str(moment), oldest=min(self._past), newest=self.version)
        return self._past[max(fitting)][0]

    async def versions(self, limit: int = 100) -> Sequence[Version]:
        numbers = sorted(self._past, reverse=True)[:limit]
        return [self._spoken(number) for number in numbers]

    async def tag(self, name: str) -> Version:
        if self._tags.setdefault(name, self.version) != self.version:
            raise TagTakenError(name, self._tags[name])
        return self._spoken(self.version)

    async def untag(self, name: str) -> None:
        self._tags.pop(name, None)

    async def tend(self) -> bool:
        return False

    async def optimize(self) -> None:
        pass

    async def purge(self) -> None:
        self._past.clear()
        self._tags.clear()
        self.version += 1
        self._remember()

    async def stats(self) -> IndexStats:
        rows = len(self._held)
        return IndexStats(
            rows=rows,
            rows_unindexed=rows,
            vector_index="none",
            text_rows_unindexed=0,
            versions=len(self._past),
            bytes=sum(len(row.text) + vector.nbytes for row, vector in self._held.values()),
        )

    async def aclose(self) -> None:
        pass

    def _remember(self) -> None:
        reader = FakeReader(self._held, dimension=self.dimension, version=self.version, position=self.position)
        self._past[self.version] = reader, self.now_ns

    def _spoken(self, number: int) -> Version:
        tags = sorted(name for name, tagged in self._tags.items() if tagged == number)
        return Version(number=number, time_ns=self._past[number][1], tags=tags)


class FakeMemoryIndexes:
    """Holds one index, as a folder would."""

    def __init__(self) -> None:
        self.index: FakeMemoryIndex | None = None

    async def open(self, model_id: str, dimension: int) -> FakeMemoryIndex:
        if self.index is None:
            return await self.create(model_id, dimension)
        if (self.index.model_id, self.index.dimension) != (model_id, dimension):
            raise IndexMismatchError(found=self.index.model_id, wanted=model_id)
        self.index = copy(self.index)
        return self.index

    async def create(self, model_id: str, dimension: int) -> FakeMemoryIndex:
        self.index = FakeMemoryIndex(model_id, dimension)
        return self.index


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _cosine(one: Vectors, other: Vectors) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def _checked(vectors: Vectors, dimension: int) -> Vectors:
    if vectors.ndim != 2 or vectors.shape[1] != dimension or not np.isfinite(vectors).all():
        raise VectorsError("the vectors do not fit")
    if not np.linalg.norm(vectors, axis=1).all():
        raise VectorsError("a vector is zero")
    return vectors


def _counts(where: Where, row: Row) -> bool:
    return (
        row.namespace == where.namespace
        and where.collection in (None, row.collection)
        and all(row.attributes.get(wanted.key) in wanted.values for wanted in where.attributes)
        and _between(where.retained_from_ns, row.retain_ns, where.retained_until_ns)
        and (where.importance_min is None or row.importance >= where.importance_min)
        and (where.importance_max is None or row.importance <= where.importance_max)
        and (where.alive_at_ns is None or row.expire_ns is None or row.expire_ns > where.alive_at_ns)
        and (where.include_superseded or not row.superseded_by)
    )


def _between(low: int | None, value: int, high: int | None) -> bool:
    return (low is None or value >= low) and (high is None or value < high)
