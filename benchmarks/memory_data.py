"""Vectors in clusters, as texts about the same things are, and the memories they belong to."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from luna.kernel.memory_rows import Batch, Row

Vectors = NDArray[np.float32]

DIMENSION: Final = 384
_A_CLUSTER: Final = 100
_NOISE: Final = 0.6


def made(count: int, seed: int = 7) -> Vectors:
    """Return *count* vectors of length 1, a hundred around each of many centres."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((max(1, count // _A_CLUSTER), DIMENSION), np.float32)
    vectors = chance.standard_normal((count, DIMENSION), np.float32)
    vectors *= np.float32(_NOISE)
    vectors += centres[chance.integers(0, len(centres), count)]
    return unit(vectors)


def asked(vectors: Vectors, count: int, seed: int = 11) -> Vectors:
    """Return *count* questions, each near one of *vectors* and none of them."""
    chance = np.random.default_rng(seed)
    near = vectors[chance.integers(0, len(vectors), count)]
    return unit(near + chance.standard_normal(near.shape, np.float32) * np.float32(0.02))


def unit(vectors: Vectors) -> Vectors:
    """Return *vectors* at length 1."""
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def truth(vectors: Vectors, questions: Vectors, limit: int) -> list[set[int]]:
    """Return what is closest to each question, by comparing with all."""
    found: list[set[int]] = []
    for start in range(0, len(questions), 50):
        scores = questions[start : start + 50] @ vectors.T
        best = np.argpartition(-scores, limit, axis=1)[:, :limit]
        found += [{int(id) for id in row} for row in best]
    return found


def batches(vectors: Vectors, size: int, *, first: int = 0) -> Sequence[Batch]:
    """Return memories of *vectors* in batches of *size*; their ids count from *first*."""
    made_batches = []
    for start in range(0, len(vectors), size):
        part = vectors[start : start + size]
        rows = [_row(first + start + n) for n in range(len(part))]
        made_batches.append(Batch(position=first + start + len(part), rows=rows, vectors=part))
    return made_batches


def _row(number: int) -> Row:
    return Row(
        id=str(number),
        namespace="bench",
        collection=f"c{number % 7}",
        text=f"memory {number} is about topic {number % 997} and a little about {number % 61}",
        retain_ns=1_700_000_000_000_000_000 + number,
        importance=0.5,
        attributes={"lang": ("fr", "en", "es", "de")[number % 4]},
        position=number + 1,
        event_id=f"0192f3c0-{number:012}",
    )
