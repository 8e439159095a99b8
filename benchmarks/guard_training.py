"""Learns the weights of the prompt guard from labelled texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.guard_corpus import Sample
from luna.modules.assistantia.features import BITS, KINDS, features
from luna.modules.assistantia.guard import PromptGuard, Reading, quoted
from luna.modules.assistantia.learned import Model, scale, windows
from luna.modules.assistantia.lexicon import Lexicon

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
KINDS_WORTH: Final = np.array([3.0, 2.0, 2.0, 1.2])
"""How much the kinds of features count: words and what they mean say more of other texts than letters do."""
HELD: Final = 3
RULES_LEAST: Final = 3.5
"""How much what the rules think counts at least."""
REFUSED_BY_MISTAKE: Final = 0.024
"""The share of ordinary texts, held out, that the level MEDIUM may refuse."""


class Table(NamedTuple):
    """Windows of texts as rows of features."""

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    values: NDArray[np.float32]
    texts: NDArray[np.int64]
    """The text that each row is a part of."""


class Labels(NamedTuple):
    """What is known of texts: whether each is an attack, how much it counts, and whether it is of a document."""

    attacks: NDArray[np.bool_]
    worth: NDArray[np.float64]
    background: NDArray[np.bool_]

    def of(self, texts: NDArray[np.int64]) -> "Labels":
        """Return what is known of these *texts*."""
        return Labels(self.attacks[texts], self.worth[texts], self.background[texts])


NOTHING: Final = Model(weights=np.zeros(KINDS << BITS, np.float32), bias=0.0, join=(0.0, 1.0, 0.0), corpus="")


def read_by(lexicon: Lexicon, samples: Sequence[Sample]) -> Sequence[Sequence[Reading]]:
    """Return the ways to read each of *samples*."""
    guard = PromptGuard(lexicon, NOTHING)
    return [quoted(sample.text, guard.readings(sample.text)) for sample in samples]


def ruled(lexicon: Lexicon, readings: Sequence[Sequence[Reading]]) -> NDArray[np.float64]:
    """Return what the rules alone think of each text."""
    guard = PromptGuard(lexicon, NOTHING)
    return np.array([guard.ruled(several).chance for several in readings])


def table(readings: Sequence[Sequence[Reading]]) -> Table:
    """Return the windows of all ways to read texts."""
    rows, numbers, values, texts = [], [], [], []
    count = 0
    for index, reading in ((index, one) for index, several in enumerate(readings) for one in several):
        text = reading.view.text
        if not text:
            continue
        found = features(text, reading.hits)
        worth = np.ones(len(text))
        for quote in reading.quotes:
            worth[quote.start : quote.end] *= quote.worth
        order = np.argsort(found.places, kind="stable")
        places, sorted_numbers = found.places[order], found.numbers[order]
        for start, end in sorted(set(zip(*windows(text), strict=True))):
            first, last = np.searchsorted(places, (start, end))
            kept, which = np.unique(sorted_numbers[first:last], return_inverse=True)
            rows.append(np.full(len(kept), count, np.int32))
            numbers.append(kept.astype(np.int32))
            amounts = np.bincount(which, worth[places[first:last]], len(kept)) * scale(np.array(end - start))
            values.append((amounts * KINDS_WORTH[kept >> BITS]).astype(np.float32))
            texts.append(index)
            count += 1
    return Table(np.concatenate(rows), np.concatenate(numbers), np.concatenate(values), np.array(texts))


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


def learned(given: Table, weights: NDArray[np.float64], bias: float, count: int) -> NDArray[np.float64]:
    """Return the score of the most suspicious window of each of *count* texts."""
    found = np.full(count, -np.inf)
    np.maximum.at(found, given.texts, _scores(given, weights, bias))
    return found


def held_out(samples: Sequence[Sample], given: Table, parts: Sequence[int] = range(HELD)) -> NDArray[np.float64]:
    """Return the score of each text of *parts* by weights that were learned without its family in its language."""
    keys = sorted({sample.together for sample in samples if not sample.background})
    order = np.random.default_rng(7).permutation(len(keys))
    fold = {name: int(order[place]) % HELD for place, name in enumerate(keys)}
    # Documents come after the families, so that these stay together whatever documents there are.
    pages = sorted({sample.together for sample in samples if sample.background})
    fold |= {name: place % HELD for place, name in enumerate(pages)}
    folds = np.array([fold[sample.together] for sample in samples])
    found = np.full(len(samples), np.nan)
    for held in parts:
        weights, bias = fit(given, labels(samples), folds != held)
        found = np.where(folds == held, learned(given, weights, bias, len(samples)), found)
    return found


def join(
    scores: NDArray[np.float64], rules: NDArray[np.float64], attacks: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return how scores that were learned and those of the rules are best put together."""
    columns = np.stack([scores, rules, np.ones(len(scores))], axis=1)
    weights = np.zeros(3)
    for _ in range(50):
        chance = _chance(columns @ weights)
        slope = columns.T @ (chance - attacks) + 0.1 * weights
        curve = (columns * (chance * (1 - chance))[:, None]).T @ columns + 0.1 * np.eye(3)
        weights -= np.linalg.solve(curve, slope)
    # Ordinary texts here are hard ones, which rules suspect more often than those of every day.
    return float(weights[0]), max(float(weights[1]), RULES_LEAST), float(weights[2])


def make(samples: Sequence[Sample], lexicon: Lexicon, corpus: str) -> Model:
    """Learn a model from *samples*. How it is joined with the rules is learned from texts that were held out."""
    readings = read_by(lexicon, samples)
    given = table(readings)
    joining, _ = joined(samples, given, ruled(lexicon, readings))
    weights, bias = fit(given, labels(samples), np.ones(len(samples), np.bool_))
    weights *= np.repeat(KINDS_WORTH, 1 << BITS)
    return Model(weights=weights.astype(np.float32), bias=bias, join=joining, corpus=corpus)


def joined(
    samples: Sequence[Sample], given: Table, rules: NDArray[np.float64]
) -> tuple[tuple[float, float, float], NDArray[np.float64]]:
    """Return the joining of what is learned and the rules, and the chance that it gives each text while held out.

    A half is the chance above which so many ordinary texts are as may be refused by mistake.
    """
    scores = held_out(samples, given)
    attacks = np.array([sample.attack for sample in samples])
    real = np.array([not sample.made and not sample.background for sample in samples])
    first, second, third = join(scores[real], rules[real], attacks[real])
    sums = first * scores + second * rules + third
    third -= float(np.quantile(sums[real & ~attacks], 1 - REFUSED_BY_MISTAKE))
    return (first, second, third), _chance(first * scores + second * rules + third)


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
        error = (_chance(_scores(part, weights, bias)) - truth[first:last]) * share[first:last]
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


def _chance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), np.float64)
