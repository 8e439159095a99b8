"""Learns the weights of the prompt guard from labelled texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.guard_corpus import Sample
from benchmarks.guard_table import KINDS_WORTH, Table
from luna.modules.assistantia.features import BITS, KINDS
from luna.modules.assistantia.learned import Model

EPOCHS: Final = 6
BATCHES: Final = 48
RATE: Final = 0.3
PENALTY: Final = 5e-6
ROUNDS: Final = 2
"""How often the most suspicious window of each attack is chosen anew."""
MADE_WORTH: Final = 0.3
"""How much a text that a pattern stands for counts: its pattern stands for many."""
BACKGROUND_WORTH: Final = 0.05
"""How much a window of a document counts."""
BACKGROUND_SHARE: Final = 0.15
"""The share of the windows of documents that is learned from: at first any, then those that look most like attacks."""
HELD: Final = 3
RULES_LEAST: Final = 3.5
"""How much what the rules think counts at least."""
REFUSED_BY_MISTAKE: Final = 0.02
"""The share of ordinary texts, held out, whose chance may be a half or more."""


class Held(NamedTuple):
    """The score of each text by weights that were learned without its family, and its most suspicious row."""

    scores: NDArray[np.float64]
    rows: NDArray[np.int64]


class Labels(NamedTuple):
    """What is known of texts: whether each is an attack, how much it counts, and whether it is of a document."""

    attacks: NDArray[np.bool_]
    worth: NDArray[np.float64]
    background: NDArray[np.bool_]

    def of(self, texts: NDArray[np.int64]) -> "Labels":
        """Return what is known of these *texts*."""
        return Labels(self.attacks[texts], self.worth[texts], self.background[texts])


def labels(samples: Sequence[Sample]) -> Labels:
    """Return what is known of *samples*."""
    background = np.array([sample.background for sample in samples])
    made = np.array([sample.made for sample in samples])
    worth = np.where(background, BACKGROUND_WORTH, np.where(made, MADE_WORTH, 1.0))
    return Labels(np.array([sample.attack for sample in samples]), worth, background)


def fit(given: Table, known: Labels, used: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Return weights and a bias that tell the attacks of the *used* texts from the others."""
    rows, chosen = known.of(given.texts), used[given.texts]
    some = np.random.default_rng(3).random(len(chosen)) < BACKGROUND_SHARE
    weights, bias = _regress(given, rows, chosen & (some | ~rows.background))
    for _ in range(ROUNDS - 1):
        scores = _scores(given, weights, bias)
        limit = np.quantile(scores[rows.background], 1 - BACKGROUND_SHARE) if rows.background.any() else 0.0
        doubtful = ~rows.background | (scores >= limit)
        weights, bias = _regress(given, rows, chosen & np.where(rows.attacks, _best(given, scores), doubtful))
    return weights, bias


