"""Finds which of a few texts have words of a question, and how well they fit (BM25)."""

import re
import unicodedata
from collections import Counter
from math import log
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_SATURATION: Final = 1.2
_LENGTH_WEIGHT: Final = 0.75
_WORD: Final = re.compile(r"[^\W_]+")
_WORD_LENGTH_MAX: Final = 40
_PLAIN: Final = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


class Words:
    """The words of texts, each text at a place."""

    def __init__(self, texts_max: int) -> None:
        self._counts: dict[int, Counter[str]] = {}
        """How often each word is in it."""
        self._with: dict[str, dict[int, int]] = {}
        """Where each word is, and how often."""
        self._lengths = np.zeros(texts_max)

    def put(self, place: int, text: str) -> None:
        """Learn *text*, instead of what was there before."""
        self.remove(place)
        counts = self._counts[place] = Counter(words_of(text))
        self._lengths[place] = counts.total()
        for word, count in counts.items():
            self._with.setdefault(word, {})[place] = count

    def remove(self, place: int) -> None:
        """Forget the text that is there, if any is."""
        for word in self._counts.pop(place, ()):
            del self._with[word][place]
            if not self._with[word]:
                del self._with[word]
        self._lengths[place] = 0

    def scores(self, question: str) -> NDArray[Any]:
        """Return how well the text at each place fits: 0 where it has no word of *question*."""
        scores, texts = np.zeros(len(self._lengths)), len(self._counts)
        if not texts:
            return scores
        norms = 1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * self._lengths * texts / max(1, self._lengths.sum())
        for word, times in Counter(words_of(question)).items():
            found = self._with.get(word, {})
            places = np.fromiter(found, np.intp, len(found))
            counts = np.fromiter(found.values(), np.float64, len(found))
            rarity = log(1 + (texts - len(found) + 0.5) / (len(found) + 0.5))
            scores[places] += times * rarity * counts * (_SATURATION + 1) / (counts + _SATURATION * norms[places])
        return scores


def words_of(text: str) -> list[str]:
    """Return the words of *text*, the same whatever their case and accents."""
    if not text.isascii():
        text = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    text = text.casefold().translate(_PLAIN)
    return [word for word in _WORD.findall(text) if len(word) <= _WORD_LENGTH_MAX]
