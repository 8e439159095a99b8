"""Keeps the newest decisions at hand, so that a look at them does not read them each time. A projection of the log."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, EventFilter
from luna.modules.zeroia.decisions import DecisionService
from luna.modules.zeroia.reading import SharedReading, newest, since
from luna.modules.zeroia.record import DECISION_MADE, DECISIONS, MADE, OUTCOME_REPORTED, recorded_decision

DECISIONS_MAX: Final = 1_000
"""How many of the newest decisions are kept."""
_NEWS: Final = EventFilter(types=frozenset({DECISION_MADE, OUTCOME_REPORTED}))


class Kept(NamedTuple):
    """A recorded decision, with its outcome if one was reported."""

    position: int
    time_ns: int
    decision: pb.Decision


class DecisionHistory:
    """The newest decisions, as of the last question about them."""

    def __init__(self, events: EventLog, service: DecisionService, *, kept: int = DECISIONS_MAX) -> None:
        self._events = events
        self._service = service
        self._max = kept
        self._kept: deque[Kept] = deque()
        """The newest first."""
        self._by_id: dict[str, pb.Decision] = {}
        self._position = 0
        self._truncated = False
        self._reading = SharedReading(self._read)

    async def newest(
        self, wanted: EventFilter, *, before: int, limit: int, admits: Callable[[pb.Decision], bool] | None = None
    ) -> Sequence[Kept] | None:
        """Return the newest decisions in the time of *wanted* and below position *before* that *admits* accepts.

        They are fewer than *limit* only if there are no more; `None` if older ones than are kept may belong to them.
        The decisions stay this object's.
        """
        await self._reading.refresh()
        since_ns, until_ns = wanted.since_ns, wanted.until_ns
        found = list[Kept]()
        for kept in self._kept:
            if (
                (not before or kept.position < before)
                and since_ns <= kept.time_ns
                and (not until_ns or kept.time_ns < until_ns)
                and (admits is None or admits(kept.decision))
            ):
                found.append(kept)
                if len(found) == limit:
                    return found
        return None if self._truncated else found

    async def _read(self) -> None:
        if not self._position:
            await self._load()
            return
        async with aclosing(since(self._events, _NEWS, self._position)) as pages:
            async for page in pages:
                for event in page.events:
                    self._take(event)
                self._position = max(self._position, page.position)

    async def _load(self) -> None:
        found, self._truncated = await newest(self._events, MADE, self._max)
        kept = [_kept(event) for event in found]
        # Outcomes that are reported from here on are behind the position as well.
        await self._service.add_outcomes([each.decision for each in kept])
        self._kept.extend(kept)
        self._by_id.update((each.decision.decision_id, each.decision) for each in kept)
        self._position = found[0].position if found else 0

    def _take(self, event: Event) -> None:
        if event.stream == DECISIONS:
            self._kept.appendleft(kept := _kept(event))
            self._by_id[kept.decision.decision_id] = kept.decision
            if len(self._kept) > self._max:
                self._truncated = True
                del self._by_id[self._kept.pop().decision.decision_id]
        elif event.type == OUTCOME_REPORTED:
            reported = facts.OutcomeReported.FromString(event.payload)
            if reported.decision_id in self._by_id:
                self._by_id[reported.decision_id].outcome.CopyFrom(reported.outcome)


def _kept(event: Event) -> Kept:
    return Kept(event.position, event.time_ns, recorded_decision(event))
