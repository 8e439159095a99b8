"""Measures memory through a whole node: ingest beside raw LanceDB, single retains, and recall beside the index."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import lancedb
import numpy as np
import pyarrow as pa
import uvloop
from arkalia.memory.v1.memory_pb2 import RECALL_MODE_MEANING, NewMemory
from arkalia.memory.v1.memory_service_pb2 import RecallRequest, RetainManyRequest, RetainRequest

from arkalia_client import Arkalia, ArkaliaError, connect
from benchmarks.raw_calls import SERVED, RawChannel
from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.embedding import Vectors
from luna.kernel.memory_index import MemoryIndex
from luna.kernel.memory_rows import Batch, Row, Where
from tests.node import running_node

DIMENSION: Final = 384
ROUNDS: Final = 5
BATCHES: Final = 20
BATCH: Final = 500
RETAINS: Final = 400
"""A burst. What nobody waits for is embedded after it."""
RETAINS_LONG: Final = 4_000
"""So many that they have to wait for each other's embedding."""
CALLERS: Final = 16
RETAIN: Final = "/arkalia.memory.v1.MemoryService/Retain"
TIMEOUT_SECONDS: Final = 10.0
QUESTIONS: Final = 300
NAMESPACE: Final = "bench"
SCHEMA: Final = pa.schema([("id", pa.string()), ("text", pa.string()), ("vector", pa.list_(pa.float32(), DIMENSION))])
OURS: Final = "RetainMany"
RAW: Final = "lancedb.add, columns"
"""Of Arrow columns, made of arrays as they are added: nobody gives LanceDB less to do."""
SHOWN: Final = "lancedb.add, dicts"
"""Of a list of dicts with lists in them, as its documentation shows it to users."""
UNINDEXED_MAX: Final = 10_000
UNINDEXED_MAX_AT_REST: Final = BATCHES * BATCH * ROUNDS // 32


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder) / "home") as node, connect(node.target) as client:
            await _until_serving(client)
            index = await LanceIndexes(Path(folder) / "index").open("bench", DIMENSION)
            ingest = await _ingest(client, index, Path(folder) / "raw")
            recall = await _recall(client, index)
            retain = {count: await _retain(node.target, count) for count in (RETAINS, RETAINS_LONG)}
            await index.aclose()
    return _report(ingest, retain, recall)


async def _until_serving(client: Arkalia) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await client.memories.stats()
            except ArkaliaError:
                await asyncio.sleep(0.1)
            else:
                return


async def _ingest(client: Arkalia, index: MemoryIndex, raw: Path) -> Mapping[str, list[float]]:
    """Return vectors a second of each side, by turns, with the same batches."""
    rates: dict[str, list[float]] = {OURS: [], RAW: [], SHOWN: []}
    for turn in range(ROUNDS):
        vectors = _vectors(turn)
        rates[OURS].append(await _rate(lambda turn=turn, vectors=vectors: _sent(client, turn, vectors)))  # type: ignore[misc]
        # Upkeep, which waits until no more come, is no part of either side.
        await _until_indexed(client, UNINDEXED_MAX)
        for name, batches in ((RAW, _columns(turn, vectors)), (SHOWN, _dicts(turn, vectors))):
            table = lancedb.connect(raw / str(turn)).create_table(name.rpartition(" ")[2], schema=SCHEMA)
            add = partial(_add, table, batches)
            rates[name].append(await _rate(lambda add=add: asyncio.to_thread(add)))  # type: ignore[misc]
        await _applied(index, turn, vectors)
    return rates


async def _until_indexed(client: Arkalia, most: int) -> None:
    async with asyncio.timeout(300):
        # Some of the newest stay out of the vector index until more come, or none for a while.
        while (await client.memories.stats()).unindexed_count > most:
            await asyncio.sleep(0.5)


async def _rate(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return BATCHES * BATCH / (time.perf_counter() - started)


async def _sent(client: Arkalia, turn: int, vectors: Vectors) -> None:
    async def batches() -> AsyncIterator[RetainManyRequest]:
        for number in range(BATCHES):
            part = vectors[number * BATCH : (number + 1) * BATCH]
            memories = [NewMemory(id=id, text=f"note {id}") for id in _ids(turn, number)]
            yield RetainManyRequest(namespace=NAMESPACE, memories=memories, vectors=part.tobytes(), visible=True)

    async for _ in client.memories.retain_many(batches()):
        pass


def _add(table: lancedb.table.Table, batches: Callable[[int], object]) -> None:
    for number in range(BATCHES):
        table.add(batches(number))


def _columns(turn: int, vectors: Vectors) -> Callable[[int], object]:
    def batch(number: int) -> pa.Table:
        part, ids = vectors[number * BATCH : (number + 1) * BATCH], _ids(turn, number)
        packed = pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), DIMENSION)
        return pa.Table.from_arrays([pa.array(ids), pa.array([f"note {id}" for id in ids]), packed], schema=SCHEMA)

    return batch