def folds(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """Return with which part each text is held out: together with its family in its language."""
    keys = sorted({sample.together for sample in samples if not sample.background})
    order = np.random.default_rng(7).permutation(len(keys))
    fold = {name: int(order[place]) % HELD for place, name in enumerate(keys)}
    # Documents come after the families, so that these stay together whatever documents there are.
    pages = sorted({sample.together for sample in samples if sample.background})
    fold |= {name: place % HELD for place, name in enumerate(pages)}
    return np.array([fold[sample.together] for sample in samples])


def held_out(samples: Sequence[Sample], given: Table, parts: Sequence[int] = range(HELD)) -> Held:
    """Return what is thought of each text of *parts* by weights that were learned without its family."""
    fold = folds(samples)
    scores, rows = np.full(len(samples), np.nan), np.full(len(samples), -1)
    for held in parts:
        weights, bias = fit(given, labels(samples), fold != held)
        of_rows = _scores(given, weights, bias)
        # The last row of each text is then its most suspicious.
        order = np.lexsort((of_rows, given.texts))
        last = order[np.append(np.flatnonzero(np.diff(given.texts[order])), len(order) - 1)]
        last = last[fold[given.texts[last]] == held]
        scores[given.texts[last]], rows[given.texts[last]] = of_rows[last], last
    return Held(scores, rows)


def join(
    scores: NDArray[np.float64], rules: NDArray[np.float64], attacks: NDArray[np.bool_], *, rules_least: float = 0.0
) -> tuple[float, float, float]:
    """Return how scores that were learned and those of the rules are best put together."""
    columns = np.stack([scores, rules, np.ones(len(scores))], axis=1)
    weights = np.zeros(3)
    for _ in range(50):
        chances = chance(columns @ weights)
        slope = columns.T @ (chances - attacks) + 0.1 * weights
        curve = (columns * (chances * (1 - chances))[:, None]).T @ columns + 0.1 * np.eye(3)
        weights -= np.linalg.solve(curve, slope)
    # Ordinary texts here are hard ones, which rules suspect more often than those of every day.
    return float(weights[0]), max(float(weights[1]), rules_least), float(weights[2])


def model(samples: Sequence[Sample], given: Table, joining: tuple[float, float, float], corpus: str) -> Model:
    """Learn a model from all *samples*, which is joined with the rules as was learned from texts that were held out."""
    weights, bias = fit(given, labels(samples), np.ones(len(samples), np.bool_))
    weights *= np.repeat(KINDS_WORTH, 1 << BITS)
    return Model(weights=weights.astype(np.float32), bias=bias, join=joining, corpus=corpus)


def joined(
    samples: Sequence[Sample], scores: NDArray[np.float64], rules: NDArray[np.float64]
) -> tuple[tuple[float, float, float], NDArray[np.float64]]:
    """Return the joining of *scores* that were held out and *rules*, and the chance that it gives each text.

    A half is the chance above which so many ordinary texts are as may be refused by mistake.
    """
    attacks, real = labels(samples).attacks, measured(samples)
    first, second, third = join(scores[real], rules[real], attacks[real], rules_least=RULES_LEAST)
    sums = first * scores + second * rules + third
    third -= float(np.quantile(sums[real & ~attacks], 1 - REFUSED_BY_MISTAKE))
    return (first, second, third), chance(first * scores + second * rules + third)


def measured(samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """Return which of *samples* stand for themselves."""
    return np.array([not sample.made and not sample.background for sample in samples])


def chance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chances that *scores* mean."""
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), np.float64)


def save(model: Model, path: Path) -> None:
    """Write *model* with weights of one byte each."""
    kinds = model.weights.reshape(KINDS, -1)
    scales = np.abs(kinds).max(axis=1) / 127
    whole = np.round(kinds / scales[:, np.newaxis]).astype(np.int8)
    join, corpus = np.array(model.join), np.array(model.corpus)
    np.savez_compressed(path, weights=whole, scales=scales, bias=model.bias, join=join, corpus=corpus)


def _regress(given: Table, known: Labels, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Descend by batches of windows, in a random order."""
    order = np.random.default_rng(11).permutation(np.flatnonzero(chosen))
    given, truth, worth = _in_order(given, order), known.attacks[order], known.worth[order]
    share = worth / np.where(truth, max(worth[truth].sum(), 1), max(worth[~truth].sum(), 1)) / 2 * BATCHES
    rows = np.linspace(0, len(order), BATCHES + 1).astype(np.int64)
    cells = np.searchsorted(given.rows, rows)
    weights, bias = np.zeros(KINDS << BITS), 0.0
    momentum, speed = np.zeros_like(weights), np.full_like(weights, 1e-8)
    for step in range(EPOCHS * BATCHES):
        batch = step % BATCHES
        first, last = rows[batch], rows[batch + 1]
        cell = slice(cells[batch], cells[batch + 1])
        part = Table(given.rows[cell] - first, given.numbers[cell], given.values[cell], given.texts[first:last])
        error = (chance(_scores(part, weights, bias)) - truth[first:last]) * share[first:last]
        slope = np.bincount(part.numbers, error[part.rows] * part.values, len(weights)) + PENALTY * weights
        momentum = 0.9 * momentum + 0.1 * slope
        speed = 0.99 * speed + 0.01 * slope * slope
        rate = RATE * (1 - step / (EPOCHS * BATCHES))
        weights -= rate * (momentum / (1 - 0.9 ** (step + 1))) / (np.sqrt(speed / (1 - 0.99 ** (step + 1))) + 1e-4)
        bias -= rate * float(error.sum())
    return weights, bias


def _in_order(given: Table, order: NDArray[np.int64]) -> Table:
    """Return the rows of *given* that *order* names, in that order."""
    place = np.full(len(given.texts), -1, np.int64)
    place[order] = np.arange(len(order))
    rows = place[given.rows]
    kept = np.flatnonzero(rows >= 0)
    kept = kept[np.argsort(rows[kept], kind="stable")]
    return Table(rows[kept], given.numbers[kept], given.values[kept], given.texts[order])


def _scores(given: Table, weights: NDArray[np.float64], bias: float) -> NDArray[np.float64]:
    sums = np.bincount(given.rows, weights[given.numbers] * given.values, len(given.texts))
    return np.asarray(sums + bias, np.float64)


def _best(given: Table, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    highest = np.full(int(given.texts.max()) + 1, -np.inf)
    np.maximum.at(highest, given.texts, scores)
    best: NDArray[np.bool_] = scores >= highest[given.texts]
    return best
