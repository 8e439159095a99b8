"""Looks once more at what the guard is in doubt about: at what a passage means as a whole."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from luna.kernel.embedding import TextVectors
from luna.modules.assistantia.learned import chance

HEAD_FILE: Final = Path(__file__).with_name("second_look.npz")
PASSAGE: Final = 320
"""How many letters around the most suspicious window are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A network of one hidden layer that tells the vectors of attacks from others, and how that changes a chance."""

    inner: NDArray[np.float32]
    inner_bias: NDArray[np.float32]
    outer: NDArray[np.float32]
    join: tuple[float, float, float]
    """The weights of the first look and of this one, and what is added."""

    def scores(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how much each of *vectors* is like those of attacks."""
        said: NDArray[np.float32] = np.maximum(vectors @ self.inner + self.inner_bias, 0) @ self.outer
        return said

    def chance(self, first: float, score: float) -> float:
        """Return the chance of an attack, from the one at *first* look and the *score*."""
        return chance(self.join[0] * math.log(first / (1 - first)) + self.join[1] * score + self.join[2])


class SecondLook:
    """A head, and what makes the vectors that it was learned from."""

    def __init__(self, head: Head, meaning: TextVectors) -> None:
        self._head = head
        self._meaning = meaning

    def chance(self, first: float, passage: str) -> float:
        """Return the chance that *passage* is an attack, which was *first* at first look.

        Raises:
            EmbedderModelError: the model cannot be loaded.

        """
        return self._head.chance(first, float(self._head.scores(self._meaning.vectors([passage]))[0]))


def load_head(path: Path = HEAD_FILE) -> Head:
    """Read a head."""
    with np.load(path, allow_pickle=False) as read:
        return Head(
            inner=read["inner"].astype(np.float32),
            inner_bias=read["inner_bias"],
            outer=read["outer"],
            join=(float(read["join"][0]), float(read["join"][1]), float(read["join"][2])),
        )


def passage(text: str, start: int, end: int) -> str:
    """Return what is looked at of *text* for the window from *start* to *end*."""
    begin = max(min(start - (PASSAGE - (end - start)) // 2, len(text) - PASSAGE), 0)
    return text[begin : begin + PASSAGE]
