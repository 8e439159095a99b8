"""Measures what the prompt guard finds and refuses by mistake, with families of texts held out, beside its time."""

import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.guard_background import background
from benchmarks.guard_corpus import APART, CORPUS, FRESH, LOOK, SEALED, Sample, read, written
from benchmarks.guard_training import joined, read_by, ruled, table
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.learned import load_model
from luna.modules.assistantia.lexicon import Lexicon, load

_Shares: TypeAlias = Mapping[str, int]
LANGUAGES: Final = ("en", "fr", "es", "de")
ORDINARY: Final = frozenset({"question", "operator", "mail", "play", "security"})
"""The kinds of texts that the time is taken of."""
ROUNDS: Final = 200
LETTERS: Final = 1024


def main() -> Mapping[str, object]:
    """Print and return the shares and the times."""
    lexicon = load()
    guard = PromptGuard(lexicon, load_model())
    apart = {"fresh": written(FRESH), "look": written(LOOK), "sealed": written(SEALED), "apart": written(APART)}
    seen, documents = read(CORPUS), background()
    readings = read_by(lexicon, seen + documents)
    _, chances = joined(seen + documents, table(readings), ruled(lexicon, readings))
    judged = {
        **{
            name: _by_level(lexicon, samples, np.array([guard.check(it.text).score for it in samples]))
            for name, samples in apart.items()
        },
        "held_out": _by_level(lexicon, seen, chances[: len(seen)]),
        "documents": _by_level(lexicon, documents, chances[len(seen) :]),
    }
    for kind, shares in judged.items():
        print(f"  {kind}")
        for name, it in shares.items():
            print(f"    {name:13} found {it['found']}/{it['attacks']}, refused {it['refused']}/{it['benign']}")
    times = {}
    for language in LANGUAGES:
        plain = [it.text for it in apart["look"] + apart["sealed"] if it.language == language and _ordinary(it)]
        times[language] = _milliseconds(guard, " ".join(plain)[:LETTERS])
        print(f"  {times[language]:.2f} ms of a processor for 1 KB of ordinary text in {language}")
    return {**judged, "milliseconds_per_kilobyte": times}


def _by_level(lexicon: Lexicon, samples: Sequence[Sample], chances: NDArray[np.float64]) -> Mapping[str, _Shares]:
    return {
        f"{level} {language}": _shares(samples, chances >= threshold, language)
        for level, threshold in lexicon.thresholds.items()
        for language in ("all", *LANGUAGES)
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


def _ordinary(sample: Sample) -> bool:
    return not sample.attack and sample.family in ORDINARY


def _milliseconds(guard: PromptGuard, text: str) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        guard.check(text)
        times.append(1000 * (time.thread_time() - started))
    return statistics.median(times)
