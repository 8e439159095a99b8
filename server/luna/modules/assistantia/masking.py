"""Finds personal and secret data in a text, and masks it so that its length and shape stay."""

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

IBAN_MODULUS: Final = 97
DIGITS_PHONE: Final = range(9, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """A range of a text, and the kind of data there."""

    start: int
    end: int
    kind: str


def find(text: str, kinds: Collection[str] = ()) -> Sequence[Private]:
    """Return what is private in *text*, in order, without overlaps; only of *kinds*, if there are any."""
    found: list[Private] = []
    taken: list[tuple[int, int]] = []
    for kind, start, end in _candidates(text):
        if all(end <= opened or closed <= start for opened, closed in taken):
            taken.append((start, end))
            if not kinds or kind in kinds:
                found.append(Private(start=start, end=end, kind=kind))
    return sorted(found, key=lambda private: private.start)


def mask(text: str, found: Sequence[Private]) -> str:
    """Return *text* with ``*`` for every letter and digit of what was *found*."""
    pieces: list[str] = []
    done = 0
    for private in found:
        pieces += text[done : private.start], re.sub(r"[^\W_]", "*", text[private.start : private.end])
        done = private.end
    return "".join((*pieces, text[done:]))


def _candidates(text: str) -> Iterator[tuple[str, int, int]]:
    for kind, pattern, holds in _KINDS:
        for found in pattern.finditer(text):
            group = pattern.groups
            if holds(found[group]):
                yield kind, *found.span(group)


def _is_iban(said: str) -> bool:
    digits = said.replace(" ", "").upper()
    return int("".join(str(int(letter, 36)) for letter in digits[4:] + digits[:4])) % IBAN_MODULUS == 1


def _is_card(said: str) -> bool:
    digits = [int(letter) for letter in said if letter.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004  Luhn's rule
    return sum(digits[-1::-2]) + sum(doubled) > 0 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_phone(said: str) -> bool:
    return sum(letter.isdigit() for letter in said) in DIGITS_PHONE


def _is_address(said: str) -> bool:
    try:
        ipaddress.ip_address(said)
    except ValueError:
        return False
    return True


_IPV6: Final = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){2,7}:?[0-9A-Fa-f:]{0,30}[0-9A-Fa-f](?![\w:])")
_KINDS: Final[Sequence[tuple[str, re.Pattern[str], Callable[[str], bool]]]] = (
    ("SECRET", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----"), bool),
    ("SECRET", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"), bool),
    ("SECRET", re.compile(r"\b(?:sk-|ghp_|gho_|github_pat_|xox[abp]-|AKIA|AIza|glpat-|hf_)[\w-]{12,}"), bool),
    (
        "SECRET",
        re.compile(r"(?i)\b(?:password|passwd|secret|api[_-]?key|token)\s*[:=]\s*[\"']?([^\s\"',;]{6,})"),
        bool,
    ),
    ("EMAIL", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"), bool),
    ("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban),
    ("CARD", re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])"), _is_card),
    ("IP_ADDRESS", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)"), _is_address),
    ("IP_ADDRESS", _IPV6, _is_address),
    ("PHONE", re.compile(r"(?<![\w.])(?:\+\d|\(?0)[\d ().-]{7,18}\d(?!\w)"), _is_phone),
)
