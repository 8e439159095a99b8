"""Measures what the prompt guard finds and refuses by mistake, with families of texts held out, beside its time."""

import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.guard_corpus import CORPUS, FRESH, Sample, read, written
from benchmarks.guard_training import joined, read_by, ruled, table
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.learned import load_model
from luna.modules.assistantia.lexicon import Lexicon, load

_Shares: TypeAlias = Mapping[str, int]
LONG_WORD: Final = 20
"""What has longer words is no ordinary text."""
ROUNDS: Final = 100
LETTERS: Final = 1024


def main() -> Mapping[str, object]:
    """Print and return the shares and the times."""
    lexicon = load()
    guard = PromptGuard(lexicon, load_model())
    fresh = written(FRESH)
    seen = read(CORPUS)
    readings = read_by(lexicon, seen)
    _, chances = joined(seen, table(readings), ruled(lexicon, readings))
    judged = {
        "fresh": _by_level(lexicon, fresh, np.array([guard.check(it.text).score for it in fresh])),
        "held_out": _by_level(lexicon, seen, chances),
    }
    for kind, shares in judged.items():
        print(f"  {kind}")
        for name, it in shares.items():
            print(f"    {name:13} found {it['found']}/{it['attacks']}, refused {it['refused']}/{it['benign']}")
    times = {}
    for language in ("en", "fr"):
        plain = [it.text for it in seen if not it.attack and not it.made and it.language == language]
        plain = [text for text in plain if max(map(len, text.split()), default=0) < LONG_WORD]
        times[language] = _milliseconds(guard, " ".join(plain)[:LETTERS])
        print(f"  {times[language]:.2f} ms for 1 KB of ordinary text in {language}")
    return {**judged, "milliseconds_per_kilobyte": times}


def _by_level(lexicon: Lexicon, samples: Sequence[Sample], chances: NDArray[np.float64]) -> Mapping[str, _Shares]:
    return {
        f"{level} {language}": _shares(samples, chances >= threshold, language)
        for level, threshold in lexicon.thresholds.items()
        for language in ("all", "en", "fr", "es", "de")
    }


def _shares(samples: Sequence[Sample], refused: NDArray[np.bool_], language: str) -> _Shares:
    real = [
        (it.attack, bool(no))
        for it, no in zip(samples, refused, strict=True)
        if not it.made and language in {"all", it.language}
    ]
    return {
        "found": sum(no for attack, no in real if attack),
        "attacks": sum(attack for attack, _ in real),
        "refused": sum(no for attack, no in real if not attack),
        "benign": sum(not attack for attack, _ in real),
    }


def _milliseconds(guard: PromptGuard, text: str) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        guard.check(text)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)
