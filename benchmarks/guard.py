"""Measures what the prompt guard finds and what it refuses by mistake, by level and language, beside its time."""

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from luna.modules.assistantia.guard import PromptGuard
from luna.modules.assistantia.lexicon import load

CORPUS: Final = Path(__file__).parents[1] / "tests" / "data" / "guard.tsv"
LEVELS: Final = ("LOW", "MEDIUM", "HIGH", "PARANOID")
ROUNDS: Final = 100


def main() -> Mapping[str, object]:
    """Print and return the shares and the time."""
    guard = PromptGuard(load())
    rows = [line.split("\t") for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    shares = {
        f"{level} {language}": _shares(guard, level, [row for row in rows if language in {"all", row[1]}])
        for level in LEVELS
        for language in ("all", "en", "fr", "es", "de")
    }
    for name, found in shares.items():
        print(f"  {name:13} found {found['found']}/{found['attacks']}, refused {found['refused']}/{found['benign']}")
    took = _milliseconds(guard, "\n".join(text for kind, _, text in rows if kind == "benign")[:1024])
    print(f"  {took:.2f} ms for 1 KB of ordinary text")
    return {"shares": shares, "milliseconds_per_kilobyte": took}


def _shares(guard: PromptGuard, level: str, rows: Sequence[Sequence[str]]) -> Mapping[str, int]:
    attacks = [guard.check(text, level=level).refused for kind, _, text in rows if kind == "attack"]
    benign = [guard.check(text, level=level).refused for kind, _, text in rows if kind == "benign"]
    return {"found": sum(attacks), "attacks": len(attacks), "refused": sum(benign), "benign": len(benign)}


def _milliseconds(guard: PromptGuard, text: str) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        guard.check(text)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)
