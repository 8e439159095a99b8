"""Undoes disguises of a text: split words, letters written as digits, words without spaces, letters that are turned."""

import codecs
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_lowercase as letters
from typing import Final

from luna.modules.assistantia.cutting import LONG_WORD, cut
from luna.modules.assistantia.decoding import decoded
from luna.modules.assistantia.normalise import View, plain

WHOLE_CHARACTERS_MAX: Final = 16384
"""The longest text that is also read backwards, rotated and without spaces."""
TURNED_STEMS: Final = 22
"""How many parts of words are also looked for turned."""
PIECES_LEAST: Final = 2
PIECES_MAX: Final = 32
"""How many quoted pieces are put together."""
JOINED_MAX: Final = 32
"""How many runs of single letters of one text are joined."""

_STEMS: Final = (
    *("instru", "prompt", "ignor", "forget", "rules", "system", "reveal", "password", "secret", "restric", "disregard"),
    *(
        "consigne",
        "regles",
        "reglas",
        "regeln",
        "anweisung",
        "oublie",
        "olvida",
        "vergiss",
        "montre",
        "muestra",
        "geheim",
    ),
    *(
        "guideline",
        "directive",
        "filter",
        "bypass",
        "override",
        "revela",
        "revele",
        "previous",
        "precedent",
        "anterior",
    ),
    *(
        "verrat",
        "safety",
        "developer",
        "unrestr",
        "vorherig",
        "bisherig",
        "without",
        "contrasen",
        "passwort",
        "affiche",
    ),
    *("einschrank", "sicherheit", "securite", "seguridad", "jailbreak", "disable"),
)
"""Parts of words that show that a text has become readable."""
_ORDINARY: Final = re.compile(
    r"\b(?:the|and|to|of|is|in|for|you|what|how|my|le|la|les|de|et|un|une|est|je|que|el|los|en|por|es|der|die|das|und|"
    r"ist|ich|mit|wie|ein|eine|zu)\b"
)
_LEET: Final = str.maketrans("012345678@$!|+9", "oizeasgtbasiltg")
_LEET_ELSE: Final = str.maketrans("1!", "ll")
_LEET_SIGN: Final = re.compile(r"[0-9@$!|+](?:(?<=[a-z].)|(?=[a-z]))")
_LEET_WORD: Final = re.compile(r"(?<![a-z0-9@$!|+])(?:[a-z]+[0-9@$!|+]|[0-9@$|+]+[a-z])(?:[a-z0-9@$!|+]*[a-z0-9@$|+])?")
_SPLIT: Final = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,4}[^\W_]){3,}(?![^\W_])")
_SEPARATOR: Final = re.compile(r"[\W_]+")
_BROKEN: Final = re.compile(r"(?<![a-z])[a-z]+(?:(?:[-_.*|/+~^=#:]|[\"']\s?[+.&,]\s?[\"'])[a-z]+)+")
_BREAK: Final = re.compile(r"[-_.*|/+~^=#:](?<=[a-z].)(?=[a-z])|[\"']\s?[+.&,]\s?[\"']")
_NO_LETTERS: Final = re.compile(r"[^a-z]+")
_LONG: Final = re.compile(rf"(?<![a-z])[a-z]{{{LONG_WORD},}}")
_SHORT: Final = re.compile(r"(?:\b[a-z]{1,4} ){4}")
_PIECE: Final = re.compile(r"\"[^\"\n]{1,80}\"|(?<![a-z])'[^'\n]{1,80}'(?![a-z])")
_ASSEMBLED: Final = re.compile(
    r"[a-z0-9_\"'] ?\+ ?[a-z0-9_\"']|concat|\bjoin|combin|assembl|append|merge|together|\bunir|\bune\b|\bjunta|"
    r"\bcolle|bout a bout|zusammen|verkett|verbind|fug|aneinander"
)
_CAESAR: Final = (
    *("caesar", "cesar", "cipher", "chiffr", "cifrad", "shift", "verschieb", "verschob", "rot1", "rot-", "rot "),
)


def views(text: str) -> Iterator[View]:
    """Yield the ways to read *text*, the plain one first, then one without its disguises if it has any."""
    first = plain(text)
    yield first
    yield from _assembled(first)
    read = _unleeted(_rejoined(decoded(text) or first))
    if read is not first:
        yield read
    if len(read.text) <= WHOLE_CHARACTERS_MAX:
        yield from _turned(read)


def _assembled(view: View) -> Iterator[View]:
    """Yield what the quoted pieces of a text are together, if it wants them put together."""
    pieces = list(_PIECE.finditer(view.text)) if _ASSEMBLED.search(view.text) else []
    if not PIECES_LEAST <= len(pieces) <= PIECES_MAX:
        return
    places = [place for piece in pieces for place in range(piece.start() + 1, piece.end() - 1)]
    said = "".join(view.text[place] for place in places)
    if _tells(said):
        starts, ends = [view.starts[place] for place in places], [view.ends[place] for place in places]
        yield View(text=said, starts=starts, ends=ends, hidden=True)


