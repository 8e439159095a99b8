"""What callers want to be retained or forgotten, while it waits for its turn."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final
from uuid import uuid4

import numpy as np
from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.embedding import Vectors
from luna.kernel.memory_rows import Key
from luna.modules.memory.domain import id_of
from luna.modules.memory.errors import BatchTooLargeError, IdTakenError, TextError, VectorsMisfitError
from luna.modules.memory.facts import vectors_from

BATCH_BYTES_MAX: Final = 1024 * 1024
"""Of texts. Together with their vectors they must fit into one event, and into one message."""

_UNIT_TOLERANCE: Final = 1e-6
"""How far the length of a vector may be from 1: as far as its numbers are rounded."""
_NAMED: Final = attrgetter("id", "text")


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
    keys: Sequence[Key]
    """Those of the memories."""
    vectors: Vectors | None
    visible: bool
    late: bool = False
    """Whether the texts may be embedded after they were acknowledged."""
    outcome: asyncio.Future[Retained] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, outcome: Retained | Exception) -> None:
        """Answer whoever waits, if somebody still does."""
        if self.outcome.done():
            return
        if isinstance(outcome, Exception):
            self.outcome.set_exception(outcome)
        else:
            self.outcome.set_result(outcome)


class Draft:
    """What becomes an event."""

    __slots__ = ("event_id", "memories", "vectors")

    def __init__(self, memories: Sequence[pb.NewMemory], vectors: Vectors | None) -> None:
        self.event_id = str(uuid4())
        self.memories = memories
        self.vectors = vectors

    @property
    def dimension(self) -> int:
        """How large each vector is; 0 without any."""
        return 0 if self.vectors is None else int(self.vectors.shape[1])


class New(Draft):
    """What is new of one request."""

    __slots__ = ("keys", "request")

    def __init__(self, request: Retaining, places: Sequence[int] | None = None) -> None:
        super().__init__(request.memories, request.vectors)
        self.request = request
        self.keys = request.keys
        if places is not None:
            self.keys = [request.keys[place] for place in places]
            self.memories = [request.memories[place] for place in places]
            self.vectors = request.vectors[list(places)] if request.vectors is not None else None


def checked(memories: Sequence[pb.NewMemory]) -> Sequence[str]:
    """Give each of *memories* an id, and return the ids.

    Raises:
        TextError: a text is blank.
        BatchTooLargeError: they do not fit into one event.

    """
    ids = []
    for place, (id, text) in enumerate(map(_NAMED, memories)):
        if not text.strip():
            raise TextError(id, place)
        ids.append(id or _named(memories[place]))
    size = sum(map(pb.NewMemory.ByteSize, memories))
    if size > BATCH_BYTES_MAX:
        raise BatchTooLargeError(size, BATCH_BYTES_MAX)
    return ids


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
    lengths = np.sqrt(np.vecdot(vectors, vectors))
    if not np.isfinite(lengths).all():
        raise VectorsMisfitError("a number of the vectors is not finite, or too large", dimension)
    if not lengths.all():
        raise VectorsMisfitError("a vector of zeros has no direction", dimension)
    if np.allclose(lengths, 1.0, rtol=0.0, atol=_UNIT_TOLERANCE):
        return vectors
    return np.asarray(vectors / lengths[:, None], dtype=np.float32)


def without_twins(keys: Sequence[Key], memories: Sequence[pb.NewMemory]) -> Sequence[int]:
    """Return the places of *memories* that count: of twins, the first.

    Raises:
        IdTakenError: two have the same id and are not the same.

    """
    first: dict[Key, int] = {}
    for place, key in enumerate(keys):
        twin = first.setdefault(key, place)
        if twin != place and signature(memories[twin]) != signature(memories[place]):
            raise IdTakenError(*key)
    return [*first.values()]


def signature(memory: pb.NewMemory) -> tuple[str, str]:
    """Return what makes two memories with one id the same."""
    return memory.collection, memory.text


def _named(memory: pb.NewMemory) -> str:
    memory.id = id_of(memory.collection, memory.text)
    return memory.id
