"""Turns memories into facts of the log, and such facts into what the index holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final
from uuid import uuid4

import numpy as np
from arkalia.memory.v1 import memory_event_pb2 as facts
from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.embedding import Vectors
from luna.kernel.events import Append, Event, EventFilter, StreamWrite
from luna.kernel.facts import event_of
from luna.kernel.memory_rows import NOTHING, Batch, Row, Superseded
from luna.kernel.times import fill_time, ns_of

RETAINED: Final = facts.MemoriesRetained.DESCRIPTOR.full_name
FORGOTTEN: Final = facts.MemoriesForgotten.DESCRIPTOR.full_name
CATEGORY: Final = "memory"
WANTED: Final = EventFilter(category=CATEGORY, types=frozenset({RETAINED, FORGOTTEN}))


_PLAIN: Final = attrgetter("id", "text", "collection", "importance", "supersedes")

BARE: Final = np.zeros((0, 0), np.float32)
"""The vectors of a fact that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Memories that one event retained."""

    rows: Sequence[Row]
    vectors: Vectors
    model_id: str

    @property
    def is_bare(self) -> bool:
        """Whether its texts are still to be embedded."""
        return not len(self.vectors)

    @property
    def position(self) -> int:
        """Where the event is in the log."""
        return self.rows[0].position


def stream_of(namespace: str) -> str:
    """Return the stream that the facts of *namespace* are in."""
    return f"{CATEGORY}/{namespace}"


def append_of(told: facts.MemoriesRetained | facts.MemoriesForgotten, *, source: str, time_ns: int) -> Append:
    """Return what records a fact, under an id of its own: sent again, it is the same event."""
    event = event_of(told, source=source, time_ns=time_ns, event_id=str(uuid4()))
    return Append(writes=(StreamWrite(stream_of(told.namespace), (event,)),))


def to_payload(
    namespace: str, memories: Sequence[pb.NewMemory], vectors: Vectors | None, *, model_id: str, now_ns: int
) -> facts.MemoriesRetained:
    """Return the fact that *memories*, each with its id, were retained; without vectors, they follow from the texts."""
    told = facts.MemoriesRetained(
        namespace=namespace,
        memories=memories,
        vectors=np.ascontiguousarray(vectors, dtype="<f4").tobytes() if vectors is not None else b"",
        dimension=vectors.shape[1] if vectors is not None else 0,
        model_id=model_id if vectors is not None else "",
    )
    fill_time(told.retain_time, now_ns)
    return told


def rows_of(told: facts.MemoriesRetained, *, position: int, event_id: str) -> Sequence[Row]:
    """Return what the index holds of a fact that was recorded there."""
    namespace, retain_ns = told.namespace, ns_of(told.retain_time)

    def row(memory: pb.NewMemory) -> Row:
        # In order rather than by name: this is the hot path of every import.
        id, text, collection, importance, instead_of = _PLAIN(memory)
        expire_ns = ns_of(memory.expire_time) if memory.HasField("expire_time") else None
        found = memory.attributes
        attributes = {attribute.key: attribute.value for attribute in found} if found else NOTHING
        what = id, namespace, text, retain_ns, position, event_id
        return Row(*what, collection, importance, expire_ns, attributes, instead_of)

    return [row(memory) for memory in told.memories]


def fact_of(event: Event) -> Fact:
    """Return what a recorded `MemoriesRetained` says."""
    told = facts.MemoriesRetained.FromString(event.payload)
    return Fact(
        rows=rows_of(told, position=event.position, event_id=event.event_id),
        vectors=vectors_from(told.vectors, told.dimension) if told.vectors else BARE,
        model_id=told.model_id,
    )


def vectors_from(packed: bytes, dimension: int) -> Vectors:
    """Return vectors that were packed one after the other.

    Raises:
        ValueError: that many bytes are not a number of such vectors.

    """
    return np.frombuffer(packed, dtype="<f4").astype(np.float32, copy=False).reshape(-1, dimension)


def joined(retained: Sequence[Fact]) -> Batch:
    """Return what the index changes when all of these facts, in the order of the log, have come."""
    rows = [row for fact in retained for row in fact.rows]
    return Batch(
        position=max(fact.position for fact in retained),
        rows=rows,
        vectors=np.concatenate([fact.vectors for fact in retained]) if len(retained) > 1 else retained[0].vectors,
        superseded=[
            Superseded(namespace=row.namespace, id=row.supersedes, by=row.id) for row in rows if row.supersedes
        ],
    )
