"""Measures the index of memories: recall, latency, ingest beside raw LanceDB, search beside ingest, and its peers.

``python -m benchmarks.memory --rows 1000000`` measures a large one. Peers
come with the dependency group `peers`; those that are absent are named.
"""

import argparse
import asyncio
import gc
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import lancedb
import numpy as np
import psutil
import uvloop

from benchmarks.memory_data import DIMENSION, Vectors, asked, batches, made, truth
from benchmarks.memory_sides import QDRANT_ROWS, Search, build, installed
from luna.adapters.lance_indexes import LanceIndexes
from luna.adapters.lance_words import schema, spelled, to_batch
from luna.app import calm_the_collector
from luna.kernel.memory_index import MemoryIndex
from luna.kernel.memory_rows import Batch, Where

LIMIT: Final = 10
QUESTIONS: Final = 300
A_TURN_OF_QUESTIONS: Final = 25
WHERE: Final = Where(namespace="bench", alive_at_ns=1)
BATCHES: Final = (500, 5_000)
"""What one event of RetainMany holds, and what an import gathers."""
A_ROUND: Final = 10
"""How many batches each side gets in its turn."""
MORE: Final = 40_000
RATES: Final = (20_000, None)
"""How many a second come beside searches: as many as RetainMany has to take, or as many as the index does."""
SINGLES: Final = 10_000
A_TURN: Final = 16
"""How many single texts one change of the index brings, where many come."""
INGEST_MIN: Final = 0.7

Figures = dict[str, object]


def main(rows: int = 100_000, *, peers: bool = True) -> Mapping[str, object]:
    """Measure, print a table, and return the figures."""
    calm_the_collector()
    with TemporaryDirectory(prefix="luna-memory-") as folder:
        return uvloop.run(_measure(Path(folder), rows, peers=peers))


async def _measure(folder: Path, rows: int, *, peers: bool) -> Figures:
    vectors = made(rows)
    questions = asked(vectors, QUESTIONS)
    wanted = truth(vectors, questions, LIMIT)
    before = _resident()
    index = await LanceIndexes(folder / "ours").open("bench", DIMENSION)
    figures: Figures = {"rows": rows, "ingest": await _ingest(index, folder, vectors)}
    started = time.perf_counter()
    await index.optimize()
    figures["upkeep_s"] = round(time.perf_counter() - started, 2)
    figures["index"] = (await index.stats()).vector_index
    sides: dict[str, tuple[Search, int]] = {"ours": (_asking(index), rows)}
    table: dict[str, Figures] = {"ours": {"resident_mib": round(_resident() - before)}}
    if peers:
        await _build_peers(folder, vectors, sides, table)
    for name, found in (await _race(sides, vectors, questions, wanted)).items():
        table[name] |= found
        print(f"{name:14} {'  '.join(f'{key} {value}' for key, value in table[name].items())}")
    figures["sides"] = table
    for number, rate in enumerate(RATES):
        came = rows + number * MORE
        figures[f"during_ingest_of_{rate or 'all'}"] = await _during_ingest(index, questions, came, rate)
    figures["after_singles"] = await _after_singles(index, questions, rows + len(RATES) * MORE)
    await index.aclose()
    return figures


async def _ingest(index: MemoryIndex, folder: Path, vectors: Vectors) -> dict[str, Figures]:
    """Turn by turn ten batches to us, until the table has them, and to a plain one as columns that are made before."""
    connection = await lancedb.connect_async(folder / "raw")
    columns = schema("bench", DIMENSION)
    figures: dict[str, Figures] = {}
    first, half = 0, len(vectors) // 4
    for size in BATCHES:
        raw = await connection.create_table(f"by{size}", schema=columns)
        took: tuple[list[float], list[float]] = ([], [])
        part = vectors[first : half if first == 0 else len(vectors)]
        all_batches = batches(part, size, first=first)
        for place in range(0, len(all_batches), A_ROUND):
            some = all_batches[place : place + A_ROUND]
            plain = [
                to_batch(each.rows, [spelled(row.key) for row in each.rows], each.vectors, each.position, columns)
                for each in some
            ]
            started = time.perf_counter()
            for batch in some:
                await index.apply(batch)
            # What is gathered is written before the rows are counted.
            await index.count(WHERE)
            middle = time.perf_counter()
            for rows in plain:
                await raw.add(rows)
            took[0].append((middle - started) / len(some))
            took[1].append((time.perf_counter() - middle) / len(some))
        first = half
        # Medians: what else the machine does hits single rounds of either side.
        ours, theirs = (size / statistics.median(each) for each in took)
        ratio = ours / theirs
        print(f"ingest by {size}: ours {ours:,.0f}/s   raw add {theirs:,.0f}/s   {ratio:.2f} x (at least {INGEST_MIN})")
        rates = {"ours_per_s": round(ours), "raw_per_s": round(theirs)}
        figures[str(size)] = {**rates, "ratio": round(ratio, 3)}
    return figures


