"""Undoes letters in the wrong order, and lines of a word each."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from luna.modules.assistantia.cutting import words
from luna.modules.assistantia.normalise import View
from luna.modules.assistantia.stems import tells

LINES_LEAST: Final = 3
LINE_WORDS_MOST: Final = 2
"""How many words the lines of a text have on average that is read as one line."""
_WORD: Final = re.compile(r"[a-z]{5,}")


def respelled(view: View) -> View:
    """Return *view* with the letters of known words in order, and in one line if its lines are words."""
    said = _unwrapped(view.text)
    wrong = {word: right for word in _WORD.findall(said) if (right := _ordered(word)) != word}
    if wrong:
        said = _WORD.sub(lambda found: wrong.get(found[0], found[0]), said)
    return view if said == view.text else View(text=said, starts=view.starts, ends=view.ends, hidden=True)


def _unwrapped(text: str) -> str:
    lines = text.count("\n")
    if lines < LINES_LEAST or len(text.split()) > LINE_WORDS_MOST * lines:
        return text
    return text.replace("\n", " ")


@lru_cache(maxsize=8192)
def _ordered(word: str) -> str:
    return word if word in words() else _known().get(_letters(word), word)


@cache
def _known() -> Mapping[str, str]:
    """Return the words that tell, by their first letter, the others in order, and the last."""
    return {_letters(word): word for word in words() if tells(word)}


def _letters(word: str) -> str:
    return word[0] + "".join(sorted(word[1:-1])) + word[-1]
