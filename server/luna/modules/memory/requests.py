"""What callers want to be retained or forgotten, while it waits for its turn."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.embedding import Vectors
from luna.modules.memory.domain import id_of
from luna.modules.memory.errors import BatchTooLargeError, IdTakenError, TextError, VectorsMisfitError
from luna.modules.memory.facts import vectors_from

BATCH_BYTES_MAX: Final = 1024 * 1024
"""Of texts. Together with their vectors they must fit into one event, and into one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What became of a request to retain."""

    new: int
    duplicates: int
    event_id: str = ""
    position: int = 0
    visible: bool = False
    vectors: Vectors | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Retaining:
    """Memories of one namespace, which become one event."""

    namespace: str
    memories: Sequence[pb.NewMemory]
    vectors: Vectors | None
    visible: bool
    late: bool = False
    """Whether the texts may be embedded after they were acknowledged."""
    outcome: asyncio.Future[Retained] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def checked(memories: Sequence[pb.NewMemory]) -> Sequence[pb.NewMemory]:
    """Return *memories*, each with an id.

    Raises:
        TextError: a text is blank.
        BatchTooLargeError: they do not fit into one event.

    """
    size = 0
    for place, memory in enumerate(memories):
        if not memory.text.strip():
            raise TextError(memory.id, place)
        size += memory.ByteSize()
        memory.id = memory.id or id_of(memory.collection, memory.text)
    if size > BATCH_BYTES_MAX:
        raise BatchTooLargeError(size, BATCH_BYTES_MAX)
    return memories


def given(packed: bytes, count: int, dimension: int) -> Vectors | None:
    """Return the vectors of *count* texts, of unit length; ``None`` if the caller gave none.

    Raises:
        VectorsMisfitError: their number, their size, or one of their numbers is wrong.

    """
    if not packed:
        return None
    if len(packed) != count * dimension * 4:
        raise VectorsMisfitError(f"{len(packed)} bytes are not {count} vectors", dimension)
    vectors = vectors_from(packed, dimension)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise VectorsMisfitError("a number of the vectors is not finite, or too large", dimension)
    if not lengths.all():
        raise VectorsMisfitError("a vector of zeros has no direction", dimension)
    return np.asarray(vectors / lengths, dtype=np.float32)


def without_twins(namespace: str, memories: Sequence[pb.NewMemory]) -> Sequence[int]:
    """Return the places of *memories* that count: of twins, the first.

    Raises:
        IdTakenError: two have the same id and are not the same.

    """
    seen: dict[str, pb.NewMemory] = {}
    kept = []
    for place, memory in enumerate(memories):
        twin = seen.setdefault(memory.id, memory)
        if twin is memory:
            kept.append(place)
        elif signature(twin) != signature(memory):
            raise IdTakenError(namespace, memory.id)
    return kept


def signature(memory: pb.NewMemory) -> tuple[str, str]:
    """Return what makes two memories with one id the same."""
    return memory.collection, memory.text