async def _build_peers(
    folder: Path, vectors: Vectors, sides: dict[str, tuple[Search, int]], table: dict[str, Figures]
) -> None:
    there, absent = installed()
    if absent:
        print(f"not installed, so not measured: {', '.join(absent)} (dependency group `peers`)")
    for name in there:
        part = vectors[:QDRANT_ROWS] if name.startswith("qdrant") else vectors
        gc.collect()
        before, started = _resident(), time.perf_counter()
        sides[name] = await build(name, part, folder), len(part)
        rate = round(len(part) / (time.perf_counter() - started))
        table[name] = {"rows": len(part), "resident_mib": round(_resident() - before), "ingest_per_s": rate}


async def _race(
    sides: Mapping[str, tuple[Search, int]], vectors: Vectors, questions: Vectors, wanted: Sequence[set[int]]
) -> dict[str, Figures]:
    """Ask each question of all sides, a few at a time: the threads of some go on for a while after an answer."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    right = dict.fromkeys(sides, 0)
    fewer = truth(vectors[:QDRANT_ROWS], questions, LIMIT)
    for first in range(0, len(questions), A_TURN_OF_QUESTIONS):
        for name, (search, rows) in sides.items():
            for number, question in enumerate(questions[first : first + A_TURN_OF_QUESTIONS], first):
                started = time.perf_counter()
                found = await search(question, LIMIT)
                took[name].append(time.perf_counter() - started)
                right[name] += len(set(found) & (wanted if rows == len(vectors) else fewer)[number])
    return {
        name: {"recall_at_10": round(right[name] / LIMIT / len(questions), 4), **_percentiles(took[name])}
        for name in sides
    }


async def _during_ingest(index: MemoryIndex, questions: Vectors, rows: int, rate: int | None) -> Figures:
    """Search without pause, first in quiet, then while batches and upkeep go on."""
    quiet = await _search_until(index, questions, asyncio.create_task(asyncio.sleep(5)))
    more = batches(made(MORE, seed=rows), BATCHES[0], first=rows)
    started = time.perf_counter()
    ingest = asyncio.create_task(_pour(index, more, rate))
    tending = asyncio.create_task(_tend(index))
    busy = await _search_until(index, questions, ingest)
    came = MORE / (time.perf_counter() - started)
    tending.cancel()
    with suppress(asyncio.CancelledError):
        await tending
    await index.optimize()
    calm, hurried = _percentiles(quiet), _percentiles(busy)
    ratio = hurried["p95_ms"] / calm["p95_ms"]
    print(f"search in quiet {calm}   during ingest {hurried} at {came:,.0f}/s   p95 {ratio:.2f} x (at most 3)")
    return {"quiet": calm, "busy": hurried, "p95_ratio": round(ratio, 2), "ingest_per_s": round(came)}


async def _after_singles(index: MemoryIndex, questions: Vectors, rows: int) -> Figures:
    """Search before and after many memories have come a few at a time, with no upkeep meanwhile."""
    await index.optimize()
    before = await _search_until(index, questions, asyncio.create_task(asyncio.sleep(5)))
    await _pour(index, batches(made(SINGLES, seed=5), A_TURN, first=rows))
    after = await _search_until(index, questions, asyncio.create_task(asyncio.sleep(5)))
    first, then = _percentiles(before), _percentiles(after)
    ratio = then["p50_ms"] / first["p50_ms"]
    print(f"search before {SINGLES} single memories {first}   after {then}   p50 {ratio:.2f} x")
    return {"before": first, "after": then, "p50_ratio": round(ratio, 2)}


async def _search_until(index: MemoryIndex, questions: Vectors, end: asyncio.Task[None]) -> list[float]:
    took: list[float] = []
    while not end.done():
        started = time.perf_counter()
        await index.nearest(questions[len(took) % len(questions)], WHERE, LIMIT)
        took.append(time.perf_counter() - started)
    await end
    return took


async def _pour(index: MemoryIndex, more: Sequence[Batch], rate: int | None = None) -> None:
    """Apply *more*, at most *rate* memories a second if it is given."""
    clock, came = asyncio.get_running_loop().time, 0
    started = clock()
    for batch in more:
        await index.apply(batch)
        came += len(batch.rows)
        if rate is not None:
            await asyncio.sleep(max(0.0, started + came / rate - clock()))


async def _tend(index: MemoryIndex) -> None:
    while True:
        await index.tend()
        await asyncio.sleep(1)


def _asking(index: MemoryIndex) -> Search:
    async def search(question: Vectors, limit: int) -> Sequence[int]:
        return [int(hit.row.id) for hit in (await index.nearest(question, WHERE, limit)).hits]

    return search


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    p50, p95 = (round(1000 * float(np.percentile(seconds, each)), 2) for each in (50, 95))
    return {"p50_ms": p50, "p95_ms": p95}


def _resident() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--alone", action="store_true", help="without the peers")
    chosen = options.parse_args()
    main(chosen.rows, peers=not chosen.alone)
