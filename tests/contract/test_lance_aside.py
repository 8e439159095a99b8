"""Upkeep in a process of its own does what upkeep does, and leaves nothing behind."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import psutil
import pytest

from luna.adapters import lance_aside
from luna.adapters.lance_index import LanceIndex
from luna.adapters.lance_indexes import LanceIndexes
from luna.adapters.lance_upkeep import LanceUpkeep
from luna.kernel.memory_rows import Batch, Where
from tests.contract.lance_processes import children
from tests.contract.memory_index import row

DIMENSION = 16
MANY = 17_000
"""More than upkeep is put off for while they come."""
ALL = Where(namespace="home", include_superseded=True)


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[LanceIndex]:
    index = await LanceIndexes(tmp_path, copied_max=0).open("fake", DIMENSION)
    assert isinstance(index, LanceIndex)
    await _bring(index, 0, MANY)
    yield index
    await index.aclose()


async def test_where_many_come_another_process_does_upkeep(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Batches that come meanwhile hinder it no more than they did.
    """

    async def refused(*_: object) -> None:
        pytest.fail("it was done here")

    monkeypatch.setattr(LanceUpkeep, "_do_here", refused)
    tending = asyncio.create_task(index.tend())
    for start in range(MANY, MANY + 2_000, 100):
        await _bring(index, start, start + 100)
    was_due, stats = await tending, await index.stats()
    found = await index.nearest(_vectors(MANY + 2_000)[-1], ALL, 1)

    assert was_due
    assert stats.vector_index == "IVF_RQ"
    assert stats.rows == MANY + 2_000
    assert stats.rows_unindexed <= 2_000
    assert found.hits[0].row.id == f"{MANY + 1_999:06}"
    assert _children() == []


async def test_upkeep_that_no_process_can_do_is_done_here(index: LanceIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is late then, not left undone.
    """
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    await index.tend()

    assert (await index.stats()).vector_index == "IVF_RQ"


async def test_upkeep_that_is_cancelled_leaves_no_process(index: LanceIndex) -> None:
    """
    The table is as it was, and the next upkeep goes through.
    """
    tending = asyncio.create_task(index.tend())
    while not _children():
        await asyncio.sleep(0.01)
    tending.cancel()
    await asyncio.gather(tending, return_exceptions=True)
    left = _children()
    await index.optimize()

    assert left == []
    assert (await index.stats()).rows == MANY
    assert (await index.stats()).rows_unindexed == 0


async def test_upkeep_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    """
    The next process would meet it while it makes the table anew.
    """
    process = lance_aside._begun(tmp_path, timedelta(days=1))
    assert process.stdin is not None
    process.stdin.close()
    code = await asyncio.to_thread(process.wait, 20)
    assert process.stdout is not None
    process.stdout.close()

    assert code == 1


async def _bring(index: LanceIndex, start: int, end: int) -> None:
    rows = [row(f"{number:06}", position=number) for number in range(start, end)]
    await index.apply(Batch(position=end, rows=rows, vectors=_vectors(end)[start:]))


def _vectors(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(5).standard_normal((count, DIMENSION), np.float32)


def _children() -> list[psutil.Process]:
    return children(lance_aside)
