"""Undoes disguises of a text: split words, letters written as digits, words without spaces, letters that are turned."""

import re
from bisect import bisect_left
from collections.abc import Container, Iterator
from functools import lru_cache
from string import ascii_lowercase as letters
from typing import Final

from luna.modules.assistantia.assembling import assembled
from luna.modules.assistantia.cutting import LONG_WORD, cut
from luna.modules.assistantia.decoding import decoded
from luna.modules.assistantia.normalise import View, plain
from luna.modules.assistantia.respelling import respelled
from luna.modules.assistantia.stems import count, tells, tells_more
from luna.modules.assistantia.turning import turned

LEET_LEAST: Final = 2
"""How many known words must appear where digits are taken for letters."""
PIECE_LETTERS: Final = 3
"""How many letters the words have on average that one without spaces is cut into."""
WHOLE_CHARACTERS_MAX: Final = 16384
"""The longest text that is also read backwards, rotated and without spaces."""
MARKS_LEAST: Final = 3
"""How many marks within words are no accident."""
TORN_LEAST: Final = 3
"""How many unknown words a run of short words has if it is a torn text."""
AROUND: Final = 320
"""How many letters around what is disguised are read again with it."""
JOINED_MAX: Final = 32
"""How many runs of single letters of one text are joined."""

_LEET: Final = str.maketrans("012345678@$!|+9", "oizeasgtbasiltg")
_LEET_ELSE: Final = str.maketrans("1!", "ll")
_LEET_INSIDE: Final = frozenset("0123456789@$!|+" + letters)
_LEET_SIGN: Final = re.compile(r"[0-9@$!|+](?:(?<=[a-z].)|(?=[a-z]))")
_LEET_WORD: Final = re.compile(r"(?<![a-z0-9@$!|+])(?:[a-z]+[0-9@$!|+]|[0-9@$|+]+[a-z])(?:[a-z0-9@$!|+]*[a-z0-9@$|+])?")
_SPLIT: Final = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,4}[^\W_]){3,}(?![^\W_])")
_SEPARATOR: Final = re.compile(r"[\W_]+")
_BROKEN: Final = re.compile(r"(?<![a-z])[a-z]+(?:(?:[-_.*|/+~^=#:]{1,3}|[\"']\s?[+.&,]\s?[\"'])[a-z]+)+")
_BREAK: Final = re.compile(r"[-_.*|/+~^=#:\"'](?<=[a-z].)(?:(?<![\"'])(?=[-_.*|/+~^=#:a-z])|(?<=[\"'])(?=\s?[+.&,]))")
"""Where a word may be broken."""
_MARK: Final = re.compile(r"\*\*|__|</?(?:b|i|u|em|strong|span|font|mark)(?: [^>\n]{0,60})?>")
_MARKS: Final = ("**", "__", "</")
_MARK_WITHIN: Final = re.compile(rf"(?<=[a-z])(?:{_MARK.pattern})(?=[a-z])")
_NO_LETTERS: Final = re.compile(r"[^a-z]+")
_LONG: Final = re.compile(rf"(?<![a-z])[a-z]{{{LONG_WORD},}}")
_SHORT: Final = re.compile(r"\b(?:[a-z]{1,4} ){4,12}")


def views(text: str) -> Iterator[View]:
    """Yield the ways to read *text*, the plain one first, then one without its disguises if it has any."""
    first = plain(text)
    yield first
    yield from assembled(first)
    read = respelled(_unleeted(_rejoined(decoded(text) or first)))
    if read is not first:
        yield _changed(read, first)
    if len(read.text) <= WHOLE_CHARACTERS_MAX:
        yield from turned(read)


def _changed(read: View, first: View) -> View:
    """Return the part of *read* that is not as in *first*, with what stands around it."""
    size = min(len(read.text), len(first.text))
    same = bisect_left(range(size), 1, key=lambda at: read.text[: at + 1] != first.text[: at + 1])
    left = bisect_left(range(size - same), 1, key=lambda at: read.text[-at - 1 :] != first.text[-at - 1 :])
    part = slice(max(same - AROUND, 0), len(read.text) - left + AROUND)
    return View(text=read.text[part], starts=list(read.starts[part]), ends=list(read.ends[part]), hidden=True)


def _rejoined(view: View) -> View:
    """Return *view* with letters joined that belong to one word, and words parted that do not."""
    gone, gaps = set[int](), set[int]()
    for run in list(_SPLIT.finditer(view.text))[:JOINED_MAX]:
        _join(view.text, run, gone, gaps)
    _mend(view.text, gone)
    _unmark(view.text, gone)
    _part(view.text, gaps)
    if not gone and not gaps and any(map(_is_torn, _SHORT.findall(view.text))):
        _close(view.text, gone, gaps)
    return _rewritten(view, gone, gaps) if gone or gaps else view


def _mend(text: str, gone: set[int]) -> None:
    """Take out what stands between the letters of words that it breaks."""
    for found in _around(_BREAK, _BROKEN, letters, text):
        if _is_broken(found[0]):
            gone.update(place for place in range(*found.span()) if text[place] not in letters)


