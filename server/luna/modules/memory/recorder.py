"""Records what callers want to be retained, all that wait together: one embedding, one commit, one change of the index.

Whoever comes while a turn is under way waits for the next, so turns grow with the load, and who is alone waits for
nobody. Where several came last, a turn begins once no more come: much of its cost is the same for one and for many. The
index is changed beside the next turn; who does not ask to be visible does not wait for that.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from arkalia.memory.v1 import memory_event_pb2 as facts
from arkalia.memory.v1 import memory_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.errors import DomainError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Recorded
from luna.kernel.memory_rows import Key, Row
from luna.kernel.times import ns_of
from luna.modules.memory.applier import Applier
from luna.modules.memory.applying import Applying, UnderWay
from luna.modules.memory.domain import is_alive
from luna.modules.memory.errors import IdTakenError, ReindexingError
from luna.modules.memory.facts import BARE, Fact, rows_of
from luna.modules.memory.guards import Guards
from luna.modules.memory.projection import Projection
from luna.modules.memory.recording import Recording
from luna.modules.memory.requests import New, Retained, Retaining, signature, without_twins
from luna.modules.memory.sealing import Sealer, by_event

TURN_MEMORIES_MAX: Final = 8192
"""How many memories one turn takes."""
QUIET_LOOPS: Final = 16
"""How many times the event loop has turned without a new request when no more come. It takes three to take one on."""
LOOPS_MAX: Final = 256
"""After so many a turn begins while more come."""

_Known: TypeAlias = Row | UnderWay | pb.NewMemory
"""What an id stands for: in the index, on its way there, or brought by another request of the turn."""

_log = logging.getLogger(__name__)


class Recorder:
    """Takes turns. `run` it."""

    def __init__(
        self,
        events: EventLog,
        clock: Clock,
        *,
        projection: Projection,
        sealer: Sealer,
        applier: Applier,
        guards: Guards,
        source: str,
    ) -> None:
        self._clock = clock
        self._projection = projection
        self._sealer = sealer
        self._applier = applier
        self._guards = guards
        self._recording = Recording(events, clock, projection=projection, sealer=sealer, source=source)
        self._waiting: deque[Retaining] = deque()
        self._arrived = asyncio.Event()
        self._crowded = False
        """Whether several came together last."""
        self.turn = asyncio.Lock()
        """Held during each turn."""

    def submit(self, request: Retaining) -> asyncio.Future[Retained]:
        """Have *request* done in the next turn."""
        self._waiting.append(request)
        self._arrived.set()
        return request.outcome

    async def run(self) -> None:
        """Take turns, forever."""
        while True:
            await self._arrived.wait()
            await self._gathered()
            turn = self._next()
            self._crowded = len(turn) > 1
            try:
                await self._applier.room()
                async with self.turn:
                    await self._take(turn)
            except DomainError as error:
                _fail(turn, error)
            except Exception as error:  # noqa: BLE001  whatever fails, the next turn must be taken
                _log.exception("a turn of retaining failed")
                self._projection.lost = True
                _fail(turn, error)

    async def _gathered(self) -> None:
        """Let calls come along that are ready by now, or are about to be."""
        seen = quiet = 0
        for _ in range(LOOPS_MAX):
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._waiting) <= seen else 0
            seen = len(self._waiting)
            if not self._crowded or quiet == QUIET_LOOPS:
                return

    def _next(self) -> Sequence[Retaining]:
        turn, count = [], 0
        while self._waiting and count < TURN_MEMORIES_MAX:
            request = self._waiting.popleft()
            if not request.outcome.done():
                turn.append(request)
                count += len(request.memories)
        if not self._waiting:
            self._arrived.clear()
        return turn

    async def _take(self, turn: Sequence[Retaining]) -> None:
        if self._projection.reindexing:
            raise ReindexingError
        known = await self._known(turn)
        news = []
        for request in turn:
            try:
                if (new := self._sifted(request, known)) is not None:
                    news.append(new)
            except IdTakenError as error:
                request.settle(error)
        if news:
            await self._record(await self._embedded(news))

    async def _known(self, turn: Sequence[Retaining]) -> dict[Key, _Known]:
        keys = [key for request in turn for key in request.keys]
        # In this order: what comes into the index meanwhile is found in one of both.
        waiting = self._applier.under_way(keys)
        found = await self._guards.known(self._projection.index, keys)
        now_ns = self._clock.wall_ns()
        expired = {key: row for key, row in found.items() if not is_alive(row.expire_ns, now_ns)}
        # Once another has the id, nobody would know by which key this one is read.
        await self._sealer.destroy(by_event(expired.values()))
        return {**{key: row for key, row in found.items() if key not in expired}, **waiting}

    def _sifted(self, request: Retaining, known: dict[Key, _Known]) -> New | None:
        """Return what is new of *request*. What another request of the turn brings is not."""
        if known.keys().isdisjoint(request.keys) and len({*request.keys}) == len(request.keys):
            known.update(zip(request.keys, request.memories, strict=True))
            return New(request)
        places = []
        for place in without_twins(request.keys, request.memories):
            there = known.get(request.keys[place])
            if there is None:
                places.append(place)
            elif _signature(there) != signature(request.memories[place]):
                raise IdTakenError(*request.keys[place])
        if places:
            known.update({request.keys[place]: request.memories[place] for place in places})
            return New(request, places)
        self._brought_again(request, known[request.keys[0]])
        return None

    def _brought_again(self, request: Retaining, first: _Known) -> None:
        """Answer a request that has nothing new with what became of its first memory."""
        if isinstance(first, pb.NewMemory):
            # Another request of this very turn brings it.
            self.submit(request)
        elif isinstance(first, Row):
            outcome = Retained(new=0, duplicates=len(request.memories), event_id=first.event_id, visible=True)
            request.settle(replace(outcome, position=first.position))
        elif request.visible:
            self._applier.follow(first.applying, request)
        else:
            request.settle(first.applying.again(request))

    async def _embedded(self, news: Sequence[New]) -> Sequence[New]:
        bare = [new for new in news if new.vectors is None and not self._may_be_late(new.request)]
        if not bare:
            return news
        try:
            vectors = await self._guards.embed([memory.text for new in bare for memory in new.memories])
        except DomainError as error:
            for new in bare:
                new.request.settle(error)
            return [new for new in news if new not in bare]
        parts = np.split(vectors, np.cumsum([len(new.memories) for new in bare])[:-1])
        for new, part in zip(bare, parts, strict=True):
            new.vectors = part
        return news

    def _may_be_late(self, request: Retaining) -> bool:
        """Tell whether texts may be embedded after they were recorded: nobody waits, and nothing says it fails."""
        return request.late and not self._applier.trouble and not self._guards.embedding_fails

    async def _record(self, news: Sequence[New]) -> None:
        async with aclosing(self._recording.record(news)) as parts:
            async for part in parts:
                for new, payload, outcome in part:
                    if isinstance(outcome, DomainError):
                        new.request.settle(outcome)
                    else:
                        self._hand_on(new, payload, outcome.events[0])

    def _hand_on(self, new: New, told: facts.MemoriesRetained, recorded: Recorded) -> None:
        rows = rows_of(
            new.memories,
            namespace=told.namespace,
            retain_ns=ns_of(told.retain_time),
            position=recorded.position,
            event_id=recorded.event_id,
        )
        vectors = new.vectors if new.vectors is not None else BARE
        fact = Fact(rows=rows, vectors=vectors, model_id=told.model_id, position=recorded.position)
        outcome = Retained(
            new=len(rows),
            duplicates=len(new.request.memories) - len(rows),
            event_id=recorded.event_id,
            position=recorded.position,
            vectors=new.vectors,
        )
        self._applier.add(
            Applying(fact=fact, keys=new.keys, memories=new.memories, request=new.request, outcome=outcome)
        )
        if not new.request.visible:
            new.request.settle(outcome)


def _signature(there: _Known) -> tuple[str, str]:
    if isinstance(there, Row):
        return there.collection, there.text
    return signature(there.memory if isinstance(there, UnderWay) else there)


def _fail(turn: Sequence[Retaining], error: Exception) -> None:
    for request in turn:
        request.settle(error)
