"""Reads a text backwards and with its letters turned back, where that says more."""

import codecs
import re
from collections.abc import Iterator, Sequence
from string import ascii_lowercase as letters
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from luna.modules.assistantia.normalise import View
from luna.modules.assistantia.stems import STEMS, count, tells_more

TURNED_STEMS: Final = 29
"""How many parts of words are also looked for turned."""
PIECE: Final = 5
"""How many letters of them are looked for at first."""

_ORDINARY: Final = re.compile(
    r"\b(?:the|and|to|of|is|in|for|you|what|how|my|le|la|les|de|et|un|une|est|je|que|el|los|en|por|es|der|die|das|und|"
    r"ist|ich|mit|wie|ein|eine|zu)\b"
)
_CAESAR: Final = re.compile(r"\b(?:caesar|cesar|cipher|chiffr|cifrad|shift|verschieb|verschob|rot[- ]?\d)")


class Turn(NamedTuple):
    """A way to turn a text, the stems as they are in a text that is turned so, and how these begin."""

    letters: dict[int, int]
    step: int
    stems: Sequence[str]
    begun: frozenset[str]

    def may_be_in(self, text: str, pieces: frozenset[str]) -> bool:
        """Tell whether *text*, which has *pieces*, has any of the stems."""
        return not self.begun.isdisjoint(pieces) and any(map(text.__contains__, self.stems))


def turned(view: View) -> Iterator[View]:
    """Yield *view* backwards and rotated, if known words come out of it."""
    text = view.text
    pieces = _pieces(text)
    for it in _TURNS:
        if it.may_be_in(text, pieces) and tells_more(said := text[:: it.step].translate(it.letters), text):
            yield View(text=said, starts=view.starts[:: it.step], ends=view.ends[:: it.step], hidden=True)
    if pieces and (not _ORDINARY.search(text) or _CAESAR.search(text)):
        for it in _SHIFTS:
            if not it.begun.isdisjoint(pieces) and count(said := text.translate(it.letters)) > count(text) + 1:
                yield View(text=said, starts=view.starts, ends=view.ends, hidden=True)


def _pieces(text: str) -> frozenset[str]:
    """Return the pieces of *text* that turned stems begin with."""
    found = np.flatnonzero(_MAY_BEGIN[_hashes(text)]).tolist()
    return _PIECES.intersection(text[place : place + PIECE] for place in found)


def _hashes(text: str) -> NDArray[np.uint32]:
    """Return a number for each piece of *text*, which a few others share."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    size = max(len(codes) - PIECE + 1, 0)
    hashes = codes[:size]
    for offset in range(1, PIECE):
        hashes = hashes * _MULTIPLIER + codes[offset : offset + size]
    return hashes >> np.uint32(32 - _HASH_BITS)


def _turning(turn: dict[int, int], step: int) -> Turn:
    back = {to: letter for letter, to in turn.items()}
    stems = [stem.translate(back)[::step] for stem in STEMS[:TURNED_STEMS]]
    return Turn(turn, step, stems, frozenset(stem[:PIECE] for stem in stems))


_TURNS: Final = (
    _turning({}, -1),
    _turning(str.maketrans(letters, codecs.encode(letters, "rot13")), 1),
    _turning(str.maketrans(letters, letters[::-1]), 1),
)
"""Backwards, rotated by half the alphabet, and with the alphabet backwards: each undoes itself."""
_HALF: Final = len(letters) // 2
_SHIFTS: Final = [
    _turning(str.maketrans(letters, letters[by:] + letters[:by]), 1) for by in range(1, 2 * _HALF) if by != _HALF
]
"""The other rotations."""
_PIECES: Final = frozenset[str]().union(*(it.begun for it in (*_TURNS, *_SHIFTS)))
_HASH_BITS: Final = 17
_MULTIPLIER: Final = np.uint32(0x9E3779B1)
_MAY_BEGIN: Final = np.zeros(1 << _HASH_BITS, np.bool_)
_MAY_BEGIN[_hashes("".join(sorted(_PIECES)))[::PIECE]] = True
"""Whether one of the pieces has a number: few others are ever cut out of a text."""
