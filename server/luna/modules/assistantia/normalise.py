"""Writes a text in the plainest letters, and remembers where each of them came from."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from typing import Final

_LOOK_ALIKE: Final = str.maketrans(
    "абвгеёзикмнопрстухіїјѕһԁѵѡԛԝյոսօհցαβεηικνορτυχγϲ’‘ʼ`´ıłøđßæ…“”„«»–—•€¡¿⁄∕",  # noqa: RUF001  letters that look like others are the point
    "abbreezukmhonpctyxiijshdvwqwjnuohgabenikvoptuxyc'''''ilodsa.\"\"\"\"\"--*e!?//",
)
_NAMED: Final = re.compile(
    r"(?:LATIN|LISU|MODIFIER|NEGATIVE|REGIONAL|SQUARED)\b.*\bLETTER "
    r"(?:SMALL CAPITAL |SCRIPT |TURNED |OPEN |REVERSED )?([A-Z])(?: WITH .*)?"
)
"""What the letters are called that stand for a plain one without being made of it."""
_TAGS: Final = range(0xE0020, 0xE007F)
"""Letters that cannot be seen and are as many as those of ASCII."""
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
    letters = {ord(letter): folded(letter) for letter in set(text)}
    if all(len(letter) == 1 for letter in letters.values()):
        return View(text=text.translate(letters), starts=range(len(text)), ends=range(1, len(text) + 1))
    said = [letters[ord(letter)] for letter in text]
    starts = list(chain.from_iterable(map(repeat, range(len(text)), map(len, said))))
    return View(text="".join(said), starts=starts, ends=[start + 1 for start in starts])


@lru_cache(maxsize=65536)
def folded(letter: str) -> str:
    """Return what *letter* is in the plainest letters."""
    if letter in _KEPT:
        return letter
    if ord(letter) in _TAGS:
        return chr(ord(letter) - _TAGS.start + 0x20).lower()
    parts = unicodedata.normalize("NFKD", letter.translate(_LOOK_ALIKE)).lower().translate(_LOOK_ALIKE)
    kept = "".join(part for part in parts if unicodedata.category(part) not in _DROPPED)
    return kept if kept.isascii() else "".join(map(_named, kept))


def _named(letter: str) -> str:
    found = _NAMED.fullmatch(unicodedata.name(letter, ""))
    return found[1].lower() if found else letter
