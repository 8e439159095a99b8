"""Has long lists of texts embedded slice by slice, a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import numpy as np

from luna.kernel.embedding import Vectors


async def in_slices(
    texts: Sequence[str],
    embed: Callable[[Sequence[str]], Awaitable[Vectors]],
    *,
    size: int,
    width: int,
    characters: int | None = None,
) -> Vectors:
    """Return what *embed* makes of *texts*, which are given to it by the longest first, in *width* slices at a time.

    A slice has up to *size* texts of like length, fewer if they have more than *characters*. So whoever comes with
    one short text waits for no more than a slice a worker. The first failure ends the rest.
    """
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]), reverse=True)
    slices = _slices([(index, len(texts[index])) for index in order], size, characters)
    done: dict[int, Vectors] = {}
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(width):
                group.create_task(_work(slices, texts, embed, done))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return np.stack([done[index] for index in range(len(texts))])


def _slices(order: Sequence[tuple[int, int]], size: int, characters: int | None) -> Iterator[Sequence[int]]:
    start = 0
    while start < len(order):
        # The first is the longest of its slice.
        length = max(order[start][1], 1)
        end = start + (size if characters is None else min(size, max(characters // length, 1)))
        yield [index for index, _ in order[start:end]]
        start = end


async def _work(
    slices: Iterator[Sequence[int]],
    texts: Sequence[str],
    embed: Callable[[Sequence[str]], Awaitable[Vectors]],
    done: dict[int, Vectors],
) -> None:
    for indexes in slices:
        vectors = await embed([texts[index] for index in indexes])
        done.update(zip(indexes, vectors, strict=True))
