"""Writes a text in the plainest letters, and remembers where each of them came from."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_LOOK_ALIKE: Final = str.maketrans(
    "абвгеёзикмнопрстухіїјѕһԁѵαβεηικνορτυχϲ’‘ʼ`ıłøđß",  # noqa: RUF001  letters that look like others are the point
    "abbreezukmhonpctyxiijshdvabenikvoptuxc''''ilods",
)
_DROPPED: Final = frozenset({"Cf", "Mn", "Me", "Cc"})
_KEPT: Final = "\n\r\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A way to read a text. Every character of it covers a range of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    hidden: bool = False
    """Whether the text has to be decoded to be read like this."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the original that characters from *start* to *end* come from."""
        return min(self.starts[start:end]), max(self.ends[start:end])


def unaccented(text: str) -> str:
    """Return *text* in small letters without accents; it may have another length."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def plain(text: str) -> View:
    """Return *text* in small letters without accents, look-alikes and what cannot be seen."""
    if text.isascii():
        return View(text=text.lower(), starts=range(len(text)), ends=range(1, len(text) + 1))
    letters: list[str] = []
    starts: list[int] = []
    for place, letter in enumerate(text):
        folded = _folded(letter)
        letters.append(folded)
        starts += [place] * len(folded)
    return View(text="".join(letters), starts=starts, ends=[start + 1 for start in starts])


@lru_cache(maxsize=65536)
def _folded(letter: str) -> str:
    if letter in _KEPT:
        return letter
    parts = unicodedata.normalize("NFKD", letter).lower().translate(_LOOK_ALIKE)
    return "".join(part for part in parts if unicodedata.category(part) not in _DROPPED)