def _dicts(turn: int, vectors: Vectors) -> Callable[[int], object]:
    # They are lists before the clock runs, as a model that is asked over the network returns them.
    lists = vectors.tolist()

    def batch(number: int) -> list[dict[str, object]]:
        rows = zip(_ids(turn, number), lists[number * BATCH : (number + 1) * BATCH], strict=True)
        return [{"id": id, "text": f"note {id}", "vector": vector} for id, vector in rows]

    return batch


async def _applied(index: MemoryIndex, turn: int, vectors: Vectors) -> None:
    ids = [id for number in range(BATCHES) for id in _ids(turn, number)]
    rows = [
        Row(id=id, namespace=NAMESPACE, text=f"note {id}", retain_ns=1, position=turn + 1, event_id="") for id in ids
    ]
    await index.apply(Batch(position=turn + 1, rows=rows, vectors=vectors))


async def _retain(target: str, count: int) -> Sequence[float]:
    """Return the milliseconds of *count* single retains, with so many callers, whose frames are prepared.

    A client of grpc.aio takes a seventh of the processor time of all processes together.
    """
    channel, took, todo = await RawChannel.open(target), list[float](), iter(range(count))
    headers, loop = channel.rpc(RETAIN, TIMEOUT_SECONDS), asyncio.get_running_loop()

    async def caller() -> None:
        for number in todo:
            answered: asyncio.Future[tuple[str, float]] = loop.create_future()
            memory = NewMemory(text=f"of {count} things in the garden, the {number}th")
            channel.call(
                headers,
                lambda *told, answered=answered: answered.set_result(told),
                RetainRequest(namespace="singles", memory=memory),
            )
            outcome, seconds = await answered
            if outcome != SERVED:
                raise RuntimeError(f"a text was not retained: {outcome}")
            took.append(1000 * seconds)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    channel.close()
    return took


async def _recall(client: Arkalia, index: MemoryIndex) -> Mapping[str, list[float]]:
    """Return the milliseconds of questions of each side, by turns."""
    await index.optimize()
    await _until_indexed(client, UNINDEXED_MAX_AT_REST)
    took: dict[str, list[float]] = {"index, in process": [], "Recall, through Envoy": []}
    where = Where(namespace=NAMESPACE, alive_at_ns=1)
    for vector in _vectors(99)[:QUESTIONS]:
        request = RecallRequest(namespace=NAMESPACE, vector=vector.tobytes(), mode=RECALL_MODE_MEANING, limit=10)
        sides: dict[str, Callable[[], Awaitable[object]]] = {
            "index, in process": lambda vector=vector: index.nearest(vector, where, 10),  # type: ignore[misc]
            "Recall, through Envoy": lambda request=request: client.memories.ask(request),  # type: ignore[misc]
        }
        for name, ask in sides.items():
            started = time.perf_counter()
            await ask()
            took[name].append(1000 * (time.perf_counter() - started))
    return took


def _vectors(seed: int) -> Vectors:
    made = np.random.default_rng(seed).normal(size=(BATCHES * BATCH, DIMENSION)).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype="<f4")


def _ids(turn: int, number: int) -> Sequence[str]:
    return [f"{turn}-{number}-{place}" for place in range(BATCH)]


def _report(
    ingest: Mapping[str, list[float]], retain: Mapping[int, Sequence[float]], recall: Mapping[str, list[float]]
) -> Mapping[str, object]:
    shares = {name: _share(ingest[OURS], ingest[name]) for name in (RAW, SHOWN)}
    print(f"{ROUNDS} rounds of {BATCHES} batches of {BATCH} vectors of {DIMENSION}, by turns, vectors a second:")
    for name, rates in ingest.items():
        print(f"  {name:22} {statistics.median(rates):8.0f}   from {min(rates):.0f} to {max(rates):.0f}")
    print(f"  {OURS} / {RAW}: {shares[RAW]:.2f} (at least 0.7), / {SHOWN}: {shares[SHOWN]:.2f}")
    for count, took in retain.items():
        print(
            f"Retain of one text, {count} with {CALLERS} callers, milliseconds: "
            f"p50 {_at(took, 50):.1f} (at most 15), p95 {_at(took, 95):.1f}"
        )
    print(f"10 nearest of {ROUNDS * BATCHES * BATCH}, {QUESTIONS} questions, milliseconds:")
    for name, took in recall.items():
        print(f"  {name:22} p50 {_at(took, 50):6.2f}   p95 {_at(took, 95):6.2f}")
    ratios = {q: _at(recall["Recall, through Envoy"], q) / _at(recall["index, in process"], q) for q in (50, 95)}
    print(f"  through Envoy / in process: p50 {ratios[50]:.2f}, p95 {ratios[95]:.2f} (at most 2)")
    return {
        "ingest_per_second": dict(ingest),
        "retain_ms": {count: [_at(took, 50), _at(took, 95)] for count, took in retain.items()},
        "recall_ms": {name: [_at(took, 50), _at(took, 95)] for name, took in recall.items()},
        "ingest_per_raw": shares[RAW],
        "ingest_per_dicts": shares[SHOWN],
        "recall_per_index": ratios,
    }


def _share(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def _at(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