def _rejoined(view: View) -> View:
    """Return *view* with letters joined that belong to one word, and words parted that do not."""
    gone, gaps = set[int](), set[int]()
    for run in list(_SPLIT.finditer(view.text))[:JOINED_MAX]:
        _join(view.text, run, gone, gaps)
    _mend(view.text, gone)
    _part(view.text, gaps)
    if not gone and not gaps and _SHORT.search(view.text):
        _close(view.text, gone, gaps)
    return _rewritten(view, gone, gaps) if gone or gaps else view


def _mend(text: str, gone: set[int]) -> None:
    """Take out what stands between the letters of words that it breaks."""
    if _BREAK.search(text):
        for found in _BROKEN.finditer(text):
            if _is_broken(found[0]):
                gone.update(place for place in range(*found.span()) if text[place] not in letters)


def _part(text: str, gaps: set[int]) -> None:
    """Part the words of what has no spaces."""
    if max(map(len, text.split()), default=0) >= LONG_WORD:
        for found in _LONG.finditer(text):
            gaps.update(_gaps(found[0], range(*found.span())))


@lru_cache(maxsize=4096)
def _is_broken(word: str) -> bool:
    mended = _NO_LETTERS.sub("", word)
    return _tells(mended) and _tells_more(mended, word)


def _join(text: str, run: re.Match[str], gone: set[int], gaps: set[int]) -> None:
    """Join the single letters of *run*; where they stand further apart, a word ends."""
    between = list(_SEPARATOR.finditer(text, *run.span()))
    least = min(len(found[0]) for found in between)
    ends = [found.end() for found in between if len(found[0]) > least]
    places = [place for place in range(*run.span()) if text[place].isalnum()]
    said = "".join(text[place] for place in places)
    if not ends:
        ends = _gaps(said.translate(_LEET), places)
        if not ends and not _tells(said.translate(_LEET)):
            return
    gone.update(place for found in between for place in range(*found.span()))
    gaps.update(ends)


def _close(text: str, gone: set[int], gaps: set[int]) -> None:
    """Take out all spaces, and cut what is left into words, if it says more so."""
    closed = text.replace(" ", "")
    if _count(closed) < _count(text) + 2:
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
    said, starts, ends = list[str](), list[int](), list[int]()
    for place, letter in enumerate(view.text):
        kept = (" " if place in gaps else "") + ("" if place in gone else letter)
        said.append(kept)
        starts += [view.starts[place]] * len(kept)
        ends += [view.ends[place]] * len(kept)
    return View(text="".join(said), starts=starts, ends=ends, hidden=True)


def _unleeted(view: View) -> View:
    if not _LEET_SIGN.search(view.text):
        return view
    words = {found[0]: _in_letters(found[0]) for found in _LEET_WORD.finditer(view.text)}
    if not any(map(_knows, words.values())):
        return view
    text = _LEET_WORD.sub(lambda found: words[found[0]], view.text)
    return View(text=text, starts=view.starts, ends=view.ends, hidden=True)


def _in_letters(word: str) -> str:
    if word[0] == "@" and word[1:].isalpha():
        # A name, or a decorator.
        return word[1:] if _tells(word) else word
    said = word.translate(_LEET)
    other = word.translate(_LEET_ELSE).translate(_LEET)
    return other if other != said and _knows(other) and not _knows(said) else said


def _knows(word: str) -> bool:
    return (len(word) > 1 and len(cut(word)) > 0) or _tells(word)


def _turned(view: View) -> Iterator[View]:
    text = view.text
    for turn, step, stems in _TURNS:
        if any(map(text.__contains__, stems)) and _tells_more(said := text[::step].translate(turn), text):
            yield View(text=said, starts=view.starts[::step], ends=view.ends[::step], hidden=True)
    if not _ORDINARY.search(text) or any(map(text.__contains__, _CAESAR)):
        for turn in _SHIFTS:
            if _count(said := text.translate(turn)) > _count(text) + 1:
                yield View(text=said, starts=view.starts, ends=view.ends, hidden=True)


def _tells_more(said: str, before: str) -> bool:
    return _count(said) > _count(before)


def _count(text: str) -> int:
    return sum(map(text.count, _STEMS))


def _tells(text: str) -> bool:
    return any(map(text.__contains__, _STEMS))


def _turning(turn: dict[int, int], step: int) -> tuple[dict[int, int], int, Sequence[str]]:
    return turn, step, [stem.translate(turn)[::step] for stem in _STEMS[:TURNED_STEMS]]


_TURNS: Final = (
    _turning({}, -1),
    _turning(str.maketrans(letters, codecs.encode(letters, "rot13")), 1),
    _turning(str.maketrans(letters, letters[::-1]), 1),
)
"""Backwards, rotated by half the alphabet, and with the alphabet backwards: each undoes itself."""
_HALF: Final = len(letters) // 2
_SHIFTS: Final = [str.maketrans(letters, letters[by:] + letters[:by]) for by in range(1, 2 * _HALF) if by != _HALF]
