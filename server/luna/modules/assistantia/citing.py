"""Finds what a text that is still being written cites. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from luna.modules.assistantia.domain import Passage
from luna.modules.assistantia.draft import Part

_MARKER: Final = re.compile(r"\s?\[(\d{1,3}(?:\s?,\s?\d{1,3})*)\]")
_OPEN: Final = re.compile(r"\[[\d,\s]{0,40}$")


def uncited(text: str) -> str:
    """Return *text* without what refers to passages."""
    return _MARKER.sub("", text)


class Citer:
    """Follows a text, and names each of the numbered passages when the text first refers to it, such as by ``[2]``."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._named: set[int] = set()
        self._open = ""
        """The end of the text so far, where it may be the beginning of a reference."""

    def read(self, text: str) -> Iterator[Part]:
        """Yield *text*, which comes next, and after it what it cites for the first time."""
        seen = self._open + text
        begun = _OPEN.search(seen)
        self._open = begun[0] if begun else ""
        cited = list(self._new(seen))
        yield Part(text=text, number=cited[0][0], citation=cited[0][1]) if cited else Part(text=text)
        for number, passage in cited[1:]:
            yield Part(text="", number=number, citation=passage)

    def _new(self, text: str) -> Iterator[tuple[int, Passage]]:
        for marker in _MARKER.finditer(text):
            for number in map(int, marker[1].split(",")):
                if 1 <= number <= len(self._passages) and number not in self._named:
                    self._named.add(number)
                    yield number, self._passages[number - 1]
