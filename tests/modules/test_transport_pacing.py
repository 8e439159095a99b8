"""Calls that wait for their turn get it by priority, one after the other, or are told in time that they do not."""

import asyncio
import time

from luna.contracts import load_contracts
from luna.resilience.limiter import Limiter, LimiterPolicy
from luna.resilience.pace import PacePolicy
from luna.transport.admission import Admission
from luna.transport.call import Call
from luna.transport.pacing import LOOK_SECONDS, Pacing
from luna.transport.request_errors import OverloadedError
from luna.transport.rpc import describe

SLOW = PacePolicy(busy_max=0.01, per_second_min=20)
"""Any work at all is too much."""
load_contracts()
LOW = describe("/arkalia.zeroia.v1.DecisionService/ListDecisions", unary=True)
ECHO = describe("/arkalia.helloria.v1.HelloriaService/Echo", unary=True)


async def held_back() -> Pacing:
    """Return a pacing that has seen this loop work while urgent calls came, and looks at it no more."""
    pacing = Pacing(SLOW)
    looking = asyncio.create_task(pacing.run())
    while pacing.per_second != SLOW.per_second_min:
        pacing.urgent += 10
        until = time.monotonic() + LOOK_SECONDS / 4
        while time.monotonic() < until:
            pass
        await asyncio.sleep(LOOK_SECONDS / 4)
    looking.cancel()
    return pacing


async def test_turns_come_by_priority() -> None:
    """
    Whoever matters more begins first, whenever it came.
    """
    pacing = await held_back()
    began: list[int] = []

    async def call(priority: int) -> None:
        if (turn := pacing.begin(priority)) is not None:
            await turn
        began.append(priority)

    await asyncio.gather(*(call(priority) for priority in (5, 4, 4, 3, 2, 2)))

    # The first to come finds nobody waiting.
    assert began[0] == 5
    assert began[1:] == [2, 2, 3, 4, 4]


async def test_whoever_gives_up_keeps_nobody_waiting() -> None:
    """
    Its turn is the next one's.
    """
    pacing = await held_back()
    pacing.begin(2)
    gone, next_one = pacing.begin(2), pacing.begin(3)
    assert gone is not None
    assert next_one is not None

    gone.cancel()
    await next_one

    assert pacing.waiting == 0


async def test_urgent_calls_pass_and_others_are_refused_in_time() -> None:
    """
    A call whose turn does not come gives its place back.
    """
    pacing, limiter = await held_back(), Limiter(LimiterPolicy(queue_seconds=0.2))
    admission = Admission(limiter=limiter, pacing=pacing)

    def started(rpc: object) -> Call:
        call = Call(rpc, None, ())  # type: ignore[arg-type]
        start = admission.on_start(rpc)  # type: ignore[arg-type]
        assert start is not None
        start(call)
        return call

    calls = [started(LOW) for _ in range(15)]
    urgent = started(ECHO)
    assert urgent.waiting is None
    outcomes = await asyncio.gather(*(call.waiting for call in calls if call.waiting), return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, OverloadedError)]
    assert refused
    assert limiter.in_flight == len(calls) - len(refused) + 1


async def test_without_urgent_calls_nobody_waits() -> None:
    """
    However busy the loop is.
    """
    pacing = Pacing(SLOW)
    looking = asyncio.create_task(pacing.run())
    until = time.monotonic() + 3 * LOOK_SECONDS
    while time.monotonic() < until:
        await asyncio.sleep(0)
    looking.cancel()

    assert pacing.per_second is None
    assert pacing.begin(5) is None
