"""Cuts texts into sentences, and tells which of them say the same."""

import re
from collections.abc import Sequence
from typing import Final

SAME_SHARE: Final = 0.7
"""Sentences that share so much of their words say the same."""

_END: Final = re.compile(r"(?<=[.!?…])\s+|\s*\n+\s*")


def sentences(text: str) -> Sequence[str]:
    """Return the sentences and the lines of *text*."""
    return [sentence for sentence in _END.split(text.strip()) if sentence]


def say_the_same(words: frozenset[str], others: frozenset[str]) -> bool:
    """Tell whether sentences of these words say the same."""
    return len(words & others) >= SAME_SHARE * min(len(words), len(others))
