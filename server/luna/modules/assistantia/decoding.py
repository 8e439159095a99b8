"""Decodes what is encoded in a text, in its place: base64, hexadecimal, URL, Morse and others."""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from string import ascii_lowercase, digits
from typing import Final, NamedTuple
from urllib.parse import unquote

from luna.modules.assistantia.normalise import View, plain

CHUNKS_MAX: Final = 16
"""How many encoded pieces of one text and coding are decoded."""
CHUNK_CHARACTERS_MAX: Final = 8192
DEPTH_MAX: Final = 3
"""How often what was decoded is decoded again."""
LETTERS_LEAST: Final = 0.75
"""The share of letters and spaces in what was encoded by a person."""

LONG_WORD: Final = 16
"""How many letters what is encoded has at least, without a space."""
DIGITS_LEAST: Final = 6
"""How many digits what is encoded in numbers has at least."""
DIFFERENT_LEAST: Final = 4
"""How many different letters are in Morse that is meant as such."""

_MORSE_LETTERS: Final = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    ".---- ..--- ...-- ....- ..... -.... --... ---.. ----. -----"
)
_CODE: Final = dict(zip(_MORSE_LETTERS.split(), "abcdefghijklmnopqrstuvwxyz1234567890", strict=True))
_MARKS: Final = str.maketrans("·•∙–—−_", "...----")  # noqa: RUF001  letters that look like others are the point


class Coding(NamedTuple):
    """A way to encode, and a sign that is in what is encoded so, and how many times at least."""

    pattern: re.Pattern[str]
    decode: Callable[[str], str]
    sign: str = ""
    times: int = 0


class Piece(NamedTuple):
    """A range of a text, and what it says."""

    start: int
    end: int
    text: str


def decoded(text: str, depth: int = DEPTH_MAX) -> View | None:
    """Return *text* with what is encoded in it decoded, or nothing if nothing is."""
    pieces = _pieces(text)
    if not pieces:
        return None
    said, starts, ends, place = list[str](), list[int](), list[int](), 0
    for piece in [*pieces, Piece(len(text), len(text), "")]:
        between = plain(text[place : piece.start])
        inner = (decoded(piece.text, depth - 1) if depth > 1 else None) or plain(piece.text)
        said += [between.text, " ", inner.text, " "]
        starts += [place + start for start in between.starts] + [piece.start] * (len(inner.text) + 2)
        ends += [place + end for end in between.ends] + [piece.end] * (len(inner.text) + 2)
        place = piece.end
    return View(text="".join(said)[:-2], starts=starts[:-2], ends=ends[:-2], hidden=True)


def _pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    for has, codings in _CODINGS:
        if has(text):
            for coding in codings:
                found += islice(_decoded_by(coding, text), CHUNKS_MAX)
    kept: list[Piece] = []
    for piece in sorted(found):
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
    return kept


def _decoded_by(coding: Coding, text: str) -> Iterator[Piece]:
    if text.count(coding.sign) < coding.times:
        return
    for chunk in coding.pattern.finditer(text):
        said = coding.decode(chunk[0][:CHUNK_CHARACTERS_MAX])
        if said:
            yield Piece(*chunk.span(), said)


def _from_base64(chunk: str) -> str:
    body = re.sub(r"\s", "", chunk).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _readable(base64.b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4)))
    except binascii.Error:
        return ""


def _from_base32(chunk: str) -> str:
    body = chunk.rstrip("=")
    try:
        return _readable(base64.b32decode(body + "=" * (-len(body) % 8)))
    except binascii.Error:
        return ""


def _from_hex(chunk: str) -> str:
    return _readable(bytes.fromhex(re.sub(r"\\x|0x|[^0-9a-fA-F]", "", chunk)))


def _from_bits(chunk: str) -> str:
    bits = re.sub(r"[^01]", "", chunk)
    return _readable(bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits) - 7, 8)))


def _from_codes(chunk: str) -> str:
    try:
        return _readable(bytes(int(code) for code in re.findall(r"\d+", chunk)))
    except ValueError:
        return ""


