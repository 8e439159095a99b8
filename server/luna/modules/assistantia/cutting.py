"""Cuts letters without spaces into words that are known."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Final

WORDS_FILE: Final = Path(__file__).with_name("words.txt")
LONG_WORD: Final = 18
"""Longer words may be several without spaces."""
CUT_MAX: Final = 400
"""How many letters are cut at most."""
UNKNOWN_MAX: Final = 0.2
"""The share of letters that may belong to no known word."""
_UNKNOWN_COST: Final = 2.0


@lru_cache(maxsize=4096)
def cut(letters: str) -> tuple[str, ...]:
    """Return the words that *letters* are made of; none if they are not made of known words."""
    if letters in words():
        return (letters,)
    size = min(len(letters), CUT_MAX)
    costs, lengths = [0.0], [0]
    for end in range(1, size + 1):
        cost, length = costs[end - 1] + _UNKNOWN_COST, 1
        for begin in range(max(0, end - _longest()), end):
            if costs[begin] + 1 < cost and letters[begin:end] in words():
                cost, length = costs[begin] + 1, end - begin
        costs.append(cost)
        lengths.append(length)
    pieces = list[str]()
    while size:
        pieces.append(letters[size - lengths[size] : size])
        size -= lengths[size]
    unknown = sum(piece not in words() for piece in pieces)
    return tuple(reversed(pieces)) if unknown <= UNKNOWN_MAX * min(len(letters), CUT_MAX) else ()


@cache
def words() -> frozenset[str]:
    """Return the words that are known."""
    return frozenset(WORDS_FILE.read_text(encoding="utf-8").split())


@cache
def _longest() -> int:
    return max(map(len, words()))
