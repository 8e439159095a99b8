"""The use cases of the front door."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from arkalia.reflexia.v1.reflexia_event_pb2 import SampleTaken
from arkalia.zeroia.v1.zeroia_event_pb2 import DecisionMade
from google.protobuf.message import Message

from luna.kernel.directory import Check, ServiceEntry
from luna.kernel.errors import DomainError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Direction, EventFilter, LogStats
from luna.modules.helloria.domain import ServiceFinding, Standing

M = TypeVar("M", bound=Message)
Stand: TypeAlias = Callable[[], Awaitable[Standing]]
"""Finds out how much of its work the node does. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The node at one moment. What did not answer is ``None``."""

    services: Sequence[ServiceFinding]
    log: LogStats | None
    sample: SampleTaken | None
    decision: DecisionMade | None
    standing: Standing


class HelloriaService:
    """Asks every part of the node how it is."""

    def __init__(
        self, events: EventLog, directory: Sequence[ServiceEntry], check: Check, stand: Stand, *, patience: float
    ) -> None:
        self._events = events
        self._directory = directory
        self._check = check
        self._stand = stand
        self._patience = patience

    async def look(self) -> Findings:
        """Ask all services and the log, at the same time."""
        services, log, sample, decision, standing = await asyncio.gather(
            asyncio.gather(*(self._service(entry) for entry in self._directory)),
            self._log(),
            self._newest(SampleTaken),
            self._newest(DecisionMade),
            self._stand(),
        )
        return Findings(services=services, log=log, sample=sample, decision=decision, standing=standing)

    async def _service(self, entry: ServiceEntry) -> ServiceFinding:
        return ServiceFinding(entry=entry, checked=await self._check(entry.service))

    async def _log(self) -> LogStats | None:
        try:
            async with asyncio.timeout(self._patience):
                return await self._events.stats()
        except (DomainError, TimeoutError):
            return None

    async def _newest(self, kind: type[M]) -> M | None:
        wanted = EventFilter(types=frozenset({kind.DESCRIPTOR.full_name}))
        try:
            async with asyncio.timeout(self._patience):
                page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
        except (DomainError, TimeoutError):
            return None
        return kind.FromString(page.events[0].payload) if page.events else None