def _around(sign: re.Pattern[str], word: re.Pattern[str], inside: Container[str], text: str) -> Iterator[re.Match[str]]:
    """Yield what *word* matches: letters *inside* it, then a *sign*; as signs are rare, they are looked for first."""
    done = 0
    for found in sign.finditer(text):
        begin = found.start()
        while begin > done and text[begin - 1] in inside:
            begin -= 1
        matched = word.match(text, begin) if begin >= done else None
        if matched:
            yield matched
        done = max(done, (matched or found).end())


def _unmark(text: str, gone: set[int]) -> None:
    """Take out marks of how letters look, if they stand within words."""
    if any(map(text.__contains__, _MARKS)) and len(_MARK_WITHIN.findall(text)) >= MARKS_LEAST:
        gone.update(place for found in _MARK.finditer(text) for place in range(*found.span()))


def _part(text: str, gaps: set[int]) -> None:
    """Part the words of what has no spaces."""
    if max(map(len, text.split()), default=0) >= LONG_WORD:
        for found in _LONG.finditer(text):
            if tells(found[0]):
                gaps.update(_gaps(found[0], range(*found.span())))


@lru_cache(maxsize=4096)
def _is_broken(word: str) -> bool:
    mended = _NO_LETTERS.sub("", word)
    return tells(mended) and tells_more(mended, word)


@lru_cache(maxsize=4096)
def _is_torn(run: str) -> bool:
    """Tell whether a *run* of short words has some that are none."""
    return sum(len(cut(word)) != 1 for word in run.split()) >= TORN_LEAST


def _join(text: str, run: re.Match[str], gone: set[int], gaps: set[int]) -> None:
    """Join the single letters of *run*; where they stand further apart, a word ends."""
    between = list(_SEPARATOR.finditer(text, *run.span()))
    least = min(len(found[0]) for found in between)
    ends = [found.end() for found in between if len(found[0]) > least]
    places = [place for place in range(*run.span()) if text[place].isalnum()]
    said = "".join(text[place] for place in places)
    if not ends:
        ends = _gaps(said.translate(_LEET), places)
        if not ends and not tells(said.translate(_LEET)):
            return
    gone.update(place for found in between for place in range(*found.span()))
    gaps.update(ends)


def _close(text: str, gone: set[int], gaps: set[int]) -> None:
    """Take out all spaces, and cut what is left into words, if it says more so."""
    closed = text.replace(" ", "")
    if count(closed) < count(text) + 2:
        return
    places = [place for place, letter in enumerate(text) if letter != " "]
    gone.update(place for place, letter in enumerate(text) if letter == " ")
    for found in re.finditer(r"[a-z]+", closed):
        start, end = found.span()
        gaps.update(_gaps(found[0], places[start:end]))
        gaps.add(places[start])


def _gaps(said: str, places: range | list[int]) -> list[int]:
    """Return the places at which the words of *said* begin, but the first."""
    begins, length = [], 0
    for word in cut(said):
        begins.append(places[length])
        length += len(word)
    return begins[1:]


def _rewritten(view: View, gone: set[int], gaps: set[int]) -> View:
    """Return *view* without the letters that are *gone*, and with spaces before those where there are *gaps*."""
    said, starts, ends, done = list[str](), list[int](), list[int](), 0
    for place in (*sorted(gone | gaps), len(view.text)):
        said.append(view.text[done:place])
        starts += view.starts[done:place]
        ends += view.ends[done:place]
        if place in gaps:
            said.append(" ")
            starts.append(view.starts[place])
            ends.append(view.ends[place])
        done = place + (place in gone)
    return View(text="".join(said), starts=starts, ends=ends, hidden=True)


def _unleeted(view: View) -> View:
    if not _LEET_SIGN.search(view.text):
        return view
    found = list(_around(_LEET_SIGN, _LEET_WORD, _LEET_INSIDE, view.text))
    words = {word: _in_letters(word) for word in {it[0] for it in found}}
    if sum(map(_knows, words.values())) < LEET_LEAST and not any(map(tells, words.values())):
        return view
    said, done = list[str](), 0
    for it in found:
        said += view.text[done : it.start()], words[it[0]]
        done = it.end()
    read = View(text="".join((*said, view.text[done:])), starts=view.starts, ends=view.ends, hidden=True)
    marks = {it.start() for it in found if _is_name(it[0]) and tells(it[0])}
    return _rewritten(read, marks, set()) if marks else read


def _is_name(word: str) -> bool:
    """Tell whether *word* is a name, or a decorator."""
    return word[0] == "@" and word[1:].isalpha()


def _in_letters(word: str) -> str:
    if _is_name(word):
        return word
    said = word.translate(_LEET)
    other = word.translate(_LEET_ELSE).translate(_LEET)
    return other if other != said and _knows(other) and not _knows(said) else said


def _knows(word: str) -> bool:
    pieces = len(cut(word))
    return len(word) >= (PIECE_LETTERS if pieces > 1 else 2) * pieces > 0 or tells(word)
