"""Learns the second look of the prompt guard: from what passages mean, with families of texts held out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.guard_corpus import Sample
from benchmarks.guard_training import HELD, REFUSED_BY_MISTAKE, chance, folds, join, labels, measured
from luna.kernel.embedding import TextVectors, Vectors
from luna.modules.assistantia.guard import DOUBTFUL, SURE
from luna.modules.assistantia.second_look import Head

INNER: Final = 128
"""How many numbers the hidden layer has."""
EPOCHS: Final = 20
BATCH: Final = 200
RATE: Final = 0.001
PENALTY: Final = 0.01
MADE_SHARE: Final = 0.3
"""The share that is learned from of texts that were made: more of them find more of what is disguised or amid others,
and less of everything else."""
AT_A_TIME: Final = 8
"""How many passages of like length are embedded together."""


class Seen(NamedTuple):
    """Texts as a second look sees them. Most of those that were made are left out."""

    samples: Sequence[Sample]
    vectors: Vectors
    first: NDArray[np.float64]
    """The chance of each at first look, held out."""


def looked_at(
    samples: Sequence[Sample], passages: Sequence[str], first: NDArray[np.float64], meaning: TextVectors
) -> Seen:
    """Return what a second look sees of *samples*, whose most suspicious *passages* are known."""
    random = np.random.default_rng(5).random(len(samples))
    kept = [place for place, sample in enumerate(samples) if not sample.made or random[place] < MADE_SHARE]
    order = sorted(kept, key=lambda place: len(passages[place]))
    vectors = np.zeros((len(samples), 0), np.float32)
    for some in (order[place : place + AT_A_TIME] for place in range(0, len(order), AT_A_TIME)):
        found = meaning.vectors([passages[place] for place in some])
        vectors = vectors if vectors.size else np.zeros((len(samples), found.shape[1]), np.float32)
        vectors[some] = found
    return Seen([samples[place] for place in kept], vectors[kept], first[kept])


def looked_again(seen: Seen) -> tuple[tuple[float, float, float], NDArray[np.float64]]:
    """Return the joining of a head with the first look, and the chance that it gives each text held out.

    Both looks refuse as many ordinary texts by mistake.
    """
    fold, attacks, real = folds(seen.samples), labels(seen.samples).attacks, measured(seen.samples)
    scores = np.zeros(len(attacks))
    for held in range(HELD):
        learned = _learned(seen.vectors, attacks, fold != held, (1, 1, 0))
        scores = np.where(fold == held, learned.scores(seen.vectors), scores)
    sums = np.log(seen.first / (1 - seen.first))
    one, other, third = join(sums[real], scores[real], attacks[real])
    doubtful = (seen.first >= DOUBTFUL) & (seen.first < SURE)
    again = np.where(doubtful, one * sums + other * scores + third, np.where(seen.first < SURE, -np.inf, np.inf))
    least = float(np.quantile(again[real & ~attacks], 1 - REFUSED_BY_MISTAKE, method="higher"))
    return (one, other, third - least), np.where(doubtful, chance(again - least), seen.first)


def head(seen: Seen, joining: tuple[float, float, float]) -> Head:
    """Learn from all that is *seen*."""
    return _learned(seen.vectors, labels(seen.samples).attacks, np.ones(len(seen.samples), np.bool_), joining)


def _learned(
    vectors: Vectors, attacks: NDArray[np.bool_], used: NDArray[np.bool_], joining: tuple[float, float, float]
) -> Head:
    centre, spread = vectors[used].mean(axis=0), vectors[used].std(axis=0)
    given, truth = (vectors[used] - centre) / spread, attacks[used]
    random = np.random.default_rng(0)
    size = given.shape[1]
    weights = [
        random.normal(0, (2 / (size + INNER)) ** 0.5, (size, INNER)).astype(np.float32),
        np.zeros(INNER, np.float32),
        random.normal(0, (2 / INNER) ** 0.5, INNER).astype(np.float32),
    ]
    momentum, speed = [np.zeros_like(it) for it in weights], [np.zeros_like(it) for it in weights]
    batches = len(given) // BATCH
    order, steps = np.arange(len(given)), EPOCHS * batches
    for step in range(steps):
        if step % batches == 0:
            order = random.permutation(len(given))
        some = order[step % batches * BATCH :][:BATCH]
        for place, slope in enumerate(_slopes(weights, given[some], truth[some])):
            momentum[place] += 0.1 * (slope - momentum[place])
            speed[place] += 0.001 * (slope * slope - speed[place])
            even = np.sqrt(speed[place] / (1 - 0.999 ** (step + 1))) + 1e-8
            weights[place] -= RATE * (1 - step / steps) * momentum[place] / (1 - 0.9 ** (step + 1)) / even
    inner, bias, outer = weights
    inner /= spread[:, np.newaxis]
    return Head(inner=inner, inner_bias=bias - centre @ inner, outer=outer, join=joining)


def save_head(made: Head, path: Path) -> None:
    """Write what was learned, most of it as numbers of two bytes."""
    inner, join = made.inner.astype(np.float16), np.array(made.join)
    np.savez_compressed(path, inner=inner, inner_bias=made.inner_bias, outer=made.outer, join=join)


def _slopes(
    weights: Sequence[NDArray[np.float32]], given: NDArray[np.float32], truth: NDArray[np.bool_]
) -> Sequence[NDArray[np.float32]]:
    inner, bias, outer = weights
    hidden = np.maximum(given @ inner + bias, 0)
    error = ((chance(hidden @ outer) - truth) / len(given)).astype(np.float32)
    back = np.outer(error, outer) * (hidden > 0)
    return [given.T @ back + PENALTY * inner, back.sum(axis=0), hidden.T @ error + PENALTY * outer]
