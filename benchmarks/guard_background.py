"""Cuts documents that are there anyway into pieces: ordinary texts that nobody wrote with attacks in mind."""

import html
import random
import re
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from benchmarks.guard_corpus import Sample

BOOK: Final = Path("/usr/share/doc/debian-handbook/html")
"""A book in many languages: the package ``debian-handbook`` of Debian."""
EDITIONS: Final = {"en": "en-US", "fr": "fr-FR", "es": "es-ES", "de": "de-DE"}
OF_EDITION: Final = 500
OF_READMES: Final = 500
OF_LIBRARY: Final = 700
SIZES: Final = (150, 300, 600, 900)
"""How many letters pieces have."""
SHORTEST: Final = 100
LETTERS_LEAST: Final = 0.5
"""The share of letters that a piece has: fewer are a table or a picture."""
_UNSAID: Final = re.compile(r"<(script|style|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_BLOCK: Final = re.compile(r"</(?:p|li|h\d|pre|div)>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]+>")
_SPACES: Final = re.compile(r"[ \t]+")
_LINES: Final = re.compile(r"\s*\n\s*")


def background(book: Path = BOOK) -> list[Sample]:
    """Return pieces of *book*, of the descriptions of the packages that are installed, and of Python's own library."""
    samples = []
    for language, edition in EDITIONS.items():
        chapters = {path.name: _said(path) for path in sorted((book / edition).glob("*.html"))}
        samples += _some(chapters.items(), language, OF_EDITION)
    readmes = {it.name: str(it.metadata.json.get("description", "")) for it in distributions()}
    samples += _some(sorted(readmes.items()), "en", OF_READMES)
    modules = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return samples + _some(((path.name, path.read_text(encoding="utf-8")) for path in modules), "en", OF_LIBRARY)


def _some(documents: Iterable[tuple[str, str]], language: str, count: int) -> list[Sample]:
    """Return *count* pieces of *documents*, any of them."""
    chance = random.Random(count)
    pieces = [
        Sample(attack=False, language=language, family=f"background {name}", text=text, background=True)
        for name, document in documents
        for text in _pieces(document.strip(), chance)
    ]
    chance.shuffle(pieces)
    return pieces[:count]


def _pieces(document: str, chance: random.Random) -> Iterator[str]:
    place = 0
    while place < len(document):
        size = chance.choice(SIZES)
        text = document[place : place + size]
        if len(text) > SHORTEST and sum(map(str.isalpha, text)) > LETTERS_LEAST * len(text):
            yield text
        place += size


def _said(page: Path) -> str:
    """Return what a *page* says, without its marks."""
    text = _TAG.sub("", _BLOCK.sub("\n", _UNSAID.sub("", page.read_text(encoding="utf-8"))))
    return _LINES.sub("\n", _SPACES.sub(" ", html.unescape(text)))
