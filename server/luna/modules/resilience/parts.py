"""Builds what the module is made of, and ties it to the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from arkalia.reflexia.v1.reflexia_event_pb2 import SampleTaken
from arkalia.resilience.v1 import resilience_event_pb2 as facts
from arkalia.resilience.v1.circuit_breaker_pb2 import CircuitPolicyRevision
from arkalia.resilience.v1.degradation_pb2 import DegradationPolicyRevision

from luna.kernel.events import Event
from luna.kernel.faults import FaultKind
from luna.kernel.feed import Feed, Refusals
from luna.kernel.revisions import RevisionBook
from luna.manifest import Toolbox
from luna.modules.resilience import record
from luna.modules.resilience.circuit_policy import circuit_kind
from luna.modules.resilience.circuits import CircuitService
from luna.modules.resilience.commands import CommandDesk
from luna.modules.resilience.degradation_policy import degradation_kind
from luna.modules.resilience.derived import derivations
from luna.modules.resilience.errors import PageTokenError, ResilienceResumeTokenError
from luna.modules.resilience.follower import Follower, Take
from luna.modules.resilience.holds import Holds
from luna.modules.resilience.keeper import LevelKeeper
from luna.modules.resilience.services import Services
from luna.modules.resilience.shelf import ProjectionShelf
from luna.modules.resilience.signals import Signals
from luna.modules.resilience.snapshots import Snapshots
from luna.modules.resilience.steering import Steering
from luna.modules.resilience.table import BreakerTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Degrading:
    """What keeps the level of degradation."""

    book: RevisionBook[DegradationPolicyRevision]
    signals: Signals
    keeper: LevelKeeper
    holds: Holds
    steering: Steering

    def takers(self, streams: record.Streams, node: str) -> Mapping[tuple[str, str], Take]:
        """Return what is to be done with which events."""
        return {
            (f"reflexia/{node}", SampleTaken.DESCRIPTOR.full_name): self._sample,
            (streams.degradation, record.DEGRADATION_CHANGED): self.keeper.apply,
            (streams.degradation_hold, record.DEGRADATION_HELD): self.steering.held,
            (streams.degradation_policy, record.DEGRADATION_POLICY_UPDATED): self.book.apply,
        }

    def _sample(self, event: Event) -> None:
        self.signals.sample(SampleTaken.FromString(event.payload).sample)


class Parts:
    """Everything in the module that is not an rpc."""

    def __init__(self, tools: Toolbox) -> None:
        events, clock = tools.events, tools.clock
        recorder = record.Recorder(tools.identity, clock)
        self.streams = recorder.streams
        refusals = Refusals(page=PageTokenError, resume=ResilienceResumeTokenError)
        self.feed = Feed(events, refusals, checkpoint_seconds=tools.checkpoint_seconds)
        self.table = BreakerTable(clock)
        self.book: RevisionBook[CircuitPolicyRevision] = RevisionBook(
            events, clock, recorder.fact, circuit_kind(self.streams.breaker_policy)
        )
        self.degrading = degrading(tools, recorder, self.table)
        self.shelf, self.folding = shelved(tools, recorder, self.feed)
        self._events = events
        takers = {
            (self.streams.breaker, record.CIRCUIT_TRANSITION): self._moved,
            (self.streams.breaker_policy, record.CIRCUIT_POLICY_UPDATED): self.book.apply,
            **self.degrading.takers(self.streams, recorder.node),
        }
        self.follower = Follower(events, clock, takers, self._begin, name="the module of breakers and degradation")
        self.circuits = CircuitService(
            events, self.table, self.book, self.feed, self.follower, stream=self.streams.breaker
        )
        self.desk = CommandDesk(events, clock, recorder, self.table)

    def _moved(self, event: Event) -> None:
        self.table.change(facts.CircuitTransition.FromString(event.payload))

    async def _begin(self) -> int:
        head = await self._events.head()
        await self.book.load()
        await self.degrading.book.load()
        return head


def shelved(tools: Toolbox, recorder: record.Recorder, feed: Feed) -> tuple[ProjectionShelf, Follower]:
    """Return the projections, and what hands them the events that they fold."""
    process = tools.identity.process
    shelf = ProjectionShelf(
        tools.events,
        tools.clock,
        recorder,
        feed=feed,
        snapshots=Snapshots(tools.home and tools.home / "projections", process),
        process=process,
        derivations=derivations(recorder.streams),
    )
    for name in shelf.names:
        tools.faults.offer(FaultKind.CORRUPT_PROJECTION, name, partial(shelf.damage, name))
    return shelf, Follower(tools.events, tools.clock, shelf.takers(), shelf.begin, name="the shelf of projections")


def degrading(tools: Toolbox, recorder: record.Recorder, table: BreakerTable) -> Degrading:
    """Return what keeps the level of degradation."""
    events, clock = tools.events, tools.clock
    book = RevisionBook(events, clock, recorder.fact, degradation_kind(recorder.streams.degradation_policy))
    signals = Signals(clock, table)
    services = Services(tools.directory, tools.check)
    keeper = LevelKeeper(events, clock, recorder, book=book, signals=signals, services=services)
    holds = Holds(events, clock, recorder, keeper)
    return Degrading(
        book=book,
        signals=signals,
        keeper=keeper,
        holds=holds,
        steering=Steering(clock, keeper, holds, services),
    )
