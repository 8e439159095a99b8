"""Where many rows come a process of its own adds them, and whatever becomes of it, each is there once."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from textwrap import dedent

import numpy as np
import psutil
import pytest

from luna.adapters import lance_folder, lance_gathering, lance_scribe
from luna.adapters.lance_index import LanceIndex
from luna.adapters.lance_indexes import LanceIndexes
from luna.adapters.lance_writer import LanceWriter
from luna.kernel.memory_errors import IndexUnavailableError
from luna.kernel.memory_rows import Batch, Where
from tests.contract.lance_processes import children
from tests.contract.memory_index import row
from tests.node import alive

DIMENSION = 16
ALL = Where(namespace="home", include_superseded=True)
BEGIN_SECONDS_MAX = 60


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows are many, and nothing is written because it has waited."""
    monkeypatch.setattr(lance_gathering, "ROWS_MIN", 10)
    monkeypatch.setattr(lance_gathering, "SECONDS_MAX", 3600.0)
    monkeypatch.setattr(lance_scribe, "ROWS_MIN", 10)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[LanceIndex]:
    index = await LanceIndexes(tmp_path, copied_max=0).open("fake", DIMENSION)
    assert isinstance(index, LanceIndex)
    yield index
    await index.aclose()
    assert _scribes() == []


