"""Makes a namespace what it was in a past version of the index, by new facts."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

import numpy as np
from arkalia.memory.v1 import memory_event_pb2 as facts
from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.errors import DomainError
from luna.kernel.event_log import EventLog
from luna.kernel.memory_index import MemoryReader
from luna.kernel.memory_rows import Key, Moment, Row, Where
from luna.kernel.times import fill_time
from luna.modules.memory.errors import ReindexingError, index_failures
from luna.modules.memory.facts import append_of, to_payload
from luna.modules.memory.forgetting import Forgetting
from luna.modules.memory.projection import Projection
from luna.modules.memory.recall import Recaller
from luna.modules.memory.requests import Draft
from luna.modules.memory.scrolling import pages
from luna.modules.memory.sealing import Sealer

AT_ONCE: Final = 500
"""How many memories are changed before others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """How far it is."""

    version: int
    """What is restored."""
    version_before: int
    """What to go back to."""
    to_forget: int
    to_retain: int
    forgotten: int = 0
    retained: int = 0
    done: bool = False


@dataclass(slots=True)
class _Changes:
    """What makes the present the past."""

    gone: list[str] = field(default_factory=list)
    back: list[tuple[int, bool, str]] = field(default_factory=list)
    """So that what took the place of another comes after it, when sorted."""

    def compare(self, then: Sequence[Row], now: Mapping[Key, Row], *, missing_only: bool) -> None:
        """Note which of the rows of *then* are missing or other *now*."""
        for row in then:
            missing = row.key not in now
            if missing or not (missing_only or _said(row) == _said(now[row.key])):
                self.back.append((row.position, bool(row.supersedes), row.id))
                if not missing:
                    self.gone.append(row.id)


class Restoring:
    """Compares, forgets what is not to be there, and retains what is."""

    def __init__(
        self,
        events: EventLog,
        clock: Clock,
        *,
        projection: Projection,
        forgetting: Forgetting,
        sealer: Sealer,
        recaller: Recaller,
        source: str,
    ) -> None:
        self._events = events
        self._clock = clock
        self._projection = projection
        self._forgetting = forgetting
        self._sealer = sealer
        self._recaller = recaller
        self._source = source

    async def restore(
        self, namespace: str, moment: Moment | None, *, dry_run: bool, missing_only: bool
    ) -> AsyncGenerator[Restored, None]:
        """Make *namespace* what it was, and yield how far that is; with *missing_only*, take nothing away.

        Raises:
            MomentUnknownError: there is no such state of the index.
            ReindexingError: the index is being made anew.

        """
        index = await self._projection.ready()
        if self._projection.reindexing:
            raise ReindexingError
        past = await self._recaller.reader(moment)
        with index_failures():
            changes = await self._changes(past, namespace, missing_only=missing_only)
        told = Restored(
            version=past.version,
            version_before=index.version,
            to_forget=len(changes.gone),
            to_retain=len(changes.back),
            done=dry_run,
        )
        yield told
        if dry_run:
            return
        for ids in _parted(changes.gone):
            with index_failures():
                await self._forget(namespace, ids)
            told = replace(told, forgotten=told.forgotten + len(ids))
            yield told
        for ids in _parted([id for _, _, id in sorted(changes.back)]):
            with index_failures():
                await self._retain(past, [(namespace, id) for id in ids])
            told = replace(told, retained=told.retained + len(ids))
            yield told
        yield replace(told, done=True)

    async def _changes(self, past: MemoryReader, namespace: str, *, missing_only: bool) -> _Changes:
        present, changes = self._projection.index, _Changes()
        wanted = Where(namespace=namespace, include_superseded=True, alive_at_ns=self._clock.wall_ns())
        async for page in pages(past, wanted, AT_ONCE):
            now = await present.get([row.key for row in page])
            successors = await past.get([(namespace, row.superseded_by) for row in page if row.superseded_by])
            # Of the others nothing could say again that their place was taken.
            rows = [row for row in page if not row.superseded_by or (namespace, row.superseded_by) in successors]
            changes.compare(rows, now, missing_only=missing_only)
        if not missing_only:
            async for page in pages(present, replace(wanted, alive_at_ns=None), AT_ONCE):
                then = await past.get([row.key for row in page])
                changes.gone += [row.id for row in page if row.key not in then]
        return changes

    async def _forget(self, namespace: str, ids: Sequence[str]) -> None:
        async with self._forgetting.alone():
            reason = facts.FORGOTTEN_REASON_RESTORED
            await self._forgetting.record(facts.MemoriesForgotten(namespace=namespace, ids=ids, reason=reason))

    async def _retain(self, past: MemoryReader, keys: Sequence[Key]) -> None:
        found = await past.get(keys)
        vectors = await past.vectors(keys)
        async with self._forgetting.alone():
            # Somebody may have retained them meanwhile.
            there = await self._projection.index.get(keys)
            rows = sorted((row for key, row in found.items() if key not in there), key=lambda row: row.position)
            batches = [[*batch] for _, batch in groupby(rows, lambda row: row.event_id)]
            drafts = [
                Draft([_memory(row) for row in batch], np.stack([vectors[row.key] for row in batch]))
                for batch in batches
            ]
            await self._record(batches, drafts)

    async def _record(self, batches: Sequence[Sequence[Row]], drafts: Sequence[Draft]) -> None:
        index = self._projection.index
        sealed = await self._sealer.sealed(drafts)
        appends = []
        for (row, *_), draft, parts in zip(batches, drafts, sealed, strict=True):
            told = to_payload(row.namespace, dimension=index.dimension, model_id=index.model_id, now_ns=row.retain_ns)
            time_ns = self._clock.wall_ns()
            append = append_of(told, source=self._source, time_ns=time_ns, event_id=draft.event_id, sealed=parts)
            appends.append(append)
        self._projection.lost = True
        outcomes = await self._events.append_many(appends)
        await self._projection.catch_up()
        for outcome in outcomes:
            if isinstance(outcome, DomainError):
                raise outcome


def _parted(ids: Sequence[str]) -> Sequence[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]


def _said(row: Row) -> Row:
    """Return *row* without where it came from."""
    return row._replace(position=0, event_id="")


def _memory(row: Row) -> pb.NewMemory:
    memory = pb.NewMemory(
        id=row.id,
        text=row.text,
        collection=row.collection,
        importance=row.importance,
        attributes=[pb.Attribute(key=key, value=value) for key, value in row.attributes.items()],
        supersedes=row.supersedes,
    )
    if row.expire_ns is not None:
        fill_time(memory.expire_time, row.expire_ns)
    return memory
