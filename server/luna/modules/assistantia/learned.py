"""Scores a text by weights that were learned from texts, window by window."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from luna.modules.assistantia.features import features
from luna.modules.assistantia.matching import Found
from luna.modules.assistantia.quoting import Quote

SUM_MAX: Final = 30.0
MODEL_FILE: Final = Path(__file__).with_name("learned.npz")
WINDOWS: Final = (80, 160)
"""How many letters are judged together: an attack in a long document is not outweighed by the rest."""
LEAST: Final = 8
"""Shorter parts say nothing by themselves."""
MOST: Final = 320
SMOOTHING: Final = 40
SHORT: Final = 5
"""A part of this many letters counts half: a few letters are little evidence."""
WORDS_TOLD: Final = 48
"""How many letters a place that is told has at least."""

_SPACE, _LINE = ord(" "), ord("\n")
_STOPS: Final = np.array([chr(code) in ".!?\n" for code in range(128)])


class Window(NamedTuple):
    """The most suspicious part of a text, how much it looks like an attack, and the place in it that weighs most."""

    score: float
    start: int
    end: int
    told: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights of features, and how they are joined with the rules."""

    weights: NDArray[np.float32]
    bias: float
    join: tuple[float, float, float]
    """The weights of what is learned and of the rules, and what is added."""
    corpus: str
    """The checksum of the texts it was learned from."""

    def gains(self, text: str, concepts: Mapping[str, Found]) -> NDArray[np.float64]:
        """Return how much what begins at each letter of *text* speaks for an attack."""
        if not text:
            return np.zeros(0)
        found = features(text, concepts)
        return np.bincount(found.places, self.weights[found.numbers], len(text)).astype(np.float64, copy=False)

    def score(self, text: str, gains: NDArray[np.float64], quotes: Sequence[Quote]) -> Window:
        """Return the most suspicious window of *text*."""
        if not text:
            return Window(self.bias, 0, 0, (0, 0))
        gained = gains.copy() if quotes else gains
        for quote in quotes:
            gained[quote.start : quote.end] *= quote.worth
        sums = np.zeros(len(text) + 1)
        np.cumsum(gained, out=sums[1:])
        starts, ends = windows(text)
        scores = (sums[ends] - sums[starts]) * scale(ends - starts)
        best = int(scores.argmax())
        start, end = int(starts[best]), int(ends[best])
        return Window(float(scores[best]) + self.bias, start, end, _told(sums, start, end))

    def joined(self, learned: float, rules: float) -> float:
        """Return the chance of an attack, from what is learned and what the rules say."""
        return chance(self.join[0] * learned + self.join[1] * rules + self.join[2])


def chance(sum_: float) -> float:
    """Return the chance of an attack that *sum_* of weighted evidence means."""
    return 1 / (1 + math.exp(-max(min(sum_, SUM_MAX), -SUM_MAX)))


def load_model(path: Path = MODEL_FILE) -> Model:
    """Read a model."""
    with np.load(path, allow_pickle=False) as read:
        return Model(
            weights=(read["weights"] * read["scales"][:, np.newaxis]).ravel(),
            bias=float(read["bias"]),
            join=(float(read["join"][0]), float(read["join"][1]), float(read["join"][2])),
            corpus=str(read["corpus"]),
        )


def windows(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the parts of *text* begin and end that are judged: sentences, two together, and a few words."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    size = len(codes)
    edges = np.concatenate([[0], np.flatnonzero(_ends_sentence(codes)) + 1, [size]])
    starts = [edges[:-1], edges[:-2]]
    ends = [edges[1:], edges[2:]]
    for window in WINDOWS:
        starts.append(np.arange(0, max(size - window // 2, 1), window // 2))
        ends.append(np.minimum(starts[-1] + window, size))
    begun, ended = np.concatenate(starts), np.concatenate(ends)
    kept = (ended - begun >= LEAST) & (ended - begun <= MOST)
    return (begun[kept], ended[kept]) if kept.any() else (begun[-1:], ended[-1:])


def _ends_sentence(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    stops = _STOPS[np.minimum(codes, len(_STOPS) - 1)]
    # A stop within a word or a number ends nothing.
    stops[:-1] &= (codes[1:] <= _SPACE) | (codes[:-1] == _LINE)
    return stops


def scale(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return by how much the sums of windows of *sizes* are multiplied."""
    scaled: NDArray[np.float64] = sizes / (sizes + SHORT) / np.sqrt(sizes + SMOOTHING)
    return scaled


def _told(sums: NDArray[np.float64], start: int, end: int) -> tuple[int, int]:
    """Return the part of a window that weighs most."""
    size = min(WORDS_TOLD, end - start)
    gains = sums[start + size : end + 1] - sums[start : end + 1 - size]
    begin = start + int(gains.argmax())
    return begin, begin + size
