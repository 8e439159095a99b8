"""Measures the text model that comes with the node: one text, batches, and the event loop meanwhile."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

import uvloop

from luna.adapters.embedder_minilm import minilm
from luna.kernel.embedding import Embedder

ROUNDS: Final = 9
BATCH: Final = 32
THREADS: Final = (1, 2)
_WORDS: Final = [
    "the",
    "user",
    "of",
    "that",
    "node",
    "prefers",
    "green",
    "tea",
    "with",
    "lemon",
    "every",
    "early",
    "morning",
    "before",
    "a",
    "walk",
]

Figures = Mapping[str, Sequence[float]]


def main() -> Mapping[str, object]:
    """Print and return the times, interleaved in one run."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    report: dict[str, object] = {}
    for threads in THREADS:
        async with aclosing(minilm(threads=threads)) as embedder:
            started = time.perf_counter()
            await embedder.embed(["the first one loads the model"])
            report[f"{threads} threads"] = _report(threads, time.perf_counter() - started, await _rounds(embedder))
    return report


async def _rounds(embedder: Embedder) -> Figures:
    figures: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        async with _lag(figures.setdefault("worst lag of the loop, ms", [])):
            one = await _seconds(embedder, [_text(number, 10)])
            figures.setdefault("one text of 10 words, ms", []).append(1000 * one)
            for words in (10, 20, 80):
                taken = await _seconds(embedder, [_text(BATCH * number + row, words) for row in range(BATCH)])
                figures.setdefault(f"batch of {BATCH}, {words} words, texts/s", []).append(BATCH / taken)
    return figures


async def _seconds(embedder: Embedder, texts: Sequence[str]) -> float:
    started = time.perf_counter()
    await embedder.embed(texts)
    return time.perf_counter() - started


@asynccontextmanager
async def _lag(found: list[float]) -> AsyncIterator[None]:
    worst = 0.0

    async def tick() -> None:
        nonlocal worst
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - started - 0.001)

    ticking = asyncio.create_task(tick())
    yield
    ticking.cancel()
    found.append(1000 * worst)


def _text(number: int, words: int) -> str:
    return " ".join(_WORDS[(number * 7 + place * 3) % len(_WORDS)] for place in range(words)) + f" {number}"


def _report(threads: int, first_seconds: float, figures: Figures) -> Mapping[str, object]:
    print(f"{threads} threads, {ROUNDS} rounds; loading and the first text {1000 * first_seconds:.0f} ms")
    for name, values in figures.items():
        print(f"  {name:36} {statistics.median(values):8.1f}   from {min(values):.1f} to {max(values):.1f}")
    return {name: {"median": statistics.median(values), "all": list(values)} for name, values in figures.items()}
