"""Seals memories in the log with keys of their own, and reads there what was not forgotten."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from arkalia.memory.v1 import memory_event_pb2 as facts
from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.embedding import Vectors
from luna.kernel.events import Event
from luna.kernel.memory_keys import KeysFullError, KeysUnavailableError, MemoryKeys, Opened, Sealed, Unsealed
from luna.kernel.memory_rows import Row
from luna.kernel.times import ns_of
from luna.modules.memory.errors import IndexNoRoomError, KeysDownError
from luna.modules.memory.facts import BARE, Fact, rows_of, vectors_from
from luna.modules.memory.requests import Draft

_log = logging.getLogger(__name__)


class Sealer:
    """Spells memories as events hold them."""

    def __init__(self, keys: MemoryKeys) -> None:
        self._keys = keys

    async def sealed(self, drafts: Sequence[Draft]) -> Sequence[Sequence[bytes]]:
        """Return the memories of each of *drafts* as its event is to hold them. Their keys are durable.

        Raises:
            KeysDownError: the keys cannot be written.
            IndexNoRoomError: there is no room for them.

        """
        with _spoken():
            return await self._keys.seal(
                [
                    Unsealed(
                        event_id=draft.event_id,
                        names=[memory.id for memory in draft.memories],
                        parts=_parts(draft.memories, draft.vectors),
                    )
                    for draft in drafts
                ]
            )

    async def opened(self, events: Sequence[Event]) -> Sequence[Fact]:
        """Return what recorded `MemoriesRetained` say that was not forgotten.

        Raises:
            KeysDownError: the keys cannot be read.

        """
        told = [facts.MemoriesRetained.FromString(event.payload) for event in events]
        wanted = [
            Sealed(event_id=event.event_id, parts=each.sealed)
            for event, each in zip(events, told, strict=True)
            if each.sealed
        ]
        with _spoken():
            opened = iter(await self._keys.open(wanted) if wanted else ())
        return [
            _from_sealed(event, each, next(opened)) if each.sealed else _from_clear(event, each)
            for event, each in zip(events, told, strict=True)
        ]

    async def destroy(self, ids: Mapping[str, Collection[str]]) -> None:
        """Make memories unreadable in the log, for good, by the event that retained them.

        Raises:
            KeysDownError: that is not certain.

        """
        if ids:
            with _spoken():
                await self._keys.destroy(ids)

    async def aclose(self) -> None:
        """Let go of the keys."""
        await self._keys.aclose()


def by_event(rows: Iterable[Row]) -> dict[str, set[str]]:
    """Return the ids of *rows* by the event that retained them."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.event_id, set()).add(row.id)
    return found


def _parts(memories: Sequence[pb.NewMemory], vectors: Vectors | None) -> Iterable[bytes]:
    # They have no maps, whose order could differ.
    told = map(pb.NewMemory.SerializeToString, memories)
    if vectors is None:
        return told
    packed = np.ascontiguousarray(vectors, dtype="<f4").data.cast("B")
    size = 4 * vectors.shape[1]
    # One after the other is spelled and sealed in the same memory: to fill new memory takes several times as long.
    return (b"".join((packed[size * place : size * (place + 1)], each)) for place, each in enumerate(told))


def _from_sealed(event: Event, told: facts.MemoriesRetained, opened: Opened) -> Fact:
    if opened.lost:
        _log.warning(
            "%d memories of event %s cannot be read: their keys are missing; bring back memory-keys.db and reindex",
            opened.lost,
            event.event_id,
        )
    size, read = 4 * told.dimension, [part for part in opened.parts if part is not None]
    memories = [pb.NewMemory.FromString(part[size:]) for part in read]
    return _fact(event, told, memories, b"".join(part[:size] for part in read))


def _from_clear(event: Event, told: facts.MemoriesRetained) -> Fact:
    """Return what an event says that was recorded before memories were sealed."""
    return _fact(event, told, told.memories, told.vectors)


def _fact(event: Event, told: facts.MemoriesRetained, memories: Sequence[pb.NewMemory], packed: bytes) -> Fact:
    return Fact(
        rows=rows_of(
            memories,
            namespace=told.namespace,
            retain_ns=ns_of(told.retain_time),
            position=event.position,
            event_id=event.event_id,
        ),
        vectors=vectors_from(packed, told.dimension) if packed else BARE,
        model_id=told.model_id,
        position=event.position,
    )


@contextmanager
def _spoken() -> Iterator[None]:
    try:
        yield
    except KeysFullError as error:
        raise IndexNoRoomError(str(error)) from error
    except KeysUnavailableError as error:
        raise KeysDownError(str(error)) from error
