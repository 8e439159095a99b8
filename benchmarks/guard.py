"""Measures what the prompt guard finds and refuses by mistake, with families of texts held out, beside its time."""

import statistics
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import compress
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks import guard_time
from benchmarks.guard_background import background
from benchmarks.guard_corpus import APART, CORPUS, FRESH, JUDGE, LOOK, SEALED, Sample, read, written
from benchmarks.guard_second import looked_again, looked_at
from benchmarks.guard_table import read_by, ruled, table
from benchmarks.guard_time import LANGUAGES, milliseconds
from benchmarks.guard_training import held_out, joined
from luna.adapters.packaged_model import multilingual
from luna.kernel.embedding import TextVectors
from luna.modules.assistantia.guard import DOUBTFUL, SURE, PromptGuard
from luna.modules.assistantia.learned import load_model
from luna.modules.assistantia.lexicon import Lexicon, load
from luna.modules.assistantia.second_look import PASSAGE, SecondLook, load_head

_Shares: TypeAlias = Mapping[str, int]
ROUNDS: Final = 200


def main() -> Mapping[str, object]:
    """Print and return the shares and the times."""
    lexicon, meaning = load(), multilingual()
    guard = PromptGuard(lexicon, load_model(), SecondLook(load_head(), meaning))
    apart = {folder.name: written(folder) for folder in (FRESH, LOOK, SEALED, APART, JUDGE)}
    judged = {name: _by_level(lexicon, samples, _chances(guard, samples)) for name, samples in apart.items()}
    first = PromptGuard(lexicon, load_model())
    judged |= {f"{name}, one look": _by_level(lexicon, it, _chances(first, it)) for name, it in apart.items()}
    judged |= _held_out(lexicon, read(CORPUS) + background(), meaning)
    for kind, shares in judged.items():
        print(f"  {kind}")
        for name, it in shares.items():
            print(f"    {name:13} found {it['found']}/{it['attacks']}, refused {it['refused']}/{it['benign']}")
    times = dict(guard_time.main())
    for language in LANGUAGES:
        passage = " ".join(it.text for it in apart[LOOK.name] if it.language == language and not it.attack)[:PASSAGE]
        again = statistics.median(milliseconds(partial(meaning.vectors, [passage])) for _ in range(ROUNDS))
        times[f"{language}, second look"] = again
        print(f"  {again:.2f} ms to look again at a passage in {language}")
    return {**judged, "milliseconds": times}


def _chances(guard: PromptGuard, samples: Sequence[Sample]) -> NDArray[np.float64]:
    return np.array([guard.check(sample.text).score for sample in samples])


def _held_out(lexicon: Lexicon, samples: Sequence[Sample], meaning: TextVectors) -> Mapping[str, Mapping[str, _Shares]]:
    readings = read_by(lexicon, samples)
    given = table(readings)
    held = held_out(samples, given)
    _, chances = joined(samples, held.scores, ruled(lexicon, readings))
    seen = looked_at(samples, [given.passages[row] for row in held.rows], chances, meaning)
    _, again = looked_again(seen)
    documents = np.array([sample.background for sample in seen.samples])
    doubtful = (seen.first >= DOUBTFUL) & (seen.first < SURE)
    print(f"  {doubtful[documents].mean():.1%} of the pieces of documents are looked at again")
    return {
        name: _by_level(lexicon, list(compress(seen.samples, chosen)), thought[chosen])
        for name, thought, chosen in (
            ("held out", again, ~documents),
            ("held out, one look", seen.first, ~documents),
            ("documents", again, documents),
            ("documents, one look", seen.first, documents),
        )
    }


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
