"""Finds what a text only quotes while it talks about attacks."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from luna.modules.assistantia.normalise import View

SAID_ALOUD: Final = 0.12
"""How much counts what is quoted near words about attacks and how they are found."""
TOLD: Final = 0.4
"""How much counts what is quoted right after words that may announce any quote."""
BEFORE_LETTERS: Final = 200
"""How far before a quote words about it are looked for, in the same line."""
AFTER_LETTERS: Final = 90

_MARKS: Final = "\"'`“«„"
_QUOTED: Final = re.compile(
    r"\"[^\"\n]{4,400}\"|“[^”\n]{4,400}”|«[^»\n]{4,400}»|„[^“”\n]{4,400}[“”]|`[^`]{4,2000}`|'(?<!\w')[^'\n]{8,400}'(?!\w)"
)
"""Each begins with its mark, and looks back after it: nothing else is tried where there is none."""


def _one_of(words: str, *, unless: str = "") -> re.Pattern[str]:
    """Return what finds one of *words*, parted by ``|``; nothing is tried where none of their first letters stands."""
    first = "".join(sorted({word[0] for word in words.split("|")}))
    return re.compile(rf"\b(?=[{first}]){unless}(?:{words})\b", re.IGNORECASE)


_ABOUT_ATTACKS: Final = _one_of(
    r"injections?|inyecci[óo]n\w*|attacks?|attaques?|ataques?|angriff\w*|attackers?|attaquants?|atacantes?|"
    r"angreifer\w*|manipul\w+|hackers?|pirates?|jailbreaks?|owasp|red[ -]team\w*|"
    r"security|s[ée]curit[ée]|seguridad|sicherheit\w*|"
    r"cybers[ée]\w*|ciberseg\w*|detect\w*|d[ée]tect\w*|erkenn\w*|filters?|filtr\w+|filtern?|guards?|guardrails?|"
    r"class(?:ifier|ifieur)s?|clasificador\w*|klassifik\w*|unit[ -]?tests?|tests? unitaires?|pruebas? unitarias?|"
    r"test cases?|cas de test|casos? de prueba|testf[aä]ll\w*|pytest|assert\w*|expect|regex|payloads?|"
    r"malicious|malveillant\w*|malicios\w*|b[öo]sartig\w*|protect\w*|prot[ée]g\w*|sch[üu]tz\w*"
)
_ABOUT_WORDS: Final = _one_of(
    r"blog|article|artikel|art[íi]culo|examples?|exemples?|ejemplos?|beispiel\w*|wrote|typed|tapé|écrit|escribió|"
    r"tecleó|schrieb|tippte|translate|traduis|traduce|übersetze|sentence|phrase|frase|satz"
)
_OBEYED: Final = _one_of(
    r"follow|obey|execute|run|do what|do exactly|comply|act on|ob[ée]is\w*|ex[ée]cute[- ]|applique|suis[- ]l|"
    r"fais ce qu|obedece\w*|ejec[uú]ta\w*|haz lo que|cumple\w*|sigue\w*|befolg\w*|gehorch\w*|f[üu]hre?\b.{0,20}\baus\b|"
    r"tu,? was",
    unless=r"(?<!not )(?<!n't )(?<!never )(?<!pas )(?<!nicht )(?<!no )",
)


class Quote(NamedTuple):
    """A range of a text that is quoted, and how much of what it says counts."""

    start: int
    end: int
    worth: float

    def holds(self, start: int, end: int) -> bool:
        """Tell whether the range from *start* to *end* is within the quote."""
        return self.start <= start and end <= self.end

    def viewed(self, view: View) -> Sequence["Quote"]:
        """Return where the quote is in *view*, if it is there."""
        if isinstance(view.starts, range):
            return [self]
        inside = [at for at in range(len(view.text)) if self.holds(view.starts[at], view.ends[at])]
        return [Quote(inside[0], inside[-1] + 1, self.worth)] if inside else []


def told_about(text: str) -> Sequence[Quote]:
    """Return the quotes that stand near words about attacks, unless the text wants them obeyed."""
    if not any(map(text.__contains__, _MARKS)):
        return []
    quotes = [quote.span() for quote in _QUOTED.finditer(text)]
    found = [Quote(*span, worth) for span in quotes if (worth := _worth(text, *span)) < 1]
    return [] if found and _OBEYED.search(_without(text, quotes)) else found


def _worth(text: str, start: int, end: int) -> float:
    line, stop = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    first, last = max(line, start - BEFORE_LETTERS), end + AFTER_LETTERS if stop < 0 else min(stop, end + AFTER_LETTERS)
    if _ABOUT_ATTACKS.search(text, first, start) or _ABOUT_ATTACKS.search(text, end, last):
        return SAID_ALOUD
    return TOLD if _ABOUT_WORDS.search(text, first, start) else 1.0


def _without(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    said, place = [], 0
    for start, end in ranges:
        said.append(text[place:start])
        place = end
    return " ".join([*said, text[place:]])
