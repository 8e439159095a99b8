"""Masks secrets in a text that is still being written. Pure.

Only what may turn out to be a secret waits: the end of the text that looks like
the beginning of a key, a password or a long number. Everything else passes at once.
"""

import re
from typing import Final

from luna.modules.assistantia import masking

KINDS: Final = frozenset({"SECRET", "CARD", "IBAN"})
"""What is masked. Other private data, such as addresses, is what many answers are about."""
SECRET_CHARACTERS_MIN: Final = 12
WAITING_CHARACTERS_MAX: Final = 16384
"""What is not complete after so many characters is no secret."""
CONTEXT_CHARACTERS: Final = 64
"""How much of what was passed on is looked at again, for what began in it."""

_KEY: Final = r"(?:sk-|gh[po]_|github_pat_|xox[abp]-|AKIA|AIza|glpat-|hf_|eyJ)"
_NAMED: Final = r"(?i:password|passwd|secret|api[_-]?key|token)\s{0,8}[:=]\s{0,8}[\"']?"
_LONG: Final = r"\d(?:[ -]?\d){3,}"
_IBAN: Final = r"[A-Z]{2}\d{2}[A-Z0-9 ]*"
_BLOCK: Final = "-----BEGIN "
_SUSPECT: Final = re.compile(rf"{_KEY}|{_NAMED}|{_LONG}|{_IBAN}|{_BLOCK}")
_BEGUN: Final = "|".join(
    (
        rf"{_KEY}[\w.-]*",
        rf"{_NAMED}[^\s\"',;]*",
        rf"{_LONG}[ -]?",
        _IBAN,
        rf"{_BLOCK}[A-Z ]*-{{0,5}}",
        rf"{_BLOCK}[A-Z ]*PRIVATE KEY-----[^-]*(?:-[^\n]*)?",
    )
)
_UNFINISHED: Final = re.compile(rf"(?:{_BEGUN})\Z")


class Withholding:
    """Passes a text on piece by piece, without the secrets in it that are not *known* already."""

    def __init__(self, known: str) -> None:
        self.masked = 0
        """How many secrets were masked."""
        self._known = known
        self._context = ""
        self._waiting = ""

    def read(self, text: str) -> str:
        """Take in *text*, which comes next, and return what can be passed on now."""
        seen = self._context + self._waiting + text
        if not self._waiting and not _SUSPECT.search(seen):
            self._context = seen[-CONTEXT_CHARACTERS:]
            return text
        unfinished = _UNFINISHED.search(seen)
        begin = len(seen)
        if unfinished and begin - unfinished.start() <= WAITING_CHARACTERS_MAX:
            begin = max(unfinished.start(), len(self._context))
        return self._passed(seen, begin)

    def end(self) -> str:
        """Return what still waits: nothing comes after it."""
        return self._passed(self._context + self._waiting, len(self._context + self._waiting))

    def _passed(self, seen: str, until: int) -> str:
        done = len(self._context)
        found = [
            it for it in masking.find(seen, KINDS) if done < it.end and it.start < until and self._is_news(seen, it)
        ]
        self.masked += len(found) if until > done else 0
        self._context, self._waiting = seen[max(0, until - CONTEXT_CHARACTERS) : until], seen[until:]
        return masking.mask(seen, found)[done:until]

    def _is_news(self, seen: str, private: masking.Private) -> bool:
        said = seen[private.start : private.end]
        return (private.kind != "SECRET" or _is_random(said)) and said not in self._known


def _is_random(said: str) -> bool:
    """Tell whether *said* looks made up by a machine, unlike the names that programs give to their secrets."""
    return len(said) >= SECRET_CHARACTERS_MIN and any(it.isdigit() for it in said) and any(it.isalpha() for it in said)
