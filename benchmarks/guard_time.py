"""Measures how long the prompt guard takes for 1 KB of texts of many kinds."""

import base64
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.guard_corpus import JUDGE, written
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.learned import load_model
from luna.modules.assistantia.lexicon import load

PAGE: Final = Path(__file__).parents[1] / "docs" / "guard.md"
LANGUAGES: Final = ("en", "fr", "es", "de")
LETTERS: Final = 1024
TEXTS: Final = 40
"""How many texts there are of each kind."""
JOINED: Final = 40
"""How many short texts are put together, which are more letters than are kept."""
ROUNDS: Final = 20
_DIGITS: Final = str.maketrans("aeilostAEILOST", "43110574311057")


def main() -> Mapping[str, float]:
    """Print and return the milliseconds that a first look takes, at words met for the first time and at known ones."""
    model, times = load_model(), dict[str, float]()
    for kind, texts in _kinds().items():
        guards = [PromptGuard(load(), model) for _ in texts]
        checks = [partial(guard.first_look, text) for guard, text in zip(guards, texts, strict=True)]
        first = times[f"{kind}, first"] = statistics.median(map(milliseconds, checks))
        known = times[kind] = statistics.median(
            statistics.median(milliseconds(check) for _ in range(ROUNDS)) for check in checks
        )
        print(f"  {known:.2f} ms of a processor for 1 KB of {kind}, {first:.2f} when its words are new")
    return times


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long *work* takes a processor."""
    started = time.thread_time()
    work()
    return 1000 * (time.thread_time() - started)


def _kinds() -> Mapping[str, Sequence[str]]:
    chance, samples, page = random.Random(0), written(JUDGE), PAGE.read_text(encoding="utf-8")
    ordinary = {
        language: [it.text for it in samples if it.language == language and not it.attack] for language in LANGUAGES
    }
    every = [text for texts in ordinary.values() for text in texts]
    return {
        **{f"ordinary texts in {language}": _joined(texts, chance) for language, texts in ordinary.items()},
        "texts with one in digits for letters": _joined(every, chance, lambda text: text.translate(_DIGITS)),
        "texts with one in letters apart": _joined(every, chance, " ".join),
        "texts with one encoded": _joined(every, chance, lambda text: base64.b64encode(text.encode()).decode()),
        "attacks and ordinary texts": _joined([it.text for it in samples], chance),
        "docs/guard.md": [page[begin : begin + LETTERS] for begin in range(0, len(page) - LETTERS, LETTERS)],
    }


def _joined(texts: Sequence[str], chance: random.Random, disguise: Callable[[str], str] = str) -> Sequence[str]:
    """Return texts of as many letters, each put together of *texts*, the second of them disguised."""
    picked = [chance.sample(texts, JOINED) for _ in range(TEXTS)]
    return [" ".join((first, disguise(second), *others))[:LETTERS] for first, second, *others in picked]
