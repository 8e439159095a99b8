"""Scores a text by weights that were learned from texts, window by window."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from luna.modules.assistantia.features import features
from luna.modules.assistantia.matching import Found

MODEL_FILE: Final = Path(__file__).with_name("learned.npz")
WINDOWS: Final = (80, 160)
"""How many letters are judged together: an attack in a long document is not outweighed by the rest."""
SMOOTHING: Final = 40
FEW: Final = 2000
"""Texts of fewer features are too short to hide anything by repeating."""
REPEATED: Final = 8
"""How often a harmless feature counts in one text: repeating it does not hide an attack."""
WORDS_TOLD: Final = 48
"""How many letters a place that is told has at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights of features, and how they are joined with the rules."""

    weights: NDArray[np.float32]
    bias: float
    join: tuple[float, float, float]
    """The weights of what is learned and of the rules, and what is added."""
    corpus: str
    """The checksum of the texts it was learned from."""

    def score(self, text: str, concepts: Mapping[str, Found]) -> tuple[float, int, int]:
        """Return how much the most suspicious window of *text* looks like an attack, and where that is."""
        if not text:
            return self.bias, 0, 0
        found = features(text, concepts)
        gained = np.bincount(found.places, self._weighed(found.numbers), len(text))
        sums = np.concatenate([[0.0], np.cumsum(gained)])
        starts, ends = windows(len(text))
        scores = (sums[ends] - sums[starts]) * scale(ends - starts) + self.bias
        best = int(scores.argmax())
        return float(scores[best]), *_told(sums, int(starts[best]), int(ends[best]))

    def _weighed(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the weight of each feature; what speaks for a text counts no more often than a few times."""
        weights = self.weights[numbers]
        if len(numbers) < FEW:
            return weights
        often = REPEATED / np.maximum(np.bincount(numbers, minlength=len(self.weights))[numbers], REPEATED)
        weighed: NDArray[np.float32] = np.where(weights < 0, weights * often, weights).astype(np.float32)
        return weighed

    def joined(self, learned: float, rules: float) -> float:
        """Return the chance of an attack, from what is learned and what the rules say."""
        return float(1 / (1 + np.exp(-(self.join[0] * learned + self.join[1] * rules + self.join[2]))))


def load_model(path: Path = MODEL_FILE) -> Model:
    """Read a model."""
    with np.load(path, allow_pickle=False) as read:
        return Model(
            weights=read["weights"].astype(np.float32) * np.float32(read["scale"]),
            bias=float(read["bias"]),
            join=(float(read["join"][0]), float(read["join"][1]), float(read["join"][2])),
            corpus=str(read["corpus"]),
        )


def windows(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the windows of a text of *size* letters begin and end."""
    starts = [np.arange(0, max(size - window // 2, 1), window // 2) for window in WINDOWS]
    ends = [np.minimum(begin + window, size) for begin, window in zip(starts, WINDOWS, strict=True)]
    return np.concatenate(starts), np.concatenate(ends)


def scale(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return by how much the sums of windows of *sizes* are multiplied."""
    scaled: NDArray[np.float64] = 1 / np.sqrt(sizes + SMOOTHING)
    return scaled


def _told(sums: NDArray[np.float64], start: int, end: int) -> tuple[int, int]:
    """Return the part of a window that weighs most."""
    size = min(WORDS_TOLD, end - start)
    gains = sums[start + size : end + 1] - sums[start : end + 1 - size]
    begin = start + int(gains.argmax())
    return begin, begin + size
