"""What a memory is worth as an answer, and when two are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

RANK_CONSTANT: Final = 60
"""The k of reciprocal rank fusion."""
HALF_LIFE_NS: Final = 30 * 86_400 * 1_000_000_000
"""The age at which recency is worth half."""
RECENCY_WEIGHT: Final = 0.1
IMPORTANCE_WEIGHT: Final = 0.1
SIMILAR_MIN: Final = 0.95
"""The cosine from which two memories say nearly the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where one way of looking has found a memory."""

    rank: int
    """Counted from 1."""
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much of the score age and unimportance may take away, 0 to 1."""

    recency: float = RECENCY_WEIGHT
    importance: float = IMPORTANCE_WEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a score came about."""

    rank: float
    recency: float
    importance: float
    meaning: Placed | None = None
    words: Placed | None = None

    @property
    def total(self) -> float:
        """What decides about the order."""
        return self.rank * self.recency * self.importance


def score(
    meaning: Placed | None,
    words: Placed | None,
    *,
    ways: int,
    age_ns: int,
    importance: float,
    weights: Weights,
) -> Score:
    """Return what a memory is worth that was found at these places, *ways* having been asked."""
    fused = sum(1 / (RANK_CONSTANT + place.rank) for place in (meaning, words) if place is not None)
    freshness = 0.5 ** (max(0, age_ns) / HALF_LIFE_NS)
    return Score(
        rank=fused * (RANK_CONSTANT + 1) / ways,
        recency=1 - weights.recency * (1 - freshness),
        importance=1 - weights.importance * (1 - importance),
        meaning=meaning,
        words=words,
    )


def places(ids: Sequence[str], scores: Sequence[float]) -> Mapping[str, Placed]:
    """Return where each of *ids*, best first, has its place."""
    return {
        id: Placed(rank=place, score=found) for place, (id, found) in enumerate(zip(ids, scores, strict=True), start=1)
    }


def id_of(collection: str, text: str) -> str:
    """Return the id of a memory that was given none: the same for the same text."""
    return f"t-{sha256(f'{len(collection)} {collection}{text}'.encode()).hexdigest()[:32]}"


def is_alive(expire_ns: int | None, now_ns: int) -> bool:
    """Tell whether a memory counts that expires then."""
    return expire_ns is None or expire_ns > now_ns
