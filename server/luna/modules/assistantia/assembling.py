"""Puts the quoted pieces of a text together, where it asks for that."""

import re
from collections.abc import Iterator
from typing import Final

from luna.modules.assistantia.normalise import View
from luna.modules.assistantia.stems import tells

PIECES_LEAST: Final = 2
PIECES_SHARE: Final = 0.2
"""How much of a text pieces in quotes are that it wants put together."""
PIECES_MAX: Final = 32
"""How many quoted pieces are put together."""

_MARKS: Final = ("'", '"')
_PIECE: Final = re.compile(r"\"(?<!\"\")[^\"\n]{1,80}\"(?!\")|'(?<![a-z]')[^'\n]{1,80}'(?![a-z])")
_ASSEMBLED: Final = re.compile(
    r"[a-z0-9_\"'] ?\+ ?[a-z0-9_\"']|concat|\bjoin|combin|assembl|append|merge|together|\bunir|\bune\b|\bjunta|"
    r"\bcolle|bout a bout|zusammen|verkett|verbind|fug|aneinander"
)


def assembled(view: View) -> Iterator[View]:
    """Yield what the quoted pieces of a text are together, if it wants them put together."""
    if max(map(view.text.count, _MARKS)) < len(_MARKS) * PIECES_LEAST:
        return
    pieces = list(_PIECE.finditer(view.text))
    if not PIECES_LEAST <= len(pieces) <= PIECES_MAX:
        return
    places = [place for piece in pieces for place in range(piece.start() + 1, piece.end() - 1)]
    said = "".join(view.text[place] for place in places)
    if len(said) >= PIECES_SHARE * len(view.text) and tells(said) and _ASSEMBLED.search(view.text):
        starts, ends = [view.starts[place] for place in places], [view.ends[place] for place in places]
        yield View(text=said, starts=starts, ends=ends, hidden=True)
