"""What no index holds yet is found as what it does hold is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from luna.adapters import lance_fresh, lance_gathering, lance_upkeep
from luna.adapters.lance_fresh import LanceFresh
from luna.adapters.lance_index import LanceIndex
from luna.adapters.lance_indexes import LanceIndexes
from luna.adapters.lance_where import meets
from luna.adapters.lance_writer import Prepared
from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import IndexUnavailableError
from luna.kernel.memory_rows import AnyOf, Batch, Found, Hit, Key, Row, Rung, Superseded, Where
from tests.contract.memory_index import row

DIMENSION = 16
IDS = 90
ONE = np.array([1.0, 0.0], np.float32)
ALL = Where(namespace="home", include_superseded=True)
ASKED = [
    ALL,
    Where(namespace="home", alive_at_ns=50),
    Where(namespace="away", alive_at_ns=150),
    Where(namespace="home", collection="x", include_superseded=True),
    Where(namespace="away", attributes=[AnyOf(key="k", values=["1", "2"])]),
    Where(namespace="none"),
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows are enough for a vector index."""
    monkeypatch.setattr(lance_upkeep, "INDEX_ROWS_MIN", 50)
    monkeypatch.setattr(lance_upkeep, "_ROWS_A_PARTITION", 50)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[LanceIndex]:
    index = await LanceIndexes(tmp_path, copied_max=0).open("fake", DIMENSION)
    assert isinstance(index, LanceIndex)
    await index.apply(Batch(position=1, rows=[row(f"0{n}") for n in range(150)], vectors=_vectors(150, seed=9)))
    await index.optimize()
    yield index
    await index.aclose()


class Told:
    """What batches have said so far."""

    def __init__(self) -> None:
        self.all: dict[Key, tuple[Row, Vectors]] = {}

    def apply(self, batch: Batch) -> None:
        for key in batch.remove:
            self.all.pop(key, None)
        self.all |= {each.key: (each, vector) for each, vector in zip(batch.rows, batch.vectors, strict=True)}
        for each in batch.superseded:
            if found := self.all.get((each.namespace, each.id)):
                self.all[each.namespace, each.id] = found[0]._replace(superseded_by=each.by), found[1]

    def nearest(self, wanted: Vectors, where: Where, limit: int) -> list[tuple[Row, float]]:
        found = [
            (each, float(vector @ wanted / np.linalg.norm(vector) / np.linalg.norm(wanted)))
            for each, vector in self.all.values()
            if meets(where, each)
        ]
        return sorted(found, key=lambda pair: -pair[1])[:limit]


