"""Turns a text into numbered features: words, concepts, pairs of either, and runs of four letters."""

import zlib
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from luna.modules.assistantia.matching import Found

BITS: Final = 18
"""There are two to the power of this many numbers of each kind."""
KINDS: Final = 4
"""Words, pairs of words, concepts with pairs of them, and runs of letters."""
PAIRS: Final = (1, 2, 3)
"""How far apart the words of a pair stand."""
RUN: Final = 4
"""How many letters a run has."""
STEM: Final = 5
"""How many letters of the words of a pair count."""
NEXT: Final = (1, 2, 3, 4, 5)
"""How many concepts further on the second of a pair is."""
NEAR: Final = 60
"""How many letters apart the concepts of a pair are at most."""

_PRIME: Final = np.uint64(0x100000001B3)
_INVERSE: Final = np.uint64(pow(0x100000001B3, -1, 1 << 64))
_MIXER: Final = np.uint64(0x9E3779B97F4A7C15)
_SALTS: Final = np.array([0x2545F4914F6CDD1D * (2 * step + 1) % (1 << 64) for step in range(8)], np.uint64)
_IN_WORDS: Final = np.array([chr(code).isalnum() for code in range(128)])
_KEPT: Final = 1 << 12


class Features(NamedTuple):
    """The numbers of the features of a text, and the letter at which each begins."""

    numbers: NDArray[np.int64]
    places: NDArray[np.int64]


def features(text: str, concepts: Mapping[str, Found]) -> Features:
    """Return the features of *text*, which is plain already and has *concepts* in it."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    words, stems, jumbled, starts = _words(codes)
    hashes = [words * _SALTS[0], jumbled]
    places = [starts, starts]
    for step in PAIRS:
        hashes.append((stems[:-step] * _SALTS[step]) ^ (stems[step:] * _SALTS[0]))
        places.append(starts[:-step])
    kinds = [0, 0, *(1 for _ in PAIRS)]
    _add_concepts(concepts, hashes, places)
    kinds += [2] * (len(hashes) - len(kinds))
    runs = _runs(codes.astype(np.uint64))
    mixed = np.concatenate([*hashes, runs])
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIXER
    numbers = (mixed >> np.uint64(64 - BITS)).astype(np.int64)
    numbers += np.repeat([*kinds, 3], [*map(len, hashes), len(runs)]) << BITS
    return Features(numbers, np.concatenate([*places, np.arange(len(runs))]))


def _runs(wide: NDArray[np.uint64]) -> NDArray[np.uint64]:
    size = max(len(wide) - RUN + 1, 0)
    run = np.full(size, _SALTS[RUN], np.uint64)
    for offset in range(RUN):
        run = run * _PRIME + wide[offset : offset + size]
    return run


def _add_concepts(
    concepts: Mapping[str, Found], hashes: list[NDArray[np.uint64]], places: list[NDArray[np.int64]]
) -> None:
    if not concepts:
        return
    names = np.array([_name(name) for name, found in concepts.items() for _ in found.ranges], np.uint64)
    starts = np.array([begin for found in concepts.values() for begin, _ in found.ranges], np.int64)
    order = np.argsort(starts, kind="stable")
    names, starts = names[order], starts[order]
    hashes.append(names)
    places.append(starts)
    for step in NEXT:
        near = starts[step:] - starts[:-step] <= NEAR
        hashes.append(((names[:-step] * _SALTS[6]) ^ (names[step:] * _SALTS[7]))[near])
        places.append(starts[:-step][near])


@cache
def _name(concept: str) -> int:
    return (zlib.crc32(concept.encode()) << 20) + 1


def _words(
    codes: NDArray[np.uint32],
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]]:
    """Hash each word, its beginning, and its letters in any order between the first and the last."""
    inside = np.zeros(len(codes) + 2, np.bool_)
    inside[1:-1] = (codes >= len(_IN_WORDS)) | _IN_WORDS[np.minimum(codes, len(_IN_WORDS) - 1)]
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2], edges[1::2]
    powers, inverses = _powers(len(codes))
    # Each is the difference of two sums over all letters before.
    sums = np.zeros((2, len(codes) + 1), np.uint64)
    np.cumsum(codes * powers, out=sums[0, 1:])
    mixed = codes * _MIXER
    np.cumsum(mixed ^ (mixed >> np.uint64(31)), out=sums[1, 1:])
    whole = (sums[0, ends] - sums[0, starts]) * inverses[starts]
    stems = (sums[0, np.minimum(ends, starts + STEM)] - sums[0, starts]) * inverses[starts]
    jumbled = (sums[1, ends] - sums[1, starts]) * _SALTS[1] + mixed[starts] * _SALTS[2] + mixed[ends - 1] * _SALTS[7]
    return whole, stems, jumbled, starts


def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    if size <= _KEPT:
        return _POWERS[0][:size], _POWERS[1][:size]
    return _raised(_PRIME, size), _raised(_INVERSE, size)


def _raised(base: np.uint64, size: int) -> NDArray[np.uint64]:
    return np.cumprod(np.concatenate([np.ones(1, np.uint64), np.full(size - 1, base)]), dtype=np.uint64)


_POWERS: Final = (_raised(_PRIME, _KEPT), _raised(_INVERSE, _KEPT))
