"""A call that hangs does not keep others out, and one that only takes its time keeps its place."""

from typing import Any

from luna.contracts import load_contracts
from luna.resilience.gradient import LEARNT_CALLS, GradientPolicy
from luna.resilience.limiter import SHARES, Limiter, LimiterPolicy
from luna.transport.admission import Admission
from luna.transport.call import Call
from luna.transport.late_calls import LATE_SECONDS, LATE_SHARE_MAX
from luna.transport.request_errors import OverloadedError
from luna.transport.rpc import describe

LIMIT = 10
load_contracts()
STATS = describe("/arkalia.events.v1.EventService/GetStats", unary=True)
ROOM = int(LIMIT * SHARES[STATS.priority])


class Door:
    """An admission, and the calls that go through it."""

    def __init__(self) -> None:
        gradient = GradientPolicy(limit_initial=LIMIT, limit_min=1)
        self.limiter = Limiter(LimiterPolicy(gradient=gradient, queue_seconds=0.5))
        admission = Admission(limiter=self.limiter)
        self._start: Any = admission.on_start(STATS)
        self._end: Any = admission.on_end(STATS)

    def enter(self, *, seconds_ago: float = 0.0) -> Call:
        call = Call(STATS, None, ())
        self._start(call)
        if call.admitted is not None:
            call.admitted -= seconds_ago
        return call

    async def fill(self, *, seconds_ago: float) -> list[Call]:
        """Let calls in until one has to wait even after hanging ones were looked for, and give that one up."""
        calls = list[Call]()
        while True:
            call = self.enter(seconds_ago=seconds_ago)
            if call.waiting is not None:
                try:
                    await call.waiting
                except OverloadedError:
                    return calls
            calls.append(call)

    def end(self, call: Call) -> None:
        self._end(call, 0)


async def test_a_call_that_hangs_loses_its_place() -> None:
    """
    Its end gives back nothing then, for it has nothing.
    """
    door = Door()
    hanging = [door.enter(seconds_ago=2 * LATE_SECONDS) for _ in range(ROOM)]

    call = door.enter()
    assert call.admitted is not None
    assert door.limiter.in_flight == 1

    for it in hanging:
        door.end(it)
    assert door.limiter.in_flight == 1
    door.end(call)
    assert door.limiter.in_flight == 0


async def test_a_call_whose_method_takes_that_long_keeps_its_place() -> None:
    """
    It is late once it takes many times as long.
    """
    slow = Door()
    for _ in range(LEARNT_CALLS):
        slow.end(slow.enter(seconds_ago=LATE_SECONDS))

    assert len(await slow.fill(seconds_ago=2 * LATE_SECONDS)) == ROOM


async def test_whoever_waits_gets_the_place_of_a_call_that_hangs_by_itself() -> None:
    """
    Nobody has to come after it.
    """
    door = Door()
    calls = [door.enter() for _ in range(ROOM)]
    waiting = door.enter()
    assert waiting.waiting is not None

    for it in calls:
        assert it.admitted is not None
        it.admitted -= 2 * LATE_SECONDS
    await waiting.waiting

    assert waiting.admitted is not None


async def test_not_more_calls_hang_than_a_few_times_the_limit() -> None:
    """
    What hangs holds memory.
    """
    door = Door()

    hanging = await door.fill(seconds_ago=2 * LATE_SECONDS)

    assert len(hanging) == LATE_SHARE_MAX * LIMIT + ROOM
