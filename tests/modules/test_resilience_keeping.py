"""How the level and the projections are kept in step with the log, whoever else writes to it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from arkalia.node.v1 import health_pb2
from arkalia.resilience.v1 import resilience_event_pb2 as facts
from arkalia.resilience.v1.degradation_service_pb2 import SetDegradationRequest

from luna.kernel.events import (
    BEGINNING,
    EVERYTHING,
    Append,
    Direction,
    EventFilter,
    NewEvent,
    Page,
    StreamWrite,
)
from luna.modules.resilience.parts import Parts
from luna.modules.resilience.record import CIRCUIT_TRANSITION
from luna.resilience.degradation import Hold
from luna.resilience.levels import Level
from tests.integration.resilience_server import STREAMS
from tests.integration.zeroia_server import Node, StubbornLog, events_in


def held(node: Node, level: Level) -> Hold:
    return Hold(level=level, until=node.clock.monotonic() + 60, at_least=False, reason="an experiment")


async def test_an_event_that_comes_late_does_not_undo_what_came_after() -> None:
    """
    The newest version on record holds.
    """
    node = Node()
    keeper = Parts(node.tools()).degrading.keeper
    await keeper.hold(held(node, Level.HEAVY))
    await keeper.hold(held(node, Level.LIGHT))
    first, _ = await events_in(node.log, STREAMS.degradation)
    keeper.apply(first)

    assert keeper.level is Level.LIGHT


async def test_who_comes_second_goes_on_from_what_was_decided() -> None:
    """
    Nothing is lost and nobody is told of it: the next look records the difference.
    """
    node = Node()
    one, other = (Parts(node.tools()).degrading.keeper for _ in range(2))
    await one.hold(held(node, Level.HEAVY))
    await other.hold(held(node, Level.LIGHT))
    assert other.level is Level.HEAVY
    await other.observe()

    told = [
        facts.DegradationChanged.FromString(event.payload) for event in await events_in(node.log, STREAMS.degradation)
    ]
    assert [(one.previous_level, one.degradation.level) for one in told] == [(1, 4), (4, 2)]


async def test_a_hold_whose_answer_was_lost_holds_when_it_is_asked_for_again() -> None:
    """
    Whoever asks again is told of the level that was asked for, though it was recorded by somebody else.
    """
    node = Node()
    request = SetDegradationRequest(level=health_pb2.DEGRADATION_LEVEL_HEAVY, reason="an experiment", request_id="one")
    before, after = (Parts(node.tools()).degrading for _ in range(2))
    await before.holds.hold(request)
    await after.holds.hold(request)

    assert after.keeper.level is Level.HEAVY
    assert after.keeper.now().HasField("hold_until_time")
    assert len(await events_in(node.log, STREAMS.degradation_hold)) == 1


class BusyLog(StubbornLog):
    """A log to which something is written just when somebody has read it to its end."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def read(
        self,
        filter: EventFilter = EVERYTHING,
        *,
        after: int = BEGINNING,
        limit: int = 500,
        direction: Direction = Direction.FORWARD,
    ) -> Page:
        page = await super().read(filter, after=after, limit=limit, direction=direction)
        if self.meanwhile is not None and page.done:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return page


async def test_what_is_recorded_while_a_projection_is_built_again_is_in_it() -> None:
    """
    Whoever follows the log has folded it into the one that is thrown away.
    """
    node = Node()
    log = BusyLog(node.clock)
    parts = Parts(replace(node.tools(), events=log))

    async def change(name: str) -> None:
        payload = facts.CircuitTransition(name=name).SerializeToString()
        event = NewEvent(type=CIRCUIT_TRANSITION, payload=payload)
        await log.append(Append(writes=(StreamWrite(stream=STREAMS.breaker, events=(event,)),)))
        newest = (await events_in(log, STREAMS.breaker))[-1]
        parts.shelf.takers()[STREAMS.breaker, CIRCUIT_TRANSITION](newest)

    await change("a")
    log.meanwhile = lambda: change("b")
    told = await parts.shelf.rebuild("resilience/circuits")

    assert told.entries == 2
    assert told.position == 2
