"""Remembers which keys a table may hold, in eight bytes a key."""

from collections.abc import Iterable
from typing import Any

import numpy as np

_RECENT_MAX = 20_000


class KnownKeys:
    """Says of a key that the table does not hold it, or that it may.

    A row that is certainly new can be added without looking, which is many
    times cheaper than merging. Keys that were removed stay known: merging is
    right for them too.
    """

    def __init__(self, marks: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        self._settled = np.sort(marks)
        self._recent: set[int] = set()

    def add(self, marks: Iterable[int]) -> None:
        """Learn that *marks* are there."""
        self._recent.update(marks)
        if len(self._recent) > _RECENT_MAX:
            recent = np.fromiter(self._recent, np.int64, len(self._recent))
            self._settled = np.sort(np.concatenate([self._settled, recent]))
            self._recent.clear()

    def among(self, marks: list[int]) -> list[bool]:
        """Return for each of *marks* whether it may be there."""
        wanted = np.array(marks, np.int64)
        places = np.searchsorted(self._settled, wanted)
        found = np.zeros(len(marks), bool)
        inside = places < len(self._settled)
        found[inside] = self._settled[places[inside]] == wanted[inside]
        return [bool(old) or each in self._recent for old, each in zip(found, marks, strict=True)]
