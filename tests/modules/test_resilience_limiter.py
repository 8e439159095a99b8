"""How the limit follows the latency, and how calls wait for their place."""

import asyncio
import time
from collections.abc import Callable

import pytest

from luna.resilience.gradient import GradientPolicy
from luna.resilience.limiter import CRITICAL, OPTIONAL, Limiter, LimiterPolicy
from luna.resilience.limiter_gate import LimiterGate, ShedError
from luna.resilience.violations import PolicyError

MEDIUM = 3


def serve(limiter: Limiter, seconds: Callable[[int], float], *, callers: int, turns: int, start: float = 0.0) -> float:
    """Let *callers* call without pause; each call takes what *seconds* makes of how many there are. Return the time."""
    now = start
    for _ in range(turns):
        while limiter.in_flight < callers and limiter.admit(MEDIUM):
            pass
        took = seconds(limiter.in_flight)
        now += took / max(1, limiter.in_flight)
        limiter.release("a.Service/Call", took, now)
    while limiter.in_flight:
        limiter.release()
    return now


def worker(in_flight: int) -> float:
    """Four at a time take 10 ms; more wait for each other."""
    return 0.010 * max(1.0, in_flight / 4)


def test_the_limit_settles_where_calls_begin_to_wait() -> None:
    """
    A process that does four at a time is given a few more than that, however many want in.
    """
    limiter = Limiter(LimiterPolicy())
    now = serve(limiter, worker, callers=2, turns=100)
    serve(limiter, worker, callers=500, turns=20_000, start=now)

    assert 8 <= limiter.limit <= 20


def test_the_limit_grows_while_calls_do_not_wait() -> None:
    """
    A process that is never busy is given more and more.
    """
    limiter = Limiter(LimiterPolicy())
    serve(limiter, lambda _: 0.01, callers=5000, turns=100_000)

    assert limiter.limit > 3 * LimiterPolicy().gradient.limit_initial


def test_the_limit_stays_while_it_is_not_used() -> None:
    """
    Slow calls that are few say nothing about how many there is room for.
    """
    limiter = Limiter(LimiterPolicy())
    now = serve(limiter, lambda _: 0.01, callers=2, turns=100)
    serve(limiter, lambda _: 0.5, callers=2, turns=1000, start=now)

    assert limiter.limit == LimiterPolicy().gradient.limit_initial


def test_overload_does_not_become_normal() -> None:
    """
    After a minute of it, what the method takes when there is room is known as before.
    """
    limiter = Limiter(LimiterPolicy())
    now = serve(limiter, worker, callers=2, turns=100)
    end = serve(limiter, lambda _: 0.2, callers=500, turns=1300, start=now)

    assert end - now > 60
    assert (limiter.baseline_seconds("a.Service/Call") or 1.0) < 0.02
    assert limiter.limit == LimiterPolicy().gradient.limit_min


def test_slow_methods_do_not_speak_for_fast_ones() -> None:
    """
    A sample is relative to its own method: a mix of both leaves the limit alone.
    """
    limiter = Limiter(LimiterPolicy(gradient=GradientPolicy(limit_initial=100, limit_max=100)))
    now = 0.0
    for turn in range(5000):
        while limiter.admit(MEDIUM):
            pass
        now += 0.01
        limiter.release(*(("slow", 3.0) if turn % 2 else ("fast", 0.002)), now)

    assert limiter.limit == 100


def test_less_capacity_leaves_room_for_critical_only() -> None:
    """
    The share holds for all but CRITICAL.
    """
    limiter = Limiter(LimiterPolicy(gradient=GradientPolicy(limit_initial=100)))
    limiter.scale(0.2)
    admitted = sum(limiter.admit(OPTIONAL) for _ in range(100))

    assert admitted == 10
    assert all(limiter.admit(CRITICAL) for _ in range(1000))


def test_a_policy_out_of_range_is_refused_with_all_that_is_wrong() -> None:
    """
    One message lists every violation.
    """
    with pytest.raises(PolicyError) as caught:
        GradientPolicy(limit_initial=5, limit_min=8, limit_max=2, smoothing=2, window_seconds=0)
    with pytest.raises(PolicyError) as more:
        LimiterPolicy(queue_max=-1, queue_seconds=0)

    assert caught.value.violations.keys() == {"limit_initial", "limit_max", "smoothing", "window_seconds"}
    assert more.value.violations.keys() == {"queue_max", "queue_seconds"}


