"""Turns labelled texts into the rows of features that the prompt guard learns from."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.guard_corpus import Sample
from luna.modules.assistantia.features import BITS, KINDS, features
from luna.modules.assistantia.guard import PromptGuard, Reading, quoted
from luna.modules.assistantia.learned import Model, scale, windows
from luna.modules.assistantia.lexicon import Lexicon
from luna.modules.assistantia.second_look import passage

KINDS_WORTH: Final = np.array([3.0, 2.0, 2.0, 1.2])
"""How much the kinds of features count: words and what they mean say more of other texts than letters do."""
NOTHING: Final = Model(weights=np.zeros(KINDS << BITS, np.float32), bias=0.0, join=(0.0, 1.0, 0.0), corpus="")


class Table(NamedTuple):
    """Windows of texts as rows of features."""

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    values: NDArray[np.float32]
    texts: NDArray[np.int64]
    """The text that each row is a part of."""
    passages: Sequence[str] = ()
    """What is around each row, for a second look."""


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
    rows, numbers, values, texts, passages = [], [], [], [], []
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
            passages.append(passage(text, start, end))
            count += 1
    return Table(np.concatenate(rows), np.concatenate(numbers), np.concatenate(values), np.array(texts), passages)
