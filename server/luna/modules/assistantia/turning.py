"""Reads a text backwards and with its letters turned back, where that says more."""

import codecs
import re
from collections.abc import Iterator, Sequence
from string import ascii_lowercase as letters
from typing import Final

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


def turned(view: View) -> Iterator[View]:
    """Yield *view* backwards and rotated, if known words come out of it."""
    text = view.text
    for turn, step, stems in _TURNS:
        if any(map(text.__contains__, stems)) and tells_more(said := text[::step].translate(turn), text):
            yield View(text=said, starts=view.starts[::step], ends=view.ends[::step], hidden=True)
    if not _ORDINARY.search(text) or _CAESAR.search(text):
        pieces = {text[place : place + PIECE] for place in range(len(text))} & _PIECES
        for turn, begun in _SHIFTS if pieces else ():
            if not begun.isdisjoint(pieces) and count(said := text.translate(turn)) > count(text) + 1:
                yield View(text=said, starts=view.starts, ends=view.ends, hidden=True)


def _turning(turn: dict[int, int], step: int) -> tuple[dict[int, int], int, Sequence[str]]:
    back = {to: letter for letter, to in turn.items()}
    return turn, step, [stem.translate(back)[::step] for stem in STEMS[:TURNED_STEMS]]


_TURNS: Final = (
    _turning({}, -1),
    _turning(str.maketrans(letters, codecs.encode(letters, "rot13")), 1),
    _turning(str.maketrans(letters, letters[::-1]), 1),
)
"""Backwards, rotated by half the alphabet, and with the alphabet backwards: each undoes itself."""
_HALF: Final = len(letters) // 2
_SHIFTS: Final = [
    (turn, frozenset(stem[:PIECE] for stem in stems))
    for turn, _, stems in (
        _turning(str.maketrans(letters, letters[by:] + letters[:by]), 1) for by in range(1, 2 * _HALF) if by != _HALF
    )
]
"""The other rotations, and how the stems begin in them."""
_PIECES: Final = frozenset[str]().union(*(begun for _, begun in _SHIFTS))
