"""Learns the weights of features from labelled texts. Nothing of this runs in a node."""

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from luna.modules.assistantia.decoding import views
from luna.modules.assistantia.features import BITS, features
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.learned import Model, scale, windows
from luna.modules.assistantia.lexicon import Lexicon
from luna.modules.assistantia.matching import concepts

STEPS: Final = 120
RATE: Final = 0.5
PENALTY: Final = 2e-5
ROUNDS: Final = 2
"""How often the most suspicious window of each attack is chosen anew."""
HELD: Final = 6
PATTERN_SAMPLES: Final = 24
NESTED_SHARE: Final = 0.5
REFUSED_BY_MISTAKE: Final = 0.02
"""The share of ordinary texts, held out, that the level MEDIUM may refuse."""
_OPEN: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A labelled text. Texts of one family are worded alike."""

    attack: bool
    language: str
    family: str
    text: str
    made: bool = False
    """Whether it is one of the texts that a pattern stands for: good to learn from, not to measure with."""


class Table(NamedTuple):
    """Windows of texts as rows of features."""

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    values: NDArray[np.float64]
    texts: NDArray[np.int64]
    """The text that each row is a part of."""


def read(folder: Path) -> list[Sample]:
    """Read all labelled texts below *folder*, in order."""
    samples = []
    for path in sorted(folder.glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            label, language, family, source, text = line.split("\t")
            made = source == "pattern"
            texts = expanded(text) if made else [unescaped(text)]
            attack = label == "attack"
            samples += [Sample(attack=attack, language=language, family=family, text=one, made=made) for one in texts]
    return samples + _nested(samples)


def _nested(samples: Sequence[Sample]) -> list[Sample]:
    """Return attacks with ordinary texts before and after them."""
    chance = random.Random(len(samples))  # noqa: S311  the same each time is the point
    around = [sample.text for sample in samples if not sample.attack]
    return [
        replace(sample, text=f"{chance.choice(around)} {sample.text} {chance.choice(around)}", made=True)
        for sample in samples
        if sample.attack and not sample.made and chance.random() < NESTED_SHARE
    ]


def expanded(pattern: str) -> list[str]:
    """Return some of the texts that *pattern* stands for; ``{a|b}`` is one of the two, and ``¦`` is ``|``."""
    chance = random.Random(pattern)  # noqa: S311  the same each time is the point
    texts = {_OPEN.sub(lambda found: chance.choice(found[1].split("|")), pattern) for _ in range(PATTERN_SAMPLES)}
    return sorted(text.replace("¦", "|") for text in texts)


def unescaped(text: str) -> str:
    """Return a text of a table as it was before."""
    return text.replace("\\n", "\n").replace("\\t", "\t")


def checksum(folder: Path) -> str:
    """Return what tells one corpus from another."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.tsv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def table(samples: Sequence[Sample], lexicon: Lexicon) -> Table:
    """Return the windows of all ways to read *samples*."""
    rows, numbers, values, texts = [], [], [], []
    count = 0
    for index, sample in enumerate(samples):
        for view in views(sample.text):
            if not view.text:
                continue
            found = features(view.text, concepts(view.text, lexicon))
            for start, end in zip(*windows(len(view.text)), strict=True):
                kept = np.unique(found.numbers[(found.places >= start) & (found.places < end)], return_counts=True)
                rows.append(np.full(len(kept[0]), count))
                numbers.append(kept[0])
                values.append(kept[1] * scale(np.array(end - start)))
                texts.append(index)
                count += 1
    return Table(np.concatenate(rows), np.concatenate(numbers), np.concatenate(values), np.array(texts))


