"""Many new rows are written as one, and whoever looks for them finds them before."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from luna.adapters import lance_gathering, lance_upkeep
from luna.adapters.lance_gathering import LanceGathering
from luna.adapters.lance_index import LanceIndex
from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.embedding import Vectors
from luna.kernel.memory_errors import IndexFullError, IndexUnavailableError
from luna.kernel.memory_rows import Batch, Moment, Row, Superseded, Where
from tests.contract.memory_index import row

DIMENSION = 16
SIZE = 10
ALL = Where(namespace="home", include_superseded=True)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows are many, a hundred enough for a vector index, and nothing is written because it has waited."""
    monkeypatch.setattr(lance_gathering, "ROWS_MIN", SIZE)
    monkeypatch.setattr(lance_gathering, "SECONDS_MAX", 3600.0)
    monkeypatch.setattr(lance_upkeep, "INDEX_ROWS_MIN", 100)
    monkeypatch.setattr(lance_upkeep, "_ROWS_A_PARTITION", 100)


@pytest.fixture(params=[0, 8192], ids=["indexed", "copied"])
async def index(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[LanceIndex]:
    index = await LanceIndexes(tmp_path, copied_max=request.param).open("fake", DIMENSION)
    assert isinstance(index, LanceIndex)
    await index.apply(Batch(position=1, rows=rows_of(1, 200), vectors=vectors_of(1, 200)))
    await index.optimize()
    yield index
    await index.aclose()


def rows_of(position: int, count: int = SIZE) -> Sequence[Row]:
    return [row(f"{position}-{n}", position=position, text=f"word{position} {n}") for n in range(count)]


def vectors_of(position: int, count: int = SIZE) -> Vectors:
    made = np.random.default_rng(position).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(made, np.float32)


def batch(position: int) -> Batch:
    return Batch(position=position, rows=rows_of(position), vectors=vectors_of(position))


async def versions(index: LanceIndex) -> int:
    return len(await index._table.list_versions())


async def test_many_come_into_the_table_as_one(index: LanceIndex) -> None:
    """
    Whoever looks by meaning finds them meanwhile, and need not wait.
    """
    before = await versions(index)
    for position in range(2, 7):
        await index.apply(batch(position))
        found = await index.nearest(vectors_of(position)[3], ALL, 1)
        assert found.hits[0].row.id == f"{position}-3"

    assert index.position == 6
    assert await versions(index) == before
    assert await index.count(ALL) == 250
    assert await versions(index) == before + 1


async def test_words_and_names_find_them_too(index: LanceIndex) -> None:
    """
    As soon as they are applied, with their vectors.
    """
    key = ("home", "2-3")
    await index.apply(batch(2))
    assert (await index.get([key]))[key] == rows_of(2)[3]
    await index.apply(batch(3))
    assert {hit.row.id for hit in (await index.matching("word3", ALL, 20)).hits} == {each.id for each in rows_of(3)}
    await index.apply(batch(4))
    assert (await index.scroll(ALL, "4-2", 1)).rows == [rows_of(4)[3]]
    await index.apply(batch(5))
    assert (await index.vectors([("home", "5-3")]))["home", "5-3"].tolist() == vectors_of(5)[3].tolist()
    await index.apply(batch(6))
    assert (await index.nearest(vectors_of(6)[3], ALL, 1, exact=True)).hits[0].row == rows_of(6)[3]


async def test_versions_and_figures_have_them_too(index: LanceIndex) -> None:
    """
    As soon as they are applied.
    """
    await index.apply(batch(2))
    assert (await index.stats()).rows == 210
    await index.apply(batch(3))
    newest = (await index.versions(1))[0]
    assert await (await index.at(Moment(version=newest.number))).count(ALL) == 220
    await index.apply(batch(4))
    await index.tag("then")
    await index.apply(batch(5))
    assert await (await index.at(Moment(tag="then"))).count(ALL) == 230
    assert await (await index.at(Moment(time_ns=time.time_ns()))).count(ALL) == 240


async def test_what_changes_them_finds_them(index: LanceIndex) -> None:
    """
    Whether they are superseded, replaced or removed.
    """
    await index.apply(batch(2))
    superseding = Batch(
        position=3,
        rows=[row("new", position=3)],
        vectors=vectors_of(3, 1),
        superseded=[Superseded(namespace="home", id="2-1", by="new")],
    )
    await index.apply(superseding)
    await index.apply(batch(4))
    await index.apply(Batch(position=5, rows=[row("4-2", text="else")], vectors=vectors_of(5, 1)))
    await index.apply(batch(6))
    await index.apply(Batch(position=7, remove=[("home", "6-0")]))

    found = await index.get([("home", id) for id in ("2-1", "4-2", "6-0", "6-1", "new")])
    assert {key[1]: (each.superseded_by, each.text) for key, each in found.items()} == {
        "2-1": ("new", "word2 1"),
        "4-2": ("", "else"),
        "6-1": ("", "word6 1"),
        "new": ("", "text of new"),
    }
    assert await index.count(ALL) == 230


async def test_upkeep_and_a_purge_leave_them(index: LanceIndex) -> None:
    """
    They are found afterwards, by meaning too.
    """
    await index.apply(batch(2))
    await index.optimize()
    await index.apply(batch(3))
    await index.purge()
    await index.apply(batch(4))

    for position in (2, 3, 4):
        assert (await index.nearest(vectors_of(position)[3], ALL, 1)).hits[0].row.id == f"{position}-3"
    assert await index.count(ALL) == 230


async def test_closing_writes_them(index: LanceIndex, tmp_path: Path) -> None:
    """
    So that the next start need not read them from the log.
    """
    await index.apply(batch(2))
    await index.aclose()
    again = await LanceIndexes(tmp_path).open("fake", DIMENSION)

    assert again.position == 2
    assert await again.count(ALL) == 210
    await again.aclose()


async def test_what_cannot_be_written_does_not_keep_it_open(
    index: LanceIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The next one says by its position that it lacks it.
    """

    async def failing(_: pa.Table) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(index._writer, "_add", failing)
    await index.apply(batch(2))
    await index.aclose()
    again = await LanceIndexes(tmp_path).open("fake", DIMENSION)

    assert again.position == 1
    await again.apply(batch(2))
    assert await again.count(ALL) == 210
    await again.aclose()


async def test_what_cannot_be_written_is_found_and_is_told_with_the_next(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Nothing is lost, and nothing is there twice, though the failed write may have come through.
    """
    add = index._writer._add

    async def torn(rows: pa.Table) -> None:
        await add(rows)
        raise OSError("the disk is gone")

    async def failing(_: pa.Table) -> None:
        raise OSError("the disk is still gone")

    with monkeypatch.context() as broken:
        broken.setattr(index._writer, "_add", torn)
        broken.setattr(index._writer, "_merge", failing)
        await index.apply(batch(2))
        with pytest.raises(IndexUnavailableError):
            await index.optimize()
        with pytest.raises(IndexUnavailableError):
            await index.apply(batch(3))
    await index.apply(batch(3))

    assert await index.count(ALL) == 220
    for position in (2, 3):
        assert (await index.nearest(vectors_of(position)[3], ALL, 1)).hits[0].row.id == f"{position}-3"


async def test_what_is_there_can_be_read_where_nothing_can_be_written(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    By every reader; what is gathered comes along once there is room, with the next look for upkeep.
    """
    tries = 0

    async def failing(_: pa.Table) -> None:
        nonlocal tries
        tries += 1
        raise OSError("no space left on device")

    with monkeypatch.context() as full:
        full.setattr(index._writer, "_add", failing)
        full.setattr(index._writer, "_merge", failing)
        await index.apply(batch(2))
        with pytest.raises(IndexFullError):
            await index.tag("then")
        with pytest.raises(IndexFullError):
            await index.apply(batch(3))
        before = tries

        assert (await index.matching("word1", ALL, 1)).hits
        assert (await index.get([("home", "1-0")]))[("home", "1-0")].position == 1
        assert (await index.nearest(vectors_of(1, 200)[0], ALL, 1)).hits[0].row.id == "1-0"
        assert (await index.nearest(vectors_of(1, 200)[0], ALL, 1, exact=True)).hits[0].row.id == "1-0"
        assert (await index.scroll(ALL, "", 1)).rows
        assert await index.count(ALL) == 200
        assert await index.versions(1)
        assert tries == before
    await index.tend()

    assert await index.count(ALL) == 210


async def test_what_may_have_been_written_is_merged(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A few rows too, which are not gathered: when the batch comes again they are there once.
    """
    add = index._writer._add

    async def torn(rows: pa.Table) -> None:
        await add(rows)
        raise OSError("the answer was lost")

    few = Batch(position=2, rows=rows_of(2, 3), vectors=vectors_of(2, 3))
    with monkeypatch.context() as broken:
        broken.setattr(index._writer, "_add", torn)
        with pytest.raises(IndexUnavailableError):
            await index.apply(few)
    await index.apply(few)

    assert await index.count(ALL) == 203


class Table:
    """Writes what it is told to, as slowly as it is told to."""

    def __init__(self) -> None:
        self.begun, self.free = asyncio.Event(), asyncio.Event()
        self.written: list[int] = []

    async def write(self, rows: pa.Table, *, sure: bool) -> None:
        assert sure
        self.begun.set()
        await self.free.wait()
        self.written.append(len(rows))


def some(count: int) -> pa.RecordBatch:
    return pa.record_batch({"n": pa.array(range(count), pa.int64())})


async def test_who_gives_up_waiting_stops_nothing() -> None:
    """
    It is written all the same.
    """
    table = Table()
    gathering = LanceGathering(table.write)
    await gathering.put(some(10))
    waiting = asyncio.create_task(gathering.flush())
    await table.begun.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    table.free.set()
    await gathering.flush()

    assert table.written == [10]


async def test_what_is_large_enough_is_written_and_the_next_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    So no more gathers than the table can take.
    """
    monkeypatch.setattr(lance_gathering, "BYTES_MAX", 2 * some(10).nbytes)
    table = Table()
    gathering = LanceGathering(table.write)
    await gathering.put(some(10))
    await gathering.put(some(10))
    await table.begun.wait()
    third = asyncio.create_task(gathering.put(some(10)))
    await asyncio.sleep(0.01)

    assert not third.done()
    table.free.set()
    await third
    assert table.written == [20]
    await gathering.flush()
    assert table.written == [20, 10]


async def test_what_nobody_asks_for_is_written_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    When it has waited for others.
    """
    monkeypatch.setattr(lance_gathering, "SECONDS_MAX", 0.01)
    table = Table()
    table.free.set()
    gathering = LanceGathering(table.write)
    await gathering.put(some(10))
    await gathering.put(some(10))
    async with asyncio.timeout(5):
        while not table.written:
            await asyncio.sleep(0.005)

    assert table.written == [20]
