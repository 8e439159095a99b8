"""Reads what is hidden in a text: split words, letters written as digits, encodings, reversed text."""

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote

from luna.modules.assistantia.normalise import View, plain

CHUNKS_MAX: Final = 16
"""How many encoded pieces of one text are decoded."""
CHUNK_CHARACTERS_MAX: Final = 8192
WHOLE_CHARACTERS_MAX: Final = 16384
"""The longest text that is also read backwards and rotated."""

_TELLING: Final = (
    *("instru", "prompt", "guideline", "restrict", "directive", "filter", "your rules", "unrestricted", "mode"),
    *("consigne", "regles", "reglas", "anweisung", "regeln", "api key", "password", "ignor", "forget"),
    *("disregard", "bypass", "override", "oubli", "olvid", "vergiss", "reveal", "revel", "muestra", "system"),
)
"""Parts of words that show that a text has become readable."""
_LEET: Final = str.maketrans("0134578@$!|", "oieastbasil")
_LEET_WORD: Final = re.compile(r"[a-z0-9@$!|]++")
_SPLIT: Final = re.compile(r"(?<![^\W_])[^\W_](?:[ .\-_*|/+~]{1,3}[^\W_]){3,}(?![^\W_])")
_SEPARATOR: Final = re.compile(r"[ .\-_*|/+~]")
_BROKEN: Final = re.compile(r"(?<=[a-z])[-_.*|/+~](?=[a-z])")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX: Final = re.compile(r"(?:(?:\\x|0x)?[0-9a-fA-F]{2}[ ,]?){8,}")
_URL: Final = re.compile(r"(?:%[0-9a-fA-F]{2}[\w.+-]{0,20}){3,}")
_MORSE: Final = re.compile(r"(?:[.\-]{1,5}(?: ?/ ?| )){8,}[.\-]{1,5}")
_MORSE_LETTERS: Final = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
_CODE: Final = dict(zip(re.split(" ", _MORSE_LETTERS), "abcdefghijklmnopqrstuvwxyz", strict=True))


def views(text: str) -> Iterator[View]:
    """Yield the ways to read *text*, the plain one first."""
    first = plain(text)
    yield first
    yield from _rewritten(first)
    yield from _decoded(text)
    if len(first.text) <= WHOLE_CHARACTERS_MAX:
        for said, step in ((codecs.encode(first.text, "rot13"), 1), (first.text[::-1], -1)):
            if _tells_more(said, first.text):
                yield View(text=said, starts=first.starts[::step], ends=first.ends[::step], hidden=True)


def _rewritten(first: View) -> Iterator[View]:
    if _LEET_WORD.search(first.text):
        text = _LEET_WORD.sub(lambda found: found[0] if found[0].isdigit() else found[0].translate(_LEET), first.text)
        if _tells_more(text, first.text):
            yield View(text=text, starts=first.starts, ends=first.ends, hidden=True)
    for found in list(_SPLIT.finditer(first.text))[:CHUNKS_MAX]:
        yield _without(first, *found.span(), _SEPARATOR)
    if _tells_more(_BROKEN.sub("", first.text), first.text):
        yield _without(first, 0, len(first.text), _BROKEN)


def _tells_more(said: str, before: str) -> bool:
    return any(said.count(stem) > before.count(stem) for stem in _TELLING)


def _without(view: View, start: int, end: int, dropped: re.Pattern[str]) -> View:
    gone = {found.start() for found in dropped.finditer(view.text, start, end)}
    kept = [place for place in range(start, end) if place not in gone]
    return View(
        text="".join(view.text[place] for place in kept),
        starts=[view.starts[place] for place in kept],
        ends=[view.ends[place] for place in kept],
        hidden=True,
    )


def _decoded(text: str) -> Iterator[View]:
    for pattern, decode in _CODINGS:
        for found in list(pattern.finditer(text, 0, len(text)))[:CHUNKS_MAX]:
            said = decode(found[0][:CHUNK_CHARACTERS_MAX])
            if said:
                read = plain(said)
                size = len(read.text)
                yield View(text=read.text, starts=[found.start()] * size, ends=[found.end()] * size, hidden=True)


def _from_base64(chunk: str) -> str:
    body = chunk.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _readable(base64.b64decode(body + "=" * (-len(body) % 4), validate=True))
    except binascii.Error:
        return ""


def _from_hex(chunk: str) -> str:
    return _readable(bytes.fromhex(re.sub(r"\\x|0x|[ ,]", "", chunk)))


def _from_morse(chunk: str) -> str:
    words = re.split(r" ?/ ?", chunk)
    return " ".join("".join(_CODE.get(letter, "") for letter in word.split()) for word in words)


def _readable(said: bytes) -> str:
    try:
        text = said.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or "\n" in text else ""


_CODINGS: Final[tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]] = (
    (_BASE64, _from_base64),
    (_HEX, _from_hex),
    (_URL, lambda chunk: unquote(chunk.replace("+", " "))),
    (_MORSE, _from_morse),
)
