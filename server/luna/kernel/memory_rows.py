"""What an index of memories holds, is asked for and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from luna.kernel.embedding import Vectors

Key: TypeAlias = tuple[str, str]
"""The namespace of a memory, and its id in there."""

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Row(NamedTuple):
    """One memory as the index holds it. Its vector is kept beside it.

    A tuple, because tens of thousands a second are made: a dataclass takes
    three times as long, and columns fall out of tuples for nothing.
    """

    id: str
    namespace: str
    text: str
    retain_ns: int
    """When it was retained."""
    position: int
    """The position of the event that it came from."""
    event_id: str
    collection: str = ""
    importance: float = 0.0
    expire_ns: int | None = None
    attributes: Mapping[str, str] = NOTHING
    supersedes: str = ""
    """The id, in the same namespace, of the memory that this one takes the place of."""
    superseded_by: str = ""
    """The id, in the same namespace, of the memory that took its place."""

    @property
    def key(self) -> Key:
        """Return what nobody else's row has."""
        return self.namespace, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A memory whose place was taken by another of its namespace."""

    namespace: str
    id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one turn of the writer changes. First *remove*, then *rows*, then *superseded*."""

    position: int
    """The position of the log that the index has reached with it."""
    rows: Sequence[Row] = ()
    """What is new or takes the place of the row with the same key; of several with one key the last counts."""
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """The vector of each row, ``(len(rows), dimension)``. Finite and not zero; their length does not matter."""
    remove: Sequence[Key] = ()
    """What goes, if it is there."""
    superseded: Sequence[Superseded] = ()
    """What was superseded, if it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """The attribute *key* has one of these values."""

    key: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which memories count. All of it must hold."""

    namespace: str
    collection: str | None = None
    attributes: Sequence[AnyOf] = ()
    retained_from_ns: int | None = None
    """Retained then or later."""
    retained_until_ns: int | None = None
    """Retained before then."""
    importance_min: float | None = None
    importance_max: float | None = None
    alive_at_ns: int | None = None
    """Not expired then. If ``None``, what has expired counts too."""
    include_superseded: bool = False

    def __post_init__(self) -> None:
        if not self.namespace:
            raise ValueError("a namespace is required; memories of different namespaces never meet")


class Rung(StrEnum):
    """How an answer was found."""

    INDEXED = "indexed"
    """By the vector index, and what it did not hold yet by comparing."""
    FLAT = "flat"
    """By comparing with every memory that counts. Exact."""
    FULL_TEXT = "full_text"
    """By the full-text index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One memory that was found."""

    row: Row
    score: float
    """By meaning: the cosine, at most 1. By words: BM25, at least 0. Higher is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, best first."""

    hits: Sequence[Hit]
    rung: Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrolled:
    """One page of memories, by id."""

    rows: Sequence[Row]
    more: bool
    """Whether there are others after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A state of the index that is past: of that version, of that tag, or the last one at that time. One of them."""

    version: int | None = None
    tag: str | None = None
    time_ns: int | None = None

    def __post_init__(self) -> None:
        if [self.version, self.tag, self.time_ns].count(None) != 2:  # noqa: PLR2004
            raise ValueError("name one of version, tag and time_ns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A state of the index that can still be read."""

    number: int
    time_ns: int
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStats:
    """How the index is."""

    rows: int
    rows_unindexed: int
    """How many the vector index does not hold yet. They are found by comparing."""
    vector_index: str
    """The kind, such as ``IVF_RQ``, or ``none``: every search compares with all."""
    text_rows_unindexed: int
    versions: int
    bytes: int | None
    """What it takes where it is stored, old versions included. ``None`` where that cannot be said."""
