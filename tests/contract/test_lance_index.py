"""The index in LanceDB survives what happens to folders and processes."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import lancedb
import numpy as np
import pytest

from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.memory_errors import IndexMismatchError, IndexUnavailableError
from luna.kernel.memory_index import MemoryIndex, MemoryReader
from luna.kernel.memory_rows import Batch, Moment, Row, Rung, Where
from tests.contract.memory_history import DIMENSION, batch_at, vectors_of
from tests.contract.memory_index import row
from tests.fake_memory_index import FakeMemoryIndex

ALL = Where(namespace="home", include_superseded=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memories"


@pytest.fixture
async def index(path: Path) -> AsyncIterator[MemoryIndex]:
    index = await LanceIndexes(path).open("fake", DIMENSION)
    yield index
    await index.aclose()


async def told(last: int) -> FakeMemoryIndex:
    fake = FakeMemoryIndex("fake", DIMENSION)
    for position in range(1, last + 1):
        await fake.apply(batch_at(position))
    return fake


async def everything(index: MemoryReader) -> tuple[list[Row], list[list[float]]]:
    rows = [*(await index.scroll(ALL, "", 100_000)).rows]
    vectors = await index.vectors([each.key for each in rows])
    return rows, [vectors[each.key].tolist() for each in rows]


async def grown(index: MemoryIndex, rows: int) -> None:
    for start in range(0, rows, 5000):
        some = [row(f"{number:06}", position=start) for number in range(start, min(rows, start + 5000))]
        await index.apply(Batch(position=start + 1, rows=some, vectors=vectors_of(some)))


@pytest.mark.chaos
@pytest.mark.parametrize("gathered", [[], ["1"]])
async def test_a_killed_writer_leaves_what_the_log_says(
    path: Path, request: pytest.FixtureRequest, gathered: list[str]
) -> None:
    """
    Whenever it is killed, going on from the position leads to the same, and what is not gathered is there.
    """
    script = Path(__file__).with_name("memory_killed.py")
    behind = 0
    for round in range(request.config.getoption("--chaos-rounds")):
        with subprocess.Popen([sys.executable, script, path, *gathered], stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
            assert process.stdout
            first = process.stdout.readline()
            await asyncio.sleep(0.2 + 0.11 * (round % 8))
            process.send_signal(signal.SIGKILL)
            said = int([line for line in [first, *process.stdout] if line.endswith(b"\n")][-1])
        index = await LanceIndexes(path).open("fake", DIMENSION)
        reached = index.position
        behind += reached < said
        for position in range(reached + 1, max(reached, said) + 2):
            await index.apply(batch_at(position))
        found = await everything(index)
        await index.aclose()

        assert reached <= said + 1
        assert found == await everything(await told(max(reached, said) + 1))
    assert gathered or not behind


async def test_upkeep_and_batches_do_not_hinder_each_other(index: MemoryIndex) -> None:
    """
    Whoever commits second tries again.
    """

    async def upkeep() -> None:
        for _ in range(15):
            await index.optimize()

    working = asyncio.create_task(upkeep())
    for position in range(1, 41):
        await index.apply(batch_at(position))
    await working

    assert await everything(index) == await everything(await told(40))


async def test_what_was_removed_goes_with_the_versions_that_had_it(path: Path) -> None:
    """
    Upkeep drops them when they are as old as is kept, even if nothing else happens.
    """
    index = await LanceIndexes(path, keep=timedelta(milliseconds=300)).open("fake", DIMENSION)
    secret, kept = row("1", text="pomegranate"), row("2", text="quince")
    await index.apply(Batch(position=1, rows=[secret], vectors=vectors_of([secret])))
    await index.apply(Batch(position=2, rows=[kept], vectors=vectors_of([kept])))
    await index.apply(Batch(position=3, remove=[secret.key]))
    async with asyncio.timeout(30):
        while any(b"pomegranate" in each.read_bytes() for each in path.rglob("*") if each.is_file()):
            await index.tend()
            await asyncio.sleep(0.05)

    assert [hit.row.id for hit in (await index.matching("quince", ALL, 5)).hits] == ["2"]
    await index.aclose()


@pytest.mark.parametrize("left", [0, 20])
async def test_a_torn_manifest_is_taken_away(path: Path, left: int) -> None:
    """
    The version before it is found, with its own position.
    """
    await _history(path, 6)
    newest = min((path / "memories.lance" / "_versions").iterdir())
    newest.write_bytes(newest.read_bytes()[:left])
    index = await LanceIndexes(path).open("fake", DIMENSION)

    assert index.position == 5
    await index.apply(batch_at(6))

    assert await everything(index) == await everything(await told(6))
    await index.aclose()


async def test_what_was_not_on_the_disk_before_a_power_cut_is_not_trusted(path: Path) -> None:
    """
    After another boot, versions that came after the last sealed one are taken away.
    """
    index = await _history(path, 3)
    seal = json.loads((path / "sealed.json").read_text())
    again = await LanceIndexes(path).open("fake", DIMENSION)
    for position in range(4, 7):
        await again.apply(batch_at(position))
    await again.aclose()
    (path / "sealed.json").write_text(json.dumps({"boot": "another", "version": seal["version"]}))
    found = await LanceIndexes(path).open("fake", DIMENSION)

    assert (found.position, index.position) == (3, 3)
    for position in range(4, 7):
        await found.apply(batch_at(position))

    assert await everything(found) == await everything(await told(6))
    await found.aclose()


async def test_an_index_is_made_anew_during_upkeep(index: MemoryIndex, path: Path) -> None:
    """
    Upkeep of the one before is done first, and writes nothing into the new one.
    """
    await grown(index, 9_000)
    upkeep = asyncio.create_task(index.optimize())
    await asyncio.sleep(0.1)
    await index.aclose()

    assert upkeep.done()
    again = await LanceIndexes(path).create("fake", DIMENSION)
    await again.apply(batch_at(1))
    assert await everything(again) == await everything(await told(1))
    assert (await again.stats()).vector_index == "none"
    await again.aclose()


async def test_what_a_crash_left_of_a_table_that_was_taken_away_goes(path: Path) -> None:
    """
    It is no table any more, and the next one begins empty.
    """
    await _history(path, 6)
    (path / "memories.lance").rename(path / "memories.gone")
    index = await LanceIndexes(path).open("fake", DIMENSION)

    assert (index.position, await index.count(ALL)) == (0, 0)
    assert not (path / "memories.gone").exists()
    await index.aclose()


async def test_a_table_of_somebody_else_is_refused(path: Path) -> None:
    """
    It is left as it was.
    """
    connection = await lancedb.connect_async(path)
    table = await connection.create_table("memories", [{"vector": [1.0, 2.0]}])
    with pytest.raises(IndexMismatchError, match="a table that is not ours"):
        await LanceIndexes(path).open("fake", 2)

    assert await table.count_rows() == 1


async def test_purge_leaves_no_bytes(index: MemoryIndex, path: Path) -> None:
    """
    Neither text nor vector of what was removed is in any file, nor words of it in an index.
    """
    secret = row("1", text="the xylophone password", attributes={"hint": "zanzibar"})
    vectors = np.random.default_rng(1).standard_normal((3, DIMENSION)).astype(np.float32)
    await index.apply(Batch(position=1, rows=[secret, row("2"), row("3")], vectors=vectors))
    await index.optimize()
    needles = [b"xylophone", b"zanzibar", vectors[0].tobytes()]

    assert all(_holds(path, needle) for needle in needles)
    await index.apply(Batch(position=2, remove=[secret.key]))
    await index.purge()

    assert not [needle for needle in needles if _holds(path, needle)]
    assert _holds(path, vectors[1].tobytes())
    assert index.model_id == "fake"


async def test_small_pieces_stay_few(index: MemoryIndex, path: Path) -> None:
    """
    Many small batches are few files, and what they hold is what they said, whatever changed in between.
    """
    for position in range(1, 81):
        await index.apply(batch_at(position))
    table = await (await lancedb.connect_async(path)).open_table("memories")
    fragments = (await table.stats())["fragment_stats"]["num_fragments"]  # type: ignore[index]

    assert fragments < 40
    assert await everything(index) == await everything(await told(80))


async def test_a_past_state_knows_its_position(index: MemoryIndex) -> None:
    """
    Through batches that remove, change and come again, and through upkeep.
    """
    wanted = {}
    for position in [*range(1, 31), 7, 29, *range(31, 41)]:
        await index.apply(batch_at(position))
        wanted[index.version] = index.position
        if position % 11 == 0:
            await index.optimize()
            wanted[index.version] = index.position

    assert {version: (await index.at(Moment(version=version))).position for version in wanted} == wanted
    await index.purge()

    assert (await index.at(Moment(version=index.version))).position == 40


async def test_many_rows_get_an_index(index: MemoryIndex, path: Path) -> None:
    """
    Once no more come, it says so, finds the same, and an index opened again uses it.
    """
    await grown(index, 12_000)

    assert not await index.tend()
    assert (await index.stats()).vector_index == "none"
    assert await index.tend()
    stats = await index.stats()

    assert (stats.vector_index, stats.rows, stats.rows_unindexed, stats.text_rows_unindexed) == ("IVF_RQ", 12_000, 0, 0)
    assert not await index.tend()
    again = await LanceIndexes(path).open("fake", DIMENSION)
    for number in (5, 777, 11_999):
        wanted = vectors_of([row(f"{number:06}", position=number // 5000 * 5000)])[0]
        found = await again.nearest(wanted, ALL, 3)
        flat = await again.nearest(wanted, ALL, 3, exact=True)

        assert (found.rung, flat.rung) == (Rung.INDEXED, Rung.FLAT)
        assert found.hits[0].row.id == flat.hits[0].row.id == f"{number:06}"
        assert found.hits[0].score == pytest.approx(1.0, abs=1e-5)
    await again.aclose()


async def test_who_has_most_of_a_large_table_finds_no_less(index: MemoryIndex) -> None:
    """
    Neither do others, nor even where what lies nearest is of others or does not count.
    """
    chance = np.random.default_rng(5)
    vectors = chance.standard_normal((24_000, DIMENSION)).astype(np.float32)
    vectors[-4_000:] = vectors[0] + 0.4 * vectors[-4_000:]
    rows = [row(f"{number:06}", position=1, namespace="home") for number in range(20_000)]
    rows += [row(f"{number:06}", position=1, namespace="away") for number in range(4_000)]
    rows[1] = rows[1]._replace(superseded_by="000002")
    vectors[1] = vectors[2]
    await index.apply(Batch(position=1, rows=rows, vectors=vectors))
    await index.apply(Batch(position=2, remove=[rows[3].key]))
    await index.optimize()
    for namespace in ("home", "away"):
        where = Where(namespace=namespace)
        for wanted in (vectors[0], vectors[2], vectors[3], vectors[-1], *chance.standard_normal((8, DIMENSION))):
            found, flat = [await index.nearest(wanted, where, 10, exact=exact) for exact in (False, True)]
            same = {hit.row.id for hit in found.hits} & {hit.row.id for hit in flat.hits}

            assert (found.rung, len(found.hits)) == (Rung.INDEXED, 10)
            assert {hit.row.namespace for hit in found.hits} == {namespace}
            assert not {hit.row.id for hit in found.hits if namespace == "home"} & {"000001", "000003"}
            assert len(same) >= 8


async def test_what_came_is_indexed_once_no_more_comes(index: MemoryIndex) -> None:
    """
    Even if it is too little to be worth it while more does.
    """
    await grown(index, 12_000)
    await index.optimize()
    some = [row(f"{number:06}", position=9) for number in range(12_000, 14_000)]
    await index.apply(Batch(position=15_000, rows=some, vectors=vectors_of(some)))

    assert not await index.tend()
    assert (await index.stats()).rows_unindexed == 2_000
    async with asyncio.timeout(60):
        while not await index.tend():
            await asyncio.sleep(0.1)

    assert (await index.stats()).rows_unindexed == 0


@pytest.mark.parametrize("copied_max", [100, 4096])
async def test_a_small_table_answers_as_a_large_one_does(tmp_path: Path, copied_max: int) -> None:
    """
    Whatever changes, when it is no longer small, and when it is opened again.
    """
    places = LanceIndexes(tmp_path / "large", copied_max=0), LanceIndexes(tmp_path / "small", copied_max=copied_max)
    large, small = [await place.open("fake", DIMENSION) for place in places]
    chance = np.random.default_rng(4)
    for position in [*range(1, 20), 7, *range(20, 31)]:
        for index in (large, small):
            await index.apply(batch_at(position))
        if position % 10 == 0:
            await large.optimize()
            await small.aclose()
            small = await places[1].open("fake", DIMENSION)
        wanted = chance.standard_normal(DIMENSION).astype(np.float32)
        meant = [await index.nearest(wanted, ALL, 9) for index in (small, large)]
        named = [await index.matching(f"{position * 20 - 30} {position - 2}", ALL, 100) for index in (small, large)]

        assert [hit.row for hit in meant[0].hits] == [hit.row for hit in meant[1].hits]
        assert [hit.score for hit in meant[0].hits] == pytest.approx([hit.score for hit in meant[1].hits], abs=1e-5)
        assert {hit.row.id for hit in named[0].hits} == {hit.row.id for hit in named[1].hits}
    await large.aclose()
    await small.aclose()


async def test_words_are_found_whatever_their_accents(tmp_path: Path) -> None:
    """
    In small tables as in large ones, and in other scripts; not the parts of words.
    """
    texts = ["Straße über Ærø", "naïve café", "l'été à Łódź", "foo-bar hello_world", "日本語 テスト", "ПРИВЕТ мир 3.14"]
    rows = [row(f"{number}", text=text) for number, text in enumerate(texts)]
    for copied_max in (0, 4096):
        index = await LanceIndexes(tmp_path / f"{copied_max}", copied_max=copied_max).open("fake", DIMENSION)
        await index.apply(Batch(position=1, rows=rows, vectors=vectors_of(rows)))
        for wanted, words in enumerate(["strasse UBER aero", "Cafe", "ete lodz", "hello bar", "テスト", "привет 14"]):
            for word in words.split():
                assert [hit.row.id for hit in (await index.matching(word, ALL, 5)).hits] == [f"{wanted}"]
        assert not (await index.matching("caf stras 31", ALL, 5)).hits
        await index.aclose()


async def test_a_broken_index_is_done_without(index: MemoryIndex, path: Path) -> None:
    """
    It says that it fails, so that a breaker learns of it; comparing answers.
    """
    await grown(index, 12_000)
    await index.optimize()
    await index.aclose()
    for file in (path / "memories.lance" / "_indices").rglob("auxiliary.idx"):
        file.write_bytes(b"broken")
    again = await LanceIndexes(path).open("fake", DIMENSION)
    wanted = vectors_of([row("000005", position=0)])[0]
    with pytest.raises(IndexUnavailableError):
        await again.nearest(wanted, ALL, 3)
    found = await again.nearest(wanted, ALL, 3, exact=True)

    assert found.rung is Rung.FLAT
    assert found.hits[0].row.id == "000005"
    await again.aclose()


async def _history(path: Path, last: int) -> MemoryIndex:
    index = await LanceIndexes(path).open("fake", DIMENSION)
    for position in range(index.position + 1, last + 1):
        await index.apply(batch_at(position))
    await index.aclose()
    return index


def _holds(path: Path, needle: bytes) -> bool:
    return any(needle in file.read_bytes() for file in path.rglob("*") if file.is_file())
