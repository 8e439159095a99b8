"""Turns memories into facts of the log, and such facts into what the index holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final

import numpy as np
from arkalia.memory.v1 import memory_event_pb2 as facts
from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.embedding import Vectors
from luna.kernel.events import Append, EventFilter, StreamWrite
from luna.kernel.facts import event_of
from luna.kernel.memory_rows import NOTHING, Batch, Row, Superseded
from luna.kernel.times import fill_time, ns_of
from luna.kernel.wire import head

RETAINED: Final = facts.MemoriesRetained.DESCRIPTOR.full_name
FORGOTTEN: Final = facts.MemoriesForgotten.DESCRIPTOR.full_name
CATEGORY: Final = "memory"
WANTED: Final = EventFilter(category=CATEGORY, types=frozenset({RETAINED, FORGOTTEN}))

_SEALED: Final = facts.MemoriesRetained.SEALED_FIELD_NUMBER
_UNSET: Final = {field: field.default_value for field in pb.NewMemory.DESCRIPTOR.fields}
"""The fields of a memory, in order, and what those say that are not set."""

BARE: Final = np.zeros((0, 0), np.float32)
"""The vectors of a fact that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Memories that one event retained."""

    rows: Sequence[Row]
    """Without those that were forgotten since."""
    vectors: Vectors
    model_id: str
    position: int
    """Where the event is in the log."""

    @property
    def is_bare(self) -> bool:
        """Whether its texts are still to be embedded."""
        return len(self.vectors) < len(self.rows)


def stream_of(namespace: str) -> str:
    """Return the stream that the facts of *namespace* are in."""
    return f"{CATEGORY}/{namespace}"


def append_of(
    told: facts.MemoriesRetained | facts.MemoriesForgotten,
    *,
    source: str,
    time_ns: int,
    event_id: str,
    sealed: Iterable[bytes] = (),
) -> Append:
    """Return what records a fact, with memories *sealed*, under an id of its own: sent again, it is the same event."""
    more = (part for each in sealed for part in (head(_SEALED, len(each)), each))
    event = event_of(told, source=source, time_ns=time_ns, event_id=event_id, more=more)
    return Append(writes=(StreamWrite(stream_of(told.namespace), (event,)),))


def to_payload(namespace: str, *, dimension: int, model_id: str, now_ns: int) -> facts.MemoriesRetained:
    """Return the fact that memories were retained; without a dimension, their vectors follow from the texts."""
    told = facts.MemoriesRetained(namespace=namespace, dimension=dimension, model_id=model_id if dimension else "")
    fill_time(told.retain_time, now_ns)
    return told


def rows_of(
    memories: Sequence[pb.NewMemory], *, namespace: str, retain_ns: int, position: int, event_id: str
) -> Sequence[Row]:
    """Return what the index holds of *memories* that were recorded there."""
    if not memories:
        return []
    # By columns, and in order rather than by name: this is the hot path of every import. Only what is set is looked at:
    # for a list that is not, the library makes an arena, and for every 10,000 of them it gives all free memory back.
    said = {field: [unset] * len(memories) for field, unset in _UNSET.items()}
    for place, fields in enumerate(map(pb.NewMemory.ListFields, memories)):
        for field, value in fields:
            said[field][place] = value
    ids, texts, collections, importances, times, described, instead_of = said.values()
    ends = [None if time is None else ns_of(time) for time in times]
    attributes = [{it.key: it.value for it in found} if found else NOTHING for found in described]
    origin = repeat(retain_ns), repeat(position), repeat(event_id)
    rest = collections, importances, ends, attributes, instead_of, repeat("")
    return [*map(Row._make, zip(ids, repeat(namespace), texts, *origin, *rest, strict=False))]


def vectors_from(packed: bytes, dimension: int) -> Vectors:
    """Return vectors that were packed one after the other.

    Raises:
        ValueError: that many bytes are not a number of such vectors.

    """
    return np.frombuffer(packed, dtype="<f4").astype(np.float32, copy=False).reshape(-1, dimension)


def joined(retained: Sequence[Fact]) -> Batch:
    """Return what the index changes when all of these facts, in the order of the log, have come."""
    rows = [row for fact in retained for row in fact.rows]
    parts = [fact.vectors for fact in retained if fact.rows]
    return Batch(
        position=max(fact.position for fact in retained),
        rows=rows,
        vectors=np.concatenate(parts) if len(parts) > 1 else next(iter(parts), BARE),
        superseded=[
            Superseded(namespace=row.namespace, id=row.supersedes, by=row.id) for row in rows if row.supersedes
        ],
    )
