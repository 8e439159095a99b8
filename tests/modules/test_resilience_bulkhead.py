"""A slow peer holds no more calls than it may."""

import asyncio

import pytest

from luna.resilience.bulkhead import Bulkhead, BulkheadFullError, BulkheadPolicy
from luna.resilience.violations import PolicyError

CRITICAL, HIGH, OPTIONAL = 1, 2, 5


@pytest.fixture
def bulkhead() -> Bulkhead:
    return Bulkhead("log", BulkheadPolicy(calls_max=4, queue_max=2, wait_seconds=0.05))


def fill(bulkhead: Bulkhead) -> None:
    for _ in range(4):
        assert bulkhead.enter(CRITICAL) is None


async def started(bulkhead: Bulkhead, priority: int) -> "asyncio.Task[None]":
    waiting = bulkhead.enter(priority)
    assert waiting is not None
    task = asyncio.create_task(waiting)
    await asyncio.sleep(0)
    return task


async def test_no_more_calls_are_under_way_than_allowed(bulkhead: Bulkhead) -> None:
    """
    Not even CRITICAL ones; what cannot be made in time is refused, with the peer and the limit.
    """
    fill(bulkhead)
    task = await started(bulkhead, CRITICAL)
    with pytest.raises(BulkheadFullError) as caught:
        await task

    assert caught.value.metadata == {"peer": "log", "limit": "4"}
    assert caught.value.retry_after_seconds == 0.5
    assert (bulkhead.limiter.in_flight, bulkhead.limiter.queued) == (4, 0)


async def test_who_matters_most_goes_first(bulkhead: Bulkhead) -> None:
    """
    Whenever it came.
    """
    fill(bulkhead)
    high, critical = await started(bulkhead, HIGH), await started(bulkhead, CRITICAL)
    bulkhead.leave()
    await critical
    with pytest.raises(BulkheadFullError):
        await high


async def test_a_full_queue_refuses_who_matters_least(bulkhead: Bulkhead) -> None:
    """
    At once.
    """
    fill(bulkhead)
    first, second = await started(bulkhead, HIGH), await started(bulkhead, OPTIONAL)
    with pytest.raises(BulkheadFullError):
        bulkhead.enter(OPTIONAL)
    third = await started(bulkhead, CRITICAL)

    results = await asyncio.gather(first, second, third, return_exceptions=True)
    assert all(isinstance(result, BulkheadFullError) for result in results)
    assert bulkhead.limiter.shed == 4


async def test_optional_calls_leave_room_for_others(bulkhead: Bulkhead) -> None:
    """
    Half of the places is theirs.
    """
    places = [bulkhead.enter(OPTIONAL) for _ in range(2)]
    task = await started(bulkhead, OPTIONAL)

    assert places == [None, None]
    assert bulkhead.enter(CRITICAL) is None
    bulkhead.leave()
    bulkhead.leave()
    await task


def test_a_policy_out_of_range_is_refused() -> None:
    """
    It says what is wrong.
    """
    with pytest.raises(PolicyError, match="calls_max"):
        BulkheadPolicy(calls_max=0)
    with pytest.raises(PolicyError, match="queue_max"):
        BulkheadPolicy(queue_max=-1)