def _from_numbers(chunk: str) -> str:
    words = [[int(number) for number in re.findall(r"\d+", word)] for word in re.split(r"[ /|]+", chunk)]
    if any(not 1 <= number <= len(ascii_lowercase) for word in words for number in word):
        return ""
    return " ".join("".join(ascii_lowercase[number - 1] for number in word) for word in words)


def _from_morse(chunk: str) -> str:
    words = re.split(r" ?[/|] ?| {2,}|\n", chunk.translate(_MARKS))
    said = " ".join("".join(_CODE.get(letter, "") for letter in word.split()) for word in words)
    # A line of dots or dashes is no word.
    return said if len(set(said)) >= DIFFERENT_LEAST else ""


def _from_escapes(chunk: str) -> str:
    return re.sub(r"\\u\{?([0-9a-fA-F]{1,5})\}?", lambda found: chr(int(found[1], 16)), chunk)


def _from_url(chunk: str) -> str:
    return unquote(chunk.replace("+", " "))


def _readable(said: bytes) -> str:
    try:
        text = said.decode()
    except UnicodeDecodeError:
        return ""
    letters = sum(letter.isalpha() or letter.isspace() for letter in text)
    printable = text.isprintable() or "\n" in text
    return text if printable and letters >= LETTERS_LEAST * len(text) else ""


def _has_long_word(text: str) -> bool:
    return max(map(len, text.split()), default=0) >= LONG_WORD


def _has_digits(text: str) -> bool:
    return sum(map(text.count, digits)) >= DIGITS_LEAST


def _has_escapes(text: str) -> bool:
    return "%" in text or "&" in text or "\\" in text


def _has_morse(text: str) -> bool:
    return any(map(text.__contains__, _DASHES))


_DASHES: Final = (".-", "-.", ". .", "- -", *"·•∙−")  # noqa: RUF001
# Patterns that begin with digits or capitals look back after the first of them: nothing is tried where none stands.
_CODINGS: Final[Sequence[tuple[Callable[[str], bool], Sequence[Coding]]]] = (
    (
        _has_long_word,
        (
            Coding(re.compile(r"(?<![\w+/])[A-Za-z0-9+/_-]{16,}(?:\n[A-Za-z0-9+/_-]{16,})*={0,2}"), _from_base64),
            Coding(re.compile(r"[A-Z2-7](?<![\w+/].)[A-Z2-7]{23,}={0,6}(?!\w)"), _from_base32),
        ),
    ),
    (
        _has_digits,
        (
            Coding(re.compile(r"(?<!\w)(?:(?:\\x|0x)?[0-9a-fA-F]{2}[ ,:;]{0,2}){8,}"), _from_hex),
            Coding(re.compile(r"[01](?<!\w.)[01]{7}[ ,]?(?:[01]{8}[ ,]?){3,}"), _from_bits),
            Coding(re.compile(r"\d(?<![\w.].)\d{1,2}[ ,;]{1,2}(?:\d{2,3}[ ,;]{1,2}){6,}\d{2,3}(?!\w)"), _from_codes),
            Coding(
                re.compile(r"\d(?<![\w-].)\d?-(?:\d{1,2}-)+\d{1,2}(?:[ /|]+(?:\d{1,2}-)*\d{1,2}(?!\w))+"),
                _from_numbers,
                "-",
                2,
            ),
        ),
    ),
    (
        _has_escapes,
        (
            Coding(re.compile(r"(?:%[0-9a-fA-F]{2}[\w.+-]{0,20}){3,}"), _from_url, "%", 3),
            Coding(re.compile(r"(?:&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|\w{2,8});[\w ]?){3,}"), html.unescape, "&", 3),
            Coding(
                re.compile(r"(?:\\u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]{1,5}\})[\w ]{0,20}){3,}"), _from_escapes, "\\u", 3
            ),
        ),
    ),
    (
        _has_morse,
        (Coding(re.compile(r"(?:[.\-·•∙–—−_]{1,5}(?: ?[/|] ?| {1,3}|\n)){6,}[.\-·•∙–—−_]{1,5}"), _from_morse),),  # noqa: RUF001
    ),
)
"""By what a text has in it if anything is encoded so, which is cheap to look for."""