@pytest.mark.parametrize("rows_min", [lance_gathering.ROWS_MIN, 1])
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_all_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, rows_min: int
) -> None:
    """
    What is added, changed, superseded and removed, with upkeep, purges and new starts in between.
    """
    monkeypatch.setattr(lance_gathering, "ROWS_MIN", rows_min)
    chance = np.random.default_rng(seed)
    place = LanceIndexes(tmp_path, copied_max=0)
    index, told, fresh = await place.open("fake", DIMENSION), Told(), 0
    for position in range(1, 50):
        batch = _anything(chance, position, rows=150 if position == 1 else 12)
        told.apply(batch)
        await index.apply(batch)
        if position == 1 or chance.random() < 0.15:
            await (index.purge() if chance.random() < 0.2 else index.optimize())
        if chance.random() < 0.05:
            await index.aclose()
            index = await place.open("fake", DIMENSION)
        assert isinstance(index, LanceIndex)
        fresh += index._fresh.whole
        where, wanted = ASKED[position % len(ASKED)], _vectors(1, seed=position)[0]
        # Three times as many are compared exactly: all of a namespace.
        found = await index.nearest(wanted, where, IDS // 3)

        assert found.rung is Rung.INDEXED
        expected = told.nearest(wanted, where, IDS // 3)
        assert [hit.row for hit in found.hits] == [each for each, _ in expected]
        assert [hit.score for hit in found.hits] == pytest.approx([score for _, score in expected], abs=1e-5)
    await index.aclose()

    assert fresh > 10


async def test_what_is_written_is_found_as_soon_as_the_table_has_it(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    For an older version of it is gone from there already.
    """
    vectors = _vectors(2, seed=3)
    await index.apply(Batch(position=2, rows=[row("changing")], vectors=vectors[:1]))
    await index.optimize()
    write = index._writer.write

    async def searched(prepared: Prepared) -> None:
        await write(prepared)
        found = await index.nearest(vectors[1], ALL, 2)
        assert [hit.row for hit in found.hits][:1] == [changed]

    monkeypatch.setattr(index._writer, "write", searched)
    changed = row("changing", text="changed")
    await index.apply(Batch(position=3, rows=[changed], vectors=vectors[1:]))

    assert (await index.get([changed.key]))[changed.key] == changed


async def test_what_moves_while_the_table_is_asked_is_found() -> None:
    """
    Whether it changes, so that the index has it no more, or upkeep is done, and the index had it not yet.
    """
    fresh = _fresh()
    async with fresh.changing(_batch(row("waiting"))):
        pass

    async def indexed() -> Found:
        async with fresh.changing(_batch(row("changing"))):
            fresh.begin()
            fresh.settle(0)
        assert "waiting" not in {key[1] for each in fresh._generations for key in each._places}
        return _found(row("still"))

    found = await fresh.beside(indexed(), ONE, ALL, 5)

    assert sorted(hit.row.id for hit in found or ()) == ["changing", "still", "waiting"]


async def test_of_two_versions_the_newer_is_found() -> None:
    """
    The older one may be in the index, or have been written before the last upkeep began.
    """
    fresh = _fresh()
    async with fresh.changing(_batch(row("a"), row("b"))):
        fresh.begin()
    async with fresh.changing(_batch(row("a", text="newer"), row("b", superseded_by="c"))):
        pass
    asked = Where(namespace="home")

    async def indexed() -> Found:
        return _found(row("a", text="oldest"), row("b", text="oldest"), row("still"))

    found = await fresh.beside(indexed(), ONE, asked, 5)

    assert [(hit.row.id, hit.row.text) for hit in found or ()] == [("still", "text of still"), ("a", "newer")]
    # The index was asked for three, and knows which is next; nobody else does.
    assert await fresh.beside(indexed(), ONE, asked, 3) is None


async def test_what_upkeep_has_indexed_is_let_go_of(index: LanceIndex) -> None:
    """
    What came meanwhile is kept until the next time.
    """
    some = [row(f"new-{n}") for n in range(40)]
    await index.apply(Batch(position=2, rows=some[:20], vectors=_vectors(20, seed=1)))

    assert _held(index) == 20
    upkeep = asyncio.create_task(index.optimize())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await index.apply(Batch(position=3, rows=some[20:], vectors=_vectors(20, seed=2)))
    await upkeep

    assert _held(index) == 20
    await index.optimize()

    assert _held(index) == 0
    assert index._fresh.whole


async def test_the_index_stays_in_few_pieces(index: LanceIndex) -> None:
    """
    Each is looked through by every search, so it is made anew when they are many, and has everything then.
    """
    vectors = _vectors(30, seed=1)
    most = 0
    for n, vector in enumerate(vectors):
        await index.apply(Batch(position=2 + n, rows=[row(f"{n}")], vectors=vector.reshape(1, -1)))
        await index.optimize()
        stats = await index._table.index_stats(await lance_upkeep.vector_index(index._table) or "")
        assert stats
        most = max(most, stats.num_indices or 0)

    assert 2 < most <= 8
    for n in (0, 7, 29):
        assert (await index.nearest(vectors[n], ALL, 1)).hits[0].row.id == f"{n}"


@pytest.mark.parametrize("limit", ["ROWS_MAX", "CHARACTERS_MAX"])
async def test_too_much_is_left_to_the_table(index: LanceIndex, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """
    All are found there, until upkeep is done.
    """
    monkeypatch.setattr(lance_fresh, limit, 30)
    vectors = _vectors(40, seed=1)
    for n in range(4):
        some = [row(f"new-{n}-{k}") for k in range(10)]
        await index.apply(Batch(position=2 + n, rows=some, vectors=vectors[10 * n : 10 * n + 10]))

    assert (index._fresh.whole, _held(index)) == (False, 0)
    for n in range(4):
        assert (await index.nearest(vectors[10 * n + 3], ALL, 1)).hits[0].row.id == f"new-{n}-3"
    await index.optimize()

    assert index._fresh.whole


async def test_what_could_not_be_written_is_not_held(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Nobody knows whether it was; the table is asked.
    """
    vectors, some = _vectors(2, seed=1), [row("1"), row("2")]
    await index.apply(Batch(position=2, rows=some[:1], vectors=vectors[:1]))

    async def failing(_: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(index._writer, "write", failing)
        with pytest.raises(IndexUnavailableError):
            await index.apply(Batch(position=3, rows=some[1:], vectors=vectors[1:]))
    found = [(await index.nearest(vector, ALL, 1)).hits[0].row.id for vector in vectors]

    assert found[0] == "1"
    assert found[1] != "2"
    await index.apply(Batch(position=3, rows=some[1:], vectors=vectors[1:]))

    assert (await index.nearest(vectors[1], ALL, 1)).hits[0].row.id == "2"


async def test_who_gives_up_before_anything_is_written_leaves_nothing() -> None:
    """
    What was held by then is no memory of the table.
    """
    fresh = _fresh()
    entering = asyncio.ensure_future(fresh.changing(_batch(row("never"))).__aenter__())
    await asyncio.sleep(0)
    assert [len(each) for each in fresh._generations] == [1]
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering

    assert not fresh.whole
    assert not fresh._generations


async def test_what_failing_upkeep_has_not_indexed_is_found(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    However often it fails; once it does not, all are let go of.
    """
    vectors = _vectors(20, seed=1)

    async def failing(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(index._upkeep, "do", failing)
        for n, vector in enumerate(vectors):
            await index.apply(Batch(position=2 + n, rows=[row(f"{n}")], vectors=vector.reshape(1, -1)))
            with pytest.raises(IndexUnavailableError):
                await index.optimize()

            found = [(await index.nearest(each, ALL, 1)).hits[0].row.id for each in vectors[: n + 1]]
            assert found == [f"{each}" for each in range(n + 1)]
            assert len(index._fresh._generations) <= 10
    await index.optimize()

    assert (index._fresh.whole, _held(index)) == (True, 0)


async def test_what_the_index_lacks_is_looked_for_after_a_start(tmp_path: Path) -> None:
    """
    Nobody holds it then.
    """
    vectors = _vectors(200, seed=1)
    place = LanceIndexes(tmp_path, copied_max=0)
    first = await place.open("fake", DIMENSION)
    rows = [row(f"{n}") for n in range(200)]
    await first.apply(Batch(position=1, rows=rows[:199], vectors=vectors[:199]))
    await first.optimize()
    await first.apply(Batch(position=2, rows=rows[199:], vectors=vectors[199:]))
    await first.aclose()
    again = await place.open("fake", DIMENSION)
    assert isinstance(again, LanceIndex)

    assert not again._fresh.whole
    assert (await again.nearest(vectors[199], ALL, 1)).hits[0].row.id == "199"
    await again.optimize()
    await again.aclose()
    indexed = await place.open("fake", DIMENSION)
    assert isinstance(indexed, LanceIndex)

    assert indexed._fresh.whole
    assert (await indexed.nearest(vectors[199], ALL, 1)).hits[0].row.id == "199"
    await indexed.aclose()


def _fresh() -> LanceFresh:
    fresh = LanceFresh(2)
    fresh.begin()
    fresh.settle(0)
    return fresh


def _batch(*rows: Row) -> Batch:
    return Batch(position=1, rows=rows, vectors=np.array([[1.0, 1.0]] * len(rows), np.float32))


def _found(*rows: Row) -> Found:
    return Found(hits=[Hit(row=each, score=0.9) for each in rows], rung=Rung.INDEXED)


def _anything(chance: np.random.Generator, position: int, *, rows: int) -> Batch:
    some = [_row(chance, position) for _ in range(rows)]
    if position > 1 and chance.random() < 0.2:
        some = []
    keys = [(str(chance.choice(["home", "away"])), f"{chance.integers(IDS)}") for _ in range(6)]
    return Batch(
        position=position,
        rows=some,
        vectors=_vectors(len(some), seed=position * 1000 + rows),
        remove=keys[:2] if chance.random() < 0.5 else [],
        superseded=[Superseded(namespace=a, id=b, by="x") for a, b in keys[2:]] if chance.random() < 0.5 else [],
    )


def _row(chance: np.random.Generator, position: int) -> Row:
    return row(
        f"{chance.integers(IDS)}",
        namespace=str(chance.choice(["home", "away"])),
        collection=str(chance.choice(["x", "y"])),
        expire_ns=int(chance.choice([40, 100, 200])) if chance.random() < 0.2 else None,
        attributes={"k": f"{chance.integers(4)}"},
        position=position,
    )


def _vectors(count: int, seed: int) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)


def _held(index: LanceIndex) -> int:
    return sum(map(len, index._fresh._generations))
