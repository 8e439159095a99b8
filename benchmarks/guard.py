"""Measures what the prompt guard finds and refuses by mistake, with families of texts held out, beside its time."""

import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.guard_corpus import CORPUS, Sample, read
from benchmarks.guard_training import joined, read_by, ruled, table
from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.learned import load_model
from luna.modules.assistantia.lexicon import load

ROUNDS: Final = 100
LETTERS: Final = 1024


def main() -> Mapping[str, object]:
    """Print and return the shares and the times."""
    lexicon = load()
    samples = read(CORPUS)
    readings = read_by(lexicon, samples)
    _, chances = joined(samples, table(readings), ruled(lexicon, readings))
    shares = {
        f"{level} {language}": _shares(samples, chances >= threshold, language)
        for level, threshold in lexicon.thresholds.items()
        for language in ("all", "en", "fr", "es", "de")
    }
    for name, found in shares.items():
        print(f"  {name:13} found {found['found']}/{found['attacks']}, refused {found['refused']}/{found['benign']}")
    guard = PromptGuard(lexicon, load_model())
    times = {}
    for language in ("en", "fr"):
        plain = [it.text for it in samples if not it.attack and not it.made and it.language == language]
        times[language] = _milliseconds(guard, " ".join(plain)[:LETTERS])
        print(f"  {times[language]:.2f} ms for 1 KB of ordinary text in {language}")
    return {"held_out": shares, "milliseconds_per_kilobyte": times}


def _shares(samples: Sequence[Sample], refused: NDArray[np.bool_], language: str) -> Mapping[str, int]:
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
