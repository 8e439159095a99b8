"""Reads the labelled texts that the prompt guard learns from."""

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).parents[1] / "tests" / "data" / "guard"
PATTERN_SAMPLES: Final = 24
NESTED_SHARE: Final = 0.5
_OPEN: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A labelled text. Texts of one family are worded alike."""

    attack: bool
    language: str
    family: str
    text: str
    made: bool = False
    """Whether it is one of the texts that a pattern stands for: good to learn from, not to measure with."""

    @property
    def together(self) -> str:
        """Return what is held out together: a family in a language."""
        return f"{self.language} {self.family}"


def read(folder: Path) -> list[Sample]:
    """Read all labelled texts below *folder*, in order."""
    samples = []
    for path in sorted(folder.glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            label, language, family, source, text = line.split("\t")
            made = source == "pattern"
            texts = expanded(text) if made else [unescaped(text)]
            attack = label == "attack"
            samples += [Sample(attack=attack, language=language, family=family, text=one, made=made) for one in texts]
    return samples + _nested(samples)


def _nested(samples: Sequence[Sample]) -> list[Sample]:
    """Return attacks with ordinary texts before and after them."""
    chance = random.Random(len(samples))
    around = [sample.text for sample in samples if not sample.attack]
    return [
        replace(sample, text=f"{chance.choice(around)} {sample.text} {chance.choice(around)}", made=True)
        for sample in samples
        if sample.attack and not sample.made and chance.random() < NESTED_SHARE
    ]


def expanded(pattern: str) -> list[str]:
    """Return some of the texts that *pattern* stands for; ``{a|b}`` is one of the two, and ``¦`` is ``|``."""
    chance = random.Random(pattern)
    texts = {_OPEN.sub(lambda found: chance.choice(found[1].split("|")), pattern) for _ in range(PATTERN_SAMPLES)}
    return sorted(text.replace("¦", "|") for text in texts)


def unescaped(text: str) -> str:
    """Return a text of a table as it was before."""
    return text.replace("\\n", "\n").replace("\\t", "\t")


def checksum(folder: Path) -> str:
    """Return what tells one corpus from another."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.tsv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
