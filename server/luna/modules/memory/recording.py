"""Seals what is new and appends it to the log."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final, TypeAlias

from arkalia.memory.v1 import memory_event_pb2 as facts

from luna.kernel.clock import Clock
from luna.kernel.errors import DomainError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Appended
from luna.kernel.streams import pipelined
from luna.modules.memory.facts import append_of, to_payload
from luna.modules.memory.projection import Projection
from luna.modules.memory.requests import New
from luna.modules.memory.sealing import Sealer

PART_MEMORIES: Final = 1000
"""How many memories, or a few more, are sealed and appended together."""
PARTS_AHEAD: Final = 2
"""How many parts the log may have before it has answered, besides one that waits to be handed to it."""

Outcome: TypeAlias = tuple[New, facts.MemoriesRetained, Appended | DomainError]
"""What was to be recorded, its fact, and what the log says."""


class Recording:
    """Records in parts: while the log writes one, the next is sealed."""

    def __init__(self, events: EventLog, clock: Clock, *, projection: Projection, sealer: Sealer, source: str) -> None:
        self._events = events
        self._projection = projection
        self._clock = clock
        self._sealer = sealer
        self._source = source

    async def record(self, news: Sequence[New]) -> AsyncGenerator[Sequence[Outcome], None]:
        """Yield what became of one part of *news* after the other."""
        async with aclosing(pipelined(_parts(news), self._begin, ahead=PARTS_AHEAD)) as parts:
            async for outcomes in parts:
                yield outcomes

    async def _begin(self, news: Sequence[New]) -> asyncio.Future[Sequence[Outcome]]:
        sealed = await self._sealer.sealed(news)
        return asyncio.ensure_future(self._append(news, sealed))

    async def _append(self, news: Sequence[New], sealed: Sequence[Sequence[bytes]]) -> Sequence[Outcome]:
        model_id, now_ns = self._projection.index.model_id, self._clock.wall_ns()
        told = [
            to_payload(new.request.namespace, dimension=new.dimension, model_id=model_id, now_ns=now_ns) for new in news
        ]
        appends = [
            append_of(payload, source=self._source, time_ns=self._clock.wall_ns(), event_id=new.event_id, sealed=parts)
            for new, payload, parts in zip(news, told, sealed, strict=True)
        ]
        try:
            outcomes = await self._events.append_many(appends)
        except BaseException:
            # Nobody knows what was recorded.
            self._projection.lost = True
            raise
        return [*zip(news, told, outcomes, strict=True)]


async def _parts(news: Sequence[New]) -> AsyncIterator[Sequence[New]]:
    part, count = [], 0
    for new in news:
        part.append(new)
        count += len(new.memories)
        if count >= PART_MEMORIES:
            yield part
            part, count = [], 0
    if part:
        yield part
