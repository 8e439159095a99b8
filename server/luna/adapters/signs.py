"""Says which vectors may be nearest by the signs of their numbers, which are a thirtieth of the vectors to read."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from luna.kernel.embedding import Vectors

_WORD: Final = 64


class Signs:
    """The signs of vectors, a bit each, at the places of the vectors.

    The smaller the angle between two vectors, the fewer signs differ (Charikar, "Similarity estimation techniques
    from rounding algorithms", 2002).
    """

    def __init__(self, dimension: int, places: int) -> None:
        # A row is the same 64 numbers of all vectors: few long rows are gone through quicker than many short ones.
        self._words = np.zeros((-(-dimension // _WORD), places), np.uint64)

    def put(self, places: slice | list[int], vectors: Vectors) -> None:
        """Remember those of *vectors*, ``(len(places), dimension)``."""
        self._words[:, places] = self._spelled(vectors).T

    def nearest(self, vector: Vectors, among: NDArray[np.bool_], count: int) -> NDArray[Any]:
        """Return *count* places or a few more, out of those *among* the first, whose signs differ least."""
        differing = np.zeros(len(among), np.uint16)
        for word, wanted in zip(self._words, self._spelled(vector[None])[0], strict=True):
            differing += np.bitwise_count(word[: len(among)] ^ wanted)
        so_many = np.cumsum(np.bincount(differing[among]))
        return np.flatnonzero(among & (differing <= np.searchsorted(so_many, count)))

    def _spelled(self, vectors: Vectors) -> NDArray[np.uint64]:
        packed = np.zeros((len(vectors), len(self._words) * _WORD // 8), np.uint8)
        signs = np.packbits(vectors > 0, axis=1)
        packed[:, : signs.shape[1]] = signs
        return packed.view(np.uint64)
