"""Forgets what it is asked to, and what has expired."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

from arkalia.memory.v1 import memory_event_pb2 as facts

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.memory_rows import Where
from luna.modules.memory.applier import Applier
from luna.modules.memory.errors import ForgetWhatError, ReindexingError, index_failures
from luna.modules.memory.facts import append_of
from luna.modules.memory.projection import Projection
from luna.modules.memory.recall import Recaller
from luna.modules.memory.recorder import Recorder

LOOK_SECONDS: Final = 60.0
"""How soon memories that have expired are forgotten. They are not found from when they expire."""
EXPIRED_MAX: Final = 1000
"""How many are forgotten at a time, so that nobody waits for long."""

_log = logging.getLogger(__name__)


class Forgetting:
    """Records what is forgotten, and sees that it is gone. `run` it."""

    def __init__(
        self,
        events: EventLog,
        clock: Clock,
        *,
        projection: Projection,
        recorder: Recorder,
        applier: Applier,
        recaller: Recaller,
        source: str,
    ) -> None:
        self._events = events
        self._clock = clock
        self._projection = projection
        self._recorder = recorder
        self._applier = applier
        self._recaller = recaller
        self._source = source

    async def forget(self, namespace: str, ids: Sequence[str], *, everything: bool, purge: bool) -> tuple[int, str]:
        """Forget memories, and return how many, and the id of the event that says so.

        Raises:
            ForgetWhatError: it is not clear what.
            ReindexingError: the index is being made anew.
            KeysDownError: it is not certain that nobody can read them any more.

        """
        if bool(ids) == everything:
            raise ForgetWhatError
        if self._projection.reindexing:
            raise ReindexingError
        told = facts.MemoriesForgotten(namespace=namespace, ids=ids, everything=everything, purge=purge)
        async with self.alone():
            with index_failures():
                return await self._forget(told)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Let nothing be retained meanwhile: what is in the index now is all there is."""
        async with self._recorder.turn:
            await self._applier.drained()
            yield

    async def record(self, told: facts.MemoriesForgotten) -> str:
        """Record that memories are forgotten, see that they are gone, and return the id of the event."""
        self._projection.lost = True
        append = append_of(told, source=self._source, time_ns=self._clock.wall_ns(), event_id=str(uuid4()))
        appended = await self._events.append(append)
        await self._projection.catch_up()
        self._recaller.forget()
        return appended.events[0].event_id

    async def run(self) -> None:
        """Forget what has expired, forever."""
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            try:
                while await self._forget_expired():
                    pass
            except Exception as error:  # noqa: BLE001  what was not done now is still to be done
                _log.warning("expired memories are not forgotten yet: %s: %s", type(error).__name__, error)

    async def _forget(self, told: facts.MemoriesForgotten) -> tuple[int, str]:
        index = await self._projection.ready()
        if told.everything:
            count = await index.count(Where(namespace=told.namespace, include_superseded=True))
        else:
            count = len(await index.get([(told.namespace, id) for id in told.ids]))
        event_id = await self.record(told) if count else ""
        if told.purge:
            await index.purge()
        return count, event_id

    async def _forget_expired(self) -> bool:
        """Forget some of what has expired, and tell whether there may be more."""
        if not self._projection.settled:
            return False
        async with self._recorder.turn:
            if self._applier.busy or self._projection.lost:
                # Whoever retains must not wait until the index is what the log says.
                return False
            with index_failures():
                found = await self._projection.index.expired(self._clock.wall_ns(), EXPIRED_MAX)
                by_namespace: dict[str, list[str]] = {}
                for namespace, id in found:
                    by_namespace.setdefault(namespace, []).append(id)
                for namespace, ids in by_namespace.items():
                    reason = facts.FORGOTTEN_REASON_EXPIRED
                    await self.record(facts.MemoriesForgotten(namespace=namespace, ids=ids, reason=reason))
        return len(found) == EXPIRED_MAX
