"""Counts the tokens that callers use a day, from the turns that are on record."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from arkalia.assistantia.v1 import assistantia_event_pb2 as facts

from luna.kernel.clock import Clock
from luna.kernel.context import current_call
from luna.kernel.event_log import EventLog
from luna.kernel.events import EventFilter
from luna.kernel.times import SECOND_NS
from luna.modules.assistantia.conversations import CATEGORY, TAKEN

PAGE: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a caller has used today, and may."""

    limit: int
    """0: as much as they want."""
    spent: int
    resets_ns: int
    """When the next day begins, in UTC."""

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return 0 < self.limit <= self.spent

    @property
    def resets(self) -> str:
        """When the next day begins, in words."""
        return datetime.fromtimestamp(self.resets_ns / SECOND_NS, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")


class Budget:
    """Knows how much is spent. What other processes record counts too, for the log is asked each time."""

    def __init__(self, events: EventLog, clock: Clock, tokens_daily: int) -> None:
        self._events = events
        self._clock = clock
        self._limit = tokens_daily
        self._spent: Counter[str] = Counter()
        self._day_ns = 0
        self._position = 0
        self._one_at_a_time = asyncio.Lock()

    async def standing(self) -> Standing:
        """Return what whoever is calling has used."""
        midnight = datetime.fromtimestamp(self._clock.wall_ns() / SECOND_NS, tz=UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        async with self._one_at_a_time:
            await self._catch_up(int(midnight.timestamp()) * SECOND_NS)
        resets = int((midnight + timedelta(days=1)).timestamp()) * SECOND_NS
        return Standing(limit=self._limit, spent=self._spent[current_call().subject], resets_ns=resets)

    async def left(self) -> Standing | None:
        """Return what whoever is calling has used, if that is limited."""
        return await self.standing() if self._limit else None

    async def _catch_up(self, day_ns: int) -> None:
        if day_ns != self._day_ns:
            self._day_ns, self._spent = day_ns, Counter()
        today = EventFilter(category=CATEGORY, types=frozenset({TAKEN}), since_ns=day_ns)
        while True:
            page = await self._events.read(today, after=self._position, limit=PAGE)
            for event in page.events:
                taken = facts.TurnTaken.FromString(event.payload)
                self._spent[taken.subject] += taken.usage.prompt_tokens + taken.usage.answer_tokens
            self._position = max(self._position, page.position)
            if page.done:
                return