def fit(given: Table, attacks: NDArray[np.bool_], used: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Return weights and a bias that tell the *attacks* of the *used* texts from the others."""
    truth = attacks[given.texts]
    chosen = used[given.texts]
    weights, bias = _regress(given, truth, chosen)
    for _ in range(ROUNDS - 1):
        best = _best(given, _scores(given, weights, bias))
        weights, bias = _regress(given, truth, chosen & (best | ~truth))
    return weights, bias


def learned(given: Table, weights: NDArray[np.float64], bias: float, count: int) -> NDArray[np.float64]:
    """Return the score of the most suspicious window of each of *count* texts."""
    found = np.full(count, -np.inf)
    np.maximum.at(found, given.texts, _scores(given, weights, bias))
    return found


def held_out(samples: Sequence[Sample], given: Table, parts: Sequence[int] = range(HELD)) -> NDArray[np.float64]:
    """Return the score of each text of *parts* by weights that were learned without its family in its language."""
    keys = sorted({held_together(sample) for sample in samples})
    order = np.random.default_rng(7).permutation(len(keys))
    fold = {name: int(order[place]) % HELD for place, name in enumerate(keys)}
    folds = np.array([fold[held_together(sample)] for sample in samples])
    attacks = np.array([sample.attack for sample in samples])
    found = np.full(len(samples), np.nan)
    for held in parts:
        weights, bias = fit(given, attacks, folds != held)
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
    return float(weights[0]), float(weights[1]), float(weights[2])


def make(samples: Sequence[Sample], lexicon: Lexicon, corpus: str) -> Model:
    """Learn a model from *samples*. How it is joined with the rules is learned from texts that were held out."""
    given = table(samples, lexicon)
    attacks = np.array([sample.attack for sample in samples])
    joining, _ = joined(samples, given, lexicon)
    weights, bias = fit(given, attacks, np.ones(len(samples), np.bool_))
    return Model(weights=weights.astype(np.float32), bias=bias, join=joining, corpus=corpus)


def joined(
    samples: Sequence[Sample], given: Table, lexicon: Lexicon
) -> tuple[tuple[float, float, float], NDArray[np.float64]]:
    """Return the joining of what is learned and the rules, and the chance that it gives each text while held out.

    A half is the chance above which one ordinary text in a hundred is.
    """
    nothing = Model(weights=np.zeros(1 << BITS, np.float32), bias=0.0, join=(0.0, 1.0, 0.0), corpus="")
    guard = PromptGuard(lexicon, nothing)
    ruled = np.array([guard.ruled(sample.text) for sample in samples])
    scores = held_out(samples, given)
    attacks = np.array([sample.attack for sample in samples])
    real = np.array([not sample.made for sample in samples])
    first, second, third = join(scores[real], ruled[real], attacks[real])
    sums = first * scores + second * ruled + third
    third -= float(np.quantile(sums[real & ~attacks], 1 - REFUSED_BY_MISTAKE))
    return (first, second, third), _chance(first * scores + second * ruled + third)


def held_together(sample: Sample) -> str:
    """Return what is held out together: a family in a language."""
    return f"{sample.language} {sample.family}"


def save(model: Model, path: Path) -> None:
    """Write *model* with weights of one byte each."""
    step = float(np.abs(model.weights).max()) / 127
    whole = np.round(model.weights / step).astype(np.int8)
    np.savez_compressed(
        path, weights=whole, scale=step, bias=model.bias, join=np.array(model.join), corpus=np.array(model.corpus)
    )


def _regress(given: Table, truth: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    weights = np.zeros(1 << BITS)
    bias = 0.0
    momentum, speed = np.zeros_like(weights), np.full_like(weights, 1e-8)
    share = np.where(truth, 1 / max((truth & chosen).sum(), 1), 1 / max((~truth & chosen).sum(), 1)) * chosen / 2
    for step in range(STEPS):
        error = (_chance(_scores(given, weights, bias)) - truth) * share
        slope = np.bincount(given.numbers, error[given.rows] * given.values, len(weights)) + PENALTY * weights
        momentum = 0.9 * momentum + 0.1 * slope
        speed = 0.99 * speed + 0.01 * slope * slope
        rate = RATE * (1 - step / STEPS)
        weights -= rate * (momentum / (1 - 0.9 ** (step + 1))) / (np.sqrt(speed / (1 - 0.99 ** (step + 1))) + 1e-4)
        bias -= rate * float(error.sum())
    return weights, bias


def _scores(given: Table, weights: NDArray[np.float64], bias: float) -> NDArray[np.float64]:
    return np.asarray(
        np.bincount(given.rows, weights[given.numbers] * given.values, len(given.texts)) + bias, np.float64
    )


def _best(given: Table, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    highest = np.full(int(given.texts.max()) + 1, -np.inf)
    np.maximum.at(highest, given.texts, scores)
    best: NDArray[np.bool_] = scores >= highest[given.texts]
    return best


def _chance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), np.float64)