async def test_a_process_of_its_own_adds_many_rows(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    From when it is ready; until then nobody waits for it.
    """
    await _bring(index, 1)
    assert await index.count(ALL) == 10
    await _until_ready(index)
    _refuse(monkeypatch, "_add", "_merge")
    for position in range(2, 6):
        await _bring(index, position)
        assert await index.count(ALL) == 10 * position

    found = await index.nearest(_vectors(5)[3], ALL, 1)
    versions = await index.versions()

    assert found.hits[0].row.id == "5-3"
    assert index.version == versions[0].number
    assert len(_scribes()) == 1


async def test_few_rows_begin_none(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It would take more memory than all the rest of a small index.
    """
    monkeypatch.setattr(lance_scribe, "ROWS_MIN", 21)
    for position in range(1, 4):
        await _bring(index, position)
        await index.count(ALL)

    assert _scribes() == []


async def test_it_ends_when_no_more_come_and_another_begins(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    While it is gone, rows are added here.
    """
    monkeypatch.setattr(lance_scribe, "IDLE_SECONDS", 0.1)
    for position in range(1, 7, 2):
        await _bring(index, position)
        assert await index.count(ALL) == 10 * position
        await _until_ready(index)
        await _bring(index, position + 1)
        assert await index.count(ALL) == 10 * position + 10
        await _until(lambda: not _scribes())


async def test_one_that_is_ready_too_late_ends_too(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    No more come when it has begun.
    """
    monkeypatch.setattr(lance_scribe, "IDLE_SECONDS", 0.1)
    await _bring(index, 1)
    await index.count(ALL)
    await _until_ready(index)
    await _until(lambda: not _scribes())


async def test_what_has_changed_meanwhile_is_seen_by_both(index: LanceIndex) -> None:
    """
    Rows that go, few that come, and a table that is written anew, between rows that the process adds.
    """
    await _bring(index, 1)
    await index.count(ALL)
    await _until_ready(index)
    await _bring(index, 2)
    await index.apply(Batch(position=3, rows=[row("few", position=3)], vectors=_vectors(3)[:1]))
    await _bring(index, 4)
    await index.apply(Batch(position=5, rows=[], vectors=_vectors(5)[:0], remove=[("home", "2-3"), ("home", "few")]))
    await index.purge()
    await _bring(index, 6)
    await index.optimize()
    await _bring(index, 7)

    assert await _ids(index) == sorted(f"{p}-{n}" for p in (1, 2, 4, 6, 7) for n in range(10) if (p, n) != (2, 3))
    assert len(_scribes()) == 1


@pytest.mark.parametrize("stopped", [False, True], ids=["killed", "hung"])
async def test_one_that_fails_loses_nothing(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, stopped: bool
) -> None:
    """
    Whether it is gone or answers no more, it is ended, and what it was given is added here.
    """
    monkeypatch.setattr(lance_scribe, "ANSWER_SECONDS_MAX", 0.5)
    await _bring(index, 1)
    await index.count(ALL)
    await _until_ready(index)
    _scribes()[0].send_signal(signal.SIGSTOP if stopped else signal.SIGKILL)
    for position in range(2, 5):
        await _bring(index, position)
        assert await index.count(ALL) == 10 * position

    assert _scribes() == []
    assert [record.levelno for record in caplog.records if record.name == lance_scribe.__name__] == [logging.WARNING]


async def test_what_it_has_added_without_saying_so_is_not_added_again(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Its answer is lost when it is killed right after a commit.
    """
    await _bring(index, 1)
    await index.count(ALL)
    await _until_ready(index)
    answer = lance_scribe._answer

    def unheard(*asked: object) -> str:
        answer(*asked)  # type: ignore[arg-type]
        raise OSError("the answer is lost")

    monkeypatch.setattr(lance_scribe, "_answer", unheard)
    await _bring(index, 2)

    assert await index.count(ALL) == 20
    assert len(await _ids(index)) == 20


async def test_without_a_process_rows_are_added_here(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is tried once.
    """
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    for position in range(1, 4):
        await _bring(index, position)
        assert await index.count(ALL) == 10 * position


async def test_an_index_that_closes_while_one_begins_leaves_none(tmp_path: Path) -> None:
    """
    Whoever opens the table next would meet it.
    """
    index = await LanceIndexes(tmp_path, copied_max=0).open("fake", DIMENSION)
    assert isinstance(index, LanceIndex)
    await _bring(index, 1)
    await index.count(ALL)
    await _until(lambda: bool(_scribes()))
    await index.aclose()

    assert _scribes() == []


async def test_it_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    """
    Killed in the middle of ingest: the table says how far it has come, and has all of that, once.
    """
    script = dedent(f"""
        import asyncio, sys
        from pathlib import Path
        from luna.adapters import lance_gathering
        from tests.contract import test_lance_scribe as test

        async def main():
            test.lance_scribe.ROWS_MIN = test.lance_gathering.ROWS_MIN = 10
            index = await test.LanceIndexes(Path({str(tmp_path)!r}), copied_max=0).open("fake", test.DIMENSION)
            await test._bring(index, 1)
            await index.count(test.ALL)
            await test._until_ready(index)
            print(test._scribes()[0].pid, flush=True)
            for position in range(2, 1_000_000):
                await test._bring(index, position)
                await index.count(test.ALL)

        asyncio.run(main())
    """)
    for wait in (0.0, 0.05, 0.3):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)  # noqa: ASYNC220
        with process:
            assert process.stdout is not None
            scribe = int(await asyncio.to_thread(process.stdout.readline))
            await asyncio.sleep(wait)
            os.kill(process.pid, signal.SIGKILL)
        index = await LanceIndexes(tmp_path, copied_max=0).open("fake", DIMENSION)
        assert not alive(scribe)
        assert isinstance(index, LanceIndex)
        assert await _ids(index) == sorted(f"{p}-{n}" for p in range(1, index.position + 1) for n in range(10))
        await index.aclose()
        anew = await LanceIndexes(tmp_path, copied_max=0).create("fake", DIMENSION)
        assert isinstance(anew, LanceIndex)
        await anew.aclose()


async def test_an_index_is_not_opened_beside_one_that_adds_rows(
    index: LanceIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Nor made anew: what it adds would be there twice, or not at all.
    """
    monkeypatch.setattr(lance_folder, "ALONE_SECONDS_MAX", 0.1)
    await _bring(index, 1)
    await index.count(ALL)
    await _until_ready(index)
    with pytest.raises(IndexUnavailableError, match="another process adds rows"):
        await LanceIndexes(tmp_path).open("fake", DIMENSION)
    with pytest.raises(IndexUnavailableError, match="another process adds rows"):
        await LanceIndexes(tmp_path).create("fake", DIMENSION)

    assert await index.count(ALL) == 10


def _refuse(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    async def refused(*_: object) -> None:
        pytest.fail("it was done here")

    for name in names:
        monkeypatch.setattr(LanceWriter, name, refused)


async def _bring(index: LanceIndex, position: int) -> None:
    rows = [row(f"{position}-{number}", position=position) for number in range(10)]
    await index.apply(Batch(position=position, rows=rows, vectors=_vectors(position)))


def _vectors(seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(seed).standard_normal((10, DIMENSION), np.float32)


async def _ids(index: LanceIndex) -> list[str]:
    scrolled = await index.scroll(ALL, "", 100_000)
    return sorted(each.id for each in scrolled.rows)


async def _until_ready(index: LanceIndex) -> None:
    scribe = index._writer._scribe
    assert scribe is not None
    await _until(lambda: scribe._ready)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(BEGIN_SECONDS_MAX):
        while not true():
            await asyncio.sleep(0.01)


def _scribes() -> list[psutil.Process]:
    return children(lance_scribe)