@pytest.fixture
def gate() -> LimiterGate:
    """With one place for OPTIONAL, which is taken, and room for two to wait."""
    gradient = GradientPolicy(limit_initial=2, limit_min=2)
    gate = LimiterGate(Limiter(LimiterPolicy(gradient=gradient, queue_max=2, queue_seconds=0.05)))
    assert gate.enter(OPTIONAL) is None
    return gate


async def waits(gate: LimiterGate, priority: int = OPTIONAL) -> None:
    waiting = gate.enter(priority)
    assert waiting is not None
    await waiting


async def started(gate: LimiterGate, priority: int = OPTIONAL) -> "asyncio.Task[None]":
    task = asyncio.create_task(waits(gate, priority))
    await asyncio.sleep(0)
    return task


async def test_who_waits_goes_on_when_a_place_is_free(gate: LimiterGate) -> None:
    """
    And holds it until the call ends.
    """
    task = await started(gate)
    gate.leave()
    await task

    assert (gate.limiter.in_flight, gate.limiter.queued) == (1, 0)


async def test_nobody_waits_longer_than_allowed(gate: LimiterGate) -> None:
    """
    Then it is refused, and no longer in the queue.
    """
    with pytest.raises(ShedError, match="2 calls may be under way; try again in 1 s") as caught:
        await waits(gate)

    assert (gate.limiter.in_flight, gate.limiter.queued, gate.limiter.shed) == (1, 0, 1)
    assert (caught.value.limit, caught.value.retry_after_seconds) == (2, 1.0)


async def test_the_newest_that_matters_least_is_shed(gate: LimiterGate) -> None:
    """
    For one that matters more; one that does not is refused itself.
    """
    oldest, newest = await started(gate), await started(gate)
    with pytest.raises(ShedError):
        gate.enter(OPTIONAL)
    better = await started(gate, MEDIUM)
    with pytest.raises(ShedError):
        await newest
    gate.leave()
    await better
    gate.leave()
    await oldest

    assert gate.limiter.shed == 2


async def test_who_is_cancelled_while_waiting_leaves_the_queue(gate: LimiterGate) -> None:
    """
    Its ticket holds no room.
    """
    task = await started(gate)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert (gate.limiter.in_flight, gate.limiter.queued) == (1, 0)


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_a_place_given_to_the_cancelled_is_given_back(gate: LimiterGate, *, cancelled_first: bool) -> None:
    """
    Whichever came first, the place or the cancellation.
    """
    task = await started(gate)
    for act in (task.cancel, gate.leave) if cancelled_first else (gate.leave, task.cancel):
        act()
    await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled()
    assert (gate.limiter.in_flight, gate.limiter.queued) == (0, 0)


async def test_whoever_is_shed_and_cancelled_holds_no_place(gate: LimiterGate) -> None:
    """
    It has none to give back.
    """
    await started(gate)
    newest = await started(gate)
    better = await started(gate, MEDIUM)
    newest.cancel()
    await asyncio.gather(newest, return_exceptions=True)

    assert newest.cancelled()
    assert gate.limiter.in_flight == 1
    gate.leave()
    await better


async def test_a_place_that_comes_at_the_last_moment_is_taken(gate: LimiterGate) -> None:
    """
    Whoever is let in when its time is up goes on.
    """
    task = await started(gate)
    # The loop does not run meanwhile: the time is up, and nobody has noticed.
    time.sleep(0.06)  # noqa: ASYNC251
    asyncio.get_running_loop().call_soon(gate.leave)
    await task

    assert gate.limiter.in_flight == 1


async def test_more_capacity_lets_those_in_that_wait() -> None:
    """
    They need not wait for a call to end.
    """
    gate = LimiterGate(Limiter(LimiterPolicy(gradient=GradientPolicy(limit_initial=20))))
    gate.scale(0.2)
    while gate.limiter.admit(MEDIUM):
        pass
    task = await started(gate, MEDIUM)
    gate.scale(1.0)
    await task

    assert gate.limiter.queued == 0
