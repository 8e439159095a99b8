"""What a guard teaches its breaker."""

import asyncio

import pytest

from luna.kernel.errors import DomainError
from luna.resilience.breaker import Breaker
from luna.resilience.circuit import CircuitKey, CircuitOpenError, CircuitPolicy, CircuitState, Side
from luna.resilience.guard import guard
from tests.fakes import FakeClock

KEY = CircuitKey(process="kernel-0", side=Side.CLIENT, peer="log", method="a.Service/Call", priority=1)


class RefusedError(DomainError):
    domain = "test"
    reason = "TEST"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def breaker() -> Breaker:
    policy = CircuitPolicy(slow_call_seconds=2)
    return Breaker(KEY, policy, on_transition=lambda _: None, chance=lambda: 0.0)


async def fails(breaker: Breaker, clock: FakeClock, error: BaseException) -> None:
    with pytest.raises(type(error)):
        async with guard(breaker, clock):
            raise error


async def test_an_answer_is_a_success(breaker: Breaker, clock: FakeClock) -> None:
    """
    Its time is that of the block.
    """
    async with guard(breaker, clock):
        clock.advance(1)
    async with guard(breaker, clock):
        clock.advance(2)

    counted = breaker.window(clock.monotonic())
    assert (counted.calls, counted.failures, counted.slow) == (2, 0, 1)


async def test_an_error_is_a_failure_and_goes_on(breaker: Breaker, clock: FakeClock) -> None:
    """
    The error reaches the caller as it is, and counts.
    """
    await fails(breaker, clock, OSError("gone"))

    assert breaker.window(clock.monotonic()).failures == 1


async def test_to_say_no_is_a_success(breaker: Breaker, clock: FakeClock) -> None:
    """
    The dependency answered; it only refused.
    """
    await fails(breaker, clock, RefusedError("no"))

    counted = breaker.window(clock.monotonic())
    assert (counted.calls, counted.failures) == (1, 0)


async def test_who_is_cancelled_teaches_nothing(breaker: Breaker, clock: FakeClock) -> None:
    """
    The call counts nowhere, and its slot is free.
    """
    breaker.force(CircuitState.OPEN, clock.monotonic(), seconds=1)
    clock.advance(1)

    async def waits() -> None:
        async with guard(breaker, clock):
            await asyncio.Event().wait()

    for _ in range(3):
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert breaker.state is CircuitState.HALF_OPEN
    assert breaker.window(clock.monotonic()).calls == 0
    async with guard(breaker, clock):
        pass


async def test_nothing_is_called_while_open(breaker: Breaker, clock: FakeClock) -> None:
    """
    The block is not entered, and the refusal is not counted as a failure.
    """
    breaker.force(CircuitState.FORCED_OPEN, clock.monotonic())
    entered = False
    with pytest.raises(CircuitOpenError):
        async with guard(breaker, clock):
            entered = True

    assert not entered
    assert breaker.window(clock.monotonic()).calls == 0


async def test_what_counts_as_a_failure_can_be_said(breaker: Breaker, clock: FakeClock) -> None:
    """
    Such as a refusal of a breaker further in.
    """
    inner = Breaker(KEY, CircuitPolicy(), on_transition=lambda _: None)
    inner.force(CircuitState.FORCED_OPEN, clock.monotonic())
    with pytest.raises(CircuitOpenError):
        async with guard(breaker, clock, lambda error: isinstance(error, CircuitOpenError)), guard(inner, clock):
            pass

    assert breaker.window(clock.monotonic()).failures == 1
