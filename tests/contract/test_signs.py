"""Of many vectors, those are compared whose signs say that they may be nearest."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from luna.adapters.lance_copy import COMPARED_MIN, LanceCopy
from luna.adapters.lance_indexes import LanceIndexes
from luna.adapters.lance_where import meets
from luna.adapters.signs import Signs
from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Batch, Rung, Where
from tests.contract.memory_index import row

HOME = Where(namespace="home")
LIMIT = 10


def clustered(count: int, dimension: int, seed: int = 1) -> Vectors:
    """Return vectors of unit length around one centre for each fifty."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((-(-count // 50), dimension))
    made = np.repeat(centres, 50, axis=0)[:count] + 0.5 * chance.standard_normal((count, dimension))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("dimension", [8, 100, 384])
def test_those_whose_signs_differ_least_are_named(dimension: int) -> None:
    """
    As many as are wanted and those that differ as much as the last of them, out of those that count.
    """
    vectors = clustered(1000, dimension)
    signs = Signs(dimension, 2000)
    signs.put(slice(0, 600), vectors[:600])
    signs.put([*range(600, 1000)], vectors[600:])
    among = np.arange(1000) % 3 > 0
    found = set(signs.nearest(vectors[4], among, 50).tolist())

    differing = ((vectors > 0) != (vectors[4] > 0)).sum(axis=1)
    last = np.sort(differing[among])[49]
    assert found == {*np.flatnonzero(among & (differing <= last)).tolist()}
    assert len(found) >= 50


def test_what_is_fewer_than_wanted_is_named_whole() -> None:
    """
    And nothing else.
    """
    signs = Signs(64, 100)
    signs.put(slice(0, 100), clustered(100, 64))
    among = np.arange(100) < 7

    assert signs.nearest(clustered(1, 64)[0], among, 50).tolist() == [*range(7)]


@pytest.mark.parametrize("where", [HOME, Where(namespace="home", collection="x")])
async def test_of_many_rows_the_nearest_are_found(where: Where) -> None:
    """
    Those of another namespace take nobody's place, and where it is asked for more than a namespace all are compared.
    """
    count = 3 * COMPARED_MIN
    vectors = clustered(count, 48)
    copy = LanceCopy(48, count, Signs(48, count))
    rows = [
        row(f"{n}", namespace="home" if n % 3 else "away", collection="x" if n % 40 == 1 else "y") for n in range(count)
    ]
    await copy.apply(Batch(position=1, rows=rows, vectors=vectors))
    wanted = [n for n, each in enumerate(rows) if meets(where, each)]
    right = 0
    for n in range(1, count, count // 50):
        found = [int(hit.row.id) for hit in copy.nearest(vectors[n], where, LIMIT).hits]
        best = sorted(wanted, key=lambda other: -float(vectors[other] @ vectors[n]))[:LIMIT]
        right += len({*found} & {*best})
        await asyncio.sleep(0)

    assert right >= 0.99 * LIMIT * len(range(1, count, count // 50))


async def test_more_than_a_share_is_compared_where_more_are_wanted() -> None:
    """
    So that a long answer is not cut short.
    """
    count = COMPARED_MIN + 100
    vectors = clustered(count, 48)
    copy = LanceCopy(48, count, Signs(48, count))
    await copy.apply(Batch(position=1, rows=[row(f"{n}") for n in range(count)], vectors=vectors))

    assert len(copy.nearest(vectors[0], HOME, 1000).hits) == 1000


async def test_what_is_said_to_be_exact_is(tmp_path: Path) -> None:
    """
    Of a small collection all are compared, though they are more than would be elsewhere, and have no neighbours.
    """
    count = COMPARED_MIN + 100
    vectors = np.random.default_rng(1).standard_normal((count, 48)).astype(np.float32)
    index = await LanceIndexes(tmp_path).open("fake", 48)
    await index.apply(Batch(position=1, rows=[row(f"{n}") for n in range(count)], vectors=vectors))
    lengths = np.linalg.norm(vectors, axis=1)
    for wanted in np.random.default_rng(2).standard_normal((20, 48)).astype(np.float32):
        found = await index.nearest(wanted, HOME, LIMIT, exact=True)

        assert found.rung is Rung.FLAT
        best = np.argsort(-(vectors @ wanted) / lengths)[:LIMIT]
        assert [int(hit.row.id) for hit in found.hits] == best.tolist()
    await index.aclose()
