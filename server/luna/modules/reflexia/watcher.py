"""Follows the log: keeps the newest samples at hand, and reports contradictions between Reflexia and ZeroIA."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Final
from uuid import UUID, uuid5

from arkalia.node.v1 import severity_pb2
from arkalia.reflexia.v1 import reflexia_event_pb2 as facts
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_event_pb2, zeroia_pb2
from google.protobuf.message import DecodeError

from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, EventFilter, NewEvent, StreamWrite
from luna.kernel.times import timestamp
from luna.manifest import Toolbox
from luna.modules.reflexia.contradictions import Comparison, Contradiction, Decided, Recommended
from luna.modules.reflexia.domain import Action, action_of
from luna.modules.reflexia.newest import Newest
from luna.modules.reflexia.samples import SAMPLE_TAKEN, sample_in, stream_of

CONTRADICTION_DETECTED: Final = facts.ContradictionDetected.DESCRIPTOR.full_name
DECISION_MADE: Final = zeroia_event_pb2.DecisionMade.DESCRIPTOR.full_name

_RETRY_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)
_DECISIONS_MAX: Final = 64
"""How many decisions are looked through for the newest about this node."""
_PREFIX: Final = "DECISION_ACTION_"
_NAMESPACE: Final = UUID("6a1f5c58-92f4-5f0b-8f43-636f6e747261")

_log = logging.getLogger(__name__)


class Watcher:
    """Reads samples and decisions as they are recorded."""

    def __init__(self, tools: Toolbox, newest: Newest) -> None:
        self._events: EventLog = tools.events
        self._identity = tools.identity
        self._newest = newest
        self._comparison = Comparison()
        self._position: int | None = None
        self._folds: Mapping[str, Callable[[Event], Contradiction | None]] = {
            SAMPLE_TAKEN: self._fold_sample,
            DECISION_MADE: self._fold_decision,
            CONTRADICTION_DETECTED: self._fold_contradiction,
        }

    async def run(self) -> None:
        """Follow the log, forever. A log that goes away is awaited."""
        failures = 0
        while True:
            before = self._position
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001  however the log fails, it is awaited
                failures = 0 if self._position != before else failures + 1
                _log.warning("cannot follow the log: %s", str(error) or type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])

    async def _follow(self) -> None:
        if self._position is None:
            self._position = await self._catch_up()
        wanted = EventFilter(types=frozenset(self._folds))
        async with aclosing(self._events.follow(wanted, after=self._position)) as pages:
            async for page in pages:
                for event in page.events:
                    await self._take(event)
                self._position = page.position

    async def _catch_up(self) -> int:
        """Take in the newest event of each kind, and return where to go on from."""
        head = await self._events.head()
        stream = stream_of(self._identity.node)
        wanted = (
            EventFilter(stream=stream, types=frozenset({SAMPLE_TAKEN})),
            EventFilter(stream=stream, types=frozenset({CONTRADICTION_DETECTED})),
        )
        found = [event for kind in wanted if (event := await newest_event(self._events, kind)) is not None]
        decisions = await self._events.read(
            EventFilter(types=frozenset({DECISION_MADE})), limit=_DECISIONS_MAX, direction=Direction.BACKWARD
        )
        found += decisions.events
        for event in sorted(found, key=lambda event: event.position):
            self._fold(event)
        return head

    async def _take(self, event: Event) -> None:
        contradiction = self._fold(event)
        if contradiction is not None:
            await self._report(contradiction)

    def _fold(self, event: Event) -> Contradiction | None:
        try:
            return self._folds[event.type](event)
        except DecodeError:
            _log.warning("the %s at position %d cannot be read", event.type, event.position)
            return None

    def _fold_sample(self, event: Event) -> Contradiction | None:
        sample = sample_in(event)
        if sample is None:
            return None
        self._newest.note(sample)
        if sample.node != self._identity.node:
            return None
        recommended = Recommended(
            action=action_of(sample.recommended_action), sample_id=sample.sample_id, time_ns=event.time_ns
        )
        self._comparison, contradiction = self._comparison.on_sample(recommended)
        return contradiction

    def _fold_decision(self, event: Event) -> None:
        decided = _decided(event, self._identity.node)
        if decided is not None:
            self._comparison = self._comparison.on_decision(decided)

    def _fold_contradiction(self, event: Event) -> None:
        if event.stream != stream_of(self._identity.node):
            return
        found = facts.ContradictionDetected.FromString(event.payload)
        first = Recommended(
            action=action_of(found.recommended_action),
            sample_id=found.first_sample_id,
            time_ns=found.since_time.ToNanoseconds(),
        )
        self._comparison = self._comparison.on_reported(first)

    async def _report(self, found: Contradiction) -> None:
        event = _fact(found, self._identity.node, self._identity.source)
        try:
            await self._events.append(
                Append(writes=[StreamWrite(stream=stream_of(self._identity.node), events=[event])])
            )
        except EventIdReusedError:
            # A replica has reported this very disagreement.
            return
        except Exception as error:  # noqa: BLE001
            # The next sample tries again: what is not in the log was not reported.
            _log.warning("a contradiction cannot be recorded: %s", error)


async def newest_event(events: EventLog, wanted: EventFilter) -> Event | None:
    """Return the newest event that is *wanted*."""
    page = await events.read(wanted, limit=1, direction=Direction.BACKWARD)
    while not page.events and not page.done:
        page = await events.read(wanted, after=page.position, limit=1, direction=Direction.BACKWARD)
    return page.events[0] if page.events else None


def _decided(event: Event, node: str) -> Decided | None:
    decision = zeroia_event_pb2.DecisionMade.FromString(event.payload).decision
    if decision.node != node:
        return None
    known = decision.action in zeroia_pb2.DecisionAction.values()
    name = zeroia_pb2.DecisionAction.Name(decision.action).removeprefix(_PREFIX) if known else ""
    return Decided(action=Action.__members__.get(name, Action.UNSPECIFIED), event_id=event.event_id)


def _fact(found: Contradiction, node: str, source: str) -> NewEvent:
    wanted, decided = found.last.action, found.decided.action
    is_milder = decided < wanted
    payload = facts.ContradictionDetected(
        node=node,
        recommended_action=pb.RecommendedAction.Name(wanted),
        decided_action=pb.RecommendedAction.Name(decided),
        first_sample_id=found.first.sample_id,
        since_time=timestamp(found.first.time_ns),
        last_sample_id=found.last.sample_id,
        decision_event_id=found.decided.event_id,
        severity=severity_pb2.SEVERITY_HIGH if is_milder else severity_pb2.SEVERITY_LOW,
        reason=f"Reflexia recommends {wanted.name}, ZeroIA decided {decided.name}, which does "
        + ("less" if is_milder else "more"),
    )
    return NewEvent(
        type=CONTRADICTION_DETECTED,
        payload=payload.SerializeToString(deterministic=True),
        event_id=str(uuid5(_NAMESPACE, f"{node}/{found.first.sample_id}")),
        source=source,
        time_ns=found.last.time_ns,
        correlation_id=found.last.sample_id,
        causation_id=found.decided.event_id,
    )
