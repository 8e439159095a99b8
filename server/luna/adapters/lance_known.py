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

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._settled = np.sort(np.fromiter((hash(key) for key in keys), np.int64))
        self._recent: set[int] = set()

    def add(self, hashes: Iterable[int]) -> None:
        """Learn that keys of these *hashes* are there."""
        self._recent.update(hashes)
        if len(self._recent) > _RECENT_MAX:
            # Put in where they belong: to sort a million anew would take three times as long, in the event loop.
            recent = np.sort(np.fromiter(self._recent, np.int64, len(self._recent)))
            self._settled = np.insert(self._settled, np.searchsorted(self._settled, recent), recent)
            self._recent.clear()

    def among(self, hashes: list[int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return for each of *hashes* whether a key that has it may be there."""
        wanted = np.array(hashes, np.int64)
        found = np.zeros(len(hashes), bool)
        if not self._recent.isdisjoint(hashes):
            found[:] = [each in self._recent for each in hashes]
        places = np.searchsorted(self._settled, wanted)
        inside = places < len(self._settled)
        found[inside] |= self._settled[places[inside]] == wanted[inside]
        return found
