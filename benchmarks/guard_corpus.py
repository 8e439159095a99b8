"""Reads the labelled texts that the prompt guard learns from."""

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).parents[1] / "tests" / "data" / "guard"
FRESH: Final = CORPUS.with_name("guard_fresh")
"""Texts that nothing was learned from."""
LOOK: Final = CORPUS.with_name("guard_look")
"""Attacks and ordinary texts of many kinds, to look at while tuning, that nothing was learned from."""
SEALED: Final = CORPUS.with_name("guard_sealed")
"""The other half of these, of which only counts are looked at."""
APART: Final = CORPUS.with_name("guard_apart")
"""A quarter of the texts in ``varied.tsv``, of which only counts are looked at."""
JUDGE: Final = CORPUS.with_name("guard_judge")
"""Texts by somebody who wrote none that are learned from; only counts are looked at."""
EVERYDAY: Final = CORPUS.with_name("guard_short")
"""Short harmless messages that nothing was learned from."""
PATTERN_SAMPLES: Final = 24
NESTED_SHARE: Final = 0.5
MISSPELT_SHARE: Final = 0.15
SPELLED_SHARE: Final = 0.03
DIGITS_SHARE: Final = 0.06
SPELLED_MOST: Final = 80
CORRECT_SHARE: Final = 0.4
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_LITERAL: Final = str.maketrans("¦⦃⦄", "|{}")
_DIGITS: Final = str.maketrans("aeioAEIO", "43104310")
_OPEN: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A labelled text. Texts of one family are worded alike."""

    attack: bool
    language: str
    family: str
    text: str
    made: bool = False
    """Whether a pattern stands for it, or it is short and easy: good to learn from, not to measure with."""
    background: bool = False
    """Whether it is a piece of a document that is there anyway."""

    @property
    def together(self) -> str:
        """Return what is held out together: a family in a language."""
        return f"{self.language} {self.family}"


def read(folder: Path) -> list[Sample]:
    """Read all labelled texts below *folder*, in order, and make more of them."""
    samples = written(folder)
    return samples + _nested(samples) + _misspelt(samples) + _spelled(samples) + _with_digits(samples)


def written(folder: Path, names: str = "*.tsv") -> list[Sample]:
    """Read all labelled texts of the files in *folder* that have such *names*, in order."""
    samples = []
    for path in sorted(folder.glob(names)):
        for line in path.read_text(encoding="utf-8").splitlines():
            label, language, family, source, text = line.split("\t")
            made = source in {"pattern", "short"}
            texts = [unescaped(one) for one in (expanded(text) if source == "pattern" else [text])]
            attack = label == "attack"
            samples += [Sample(attack=attack, language=language, family=family, text=one, made=made) for one in texts]
    return samples


def _nested(samples: Sequence[Sample]) -> list[Sample]:
    """Return attacks with ordinary texts before and after them."""
    chance = random.Random(len(samples))
    around = [sample.text for sample in samples if not sample.attack]
    return [
        replace(sample, text=f"{chance.choice(around)} {sample.text} {chance.choice(around)}", made=True)
        for sample in samples
        if sample.attack and not sample.made and chance.random() < NESTED_SHARE
    ]


def _misspelt(samples: Sequence[Sample]) -> list[Sample]:
    """Return some texts with two letters in the wrong order in many of their words."""
    chance = random.Random(len(samples))
    return [
        replace(sample, text=_WORD.sub(lambda found: _swapped(found[0], chance), sample.text), made=True)
        for sample in samples
        if not sample.made and chance.random() < MISSPELT_SHARE
    ]


def _spelled(samples: Sequence[Sample]) -> list[Sample]:
    """Return some short texts letter by letter."""
    chance = random.Random(len(samples))
    return [
        replace(sample, text=chance.choice("  .-_*").join(sample.text), made=True)
        for sample in samples
        if len(sample.text) < SPELLED_MOST and chance.random() < SPELLED_SHARE
    ]


def _with_digits(samples: Sequence[Sample]) -> list[Sample]:
    """Return some texts with digits for letters."""
    chance = random.Random(len(samples))
    return [
        replace(sample, text=sample.text.translate(_DIGITS), made=True)
        for sample in samples
        if not sample.made and chance.random() < DIGITS_SHARE
    ]


def _swapped(word: str, chance: random.Random) -> str:
    if chance.random() < CORRECT_SHARE:
        return word
    place = chance.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def expanded(pattern: str) -> list[str]:
    """Return some of the texts that *pattern* stands for.

    ``{a|b}`` is one of the two; ``¦``, ``⦃`` and ``⦄`` are a bar and braces that are meant as such.
    """
    chance = random.Random(pattern)
    texts = {_OPEN.sub(lambda found: chance.choice(found[1].split("|")), pattern) for _ in range(PATTERN_SAMPLES)}
    return sorted(text.translate(_LITERAL) for text in texts)


def unescaped(text: str) -> str:
    """Return a text of a table as it was before."""
    return text.replace("\\n", "\n").replace("\\t", "\t")


def checksum(folder: Path) -> str:
    """Return what tells one corpus from another."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.tsv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
