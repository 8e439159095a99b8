"""Running work within the deadline of its call."""

import asyncio

import pytest

from luna.transport.call import Call
from luna.transport.deadline import within_deadline
from luna.transport.request_errors import DeadlineError
from luna.transport.rpc import describe

ECHO = "/arkalia.helloria.v1.HelloriaService/Echo"
WATCH = "/arkalia.helloria.v1.HelloriaService/WatchStatus"


class Context:
    """A servicer's context of which only the deadline matters."""

    def __init__(self, left: float | None = None) -> None:
        self._left = left

    def time_remaining(self) -> float | None:
        return self._left

    def code(self) -> None:
        return None


def call_of(path: str = ECHO, *, left: float | None = None, headers: dict[str, str] | None = None) -> Call:
    return Call(describe(path), Context(left), tuple((headers or {}).items()))


async def _value(*, pauses: int = 0) -> str:
    for _ in range(pauses):
        await asyncio.sleep(0)
    return "done"


def _limited(seconds: float) -> Call:
    call = call_of()
    call.deadline = call.started + seconds
    return call


@pytest.mark.parametrize("pauses", [0, 1, 5])
async def test_work_in_time_is_not_disturbed(pauses: int) -> None:
    """
    Whether it waits or not.
    """
    assert await within_deadline(_limited(5), _value(pauses=pauses)) == "done"


async def test_work_that_takes_too_long_is_cancelled() -> None:
    """
    It can clean up, and its own task is not left cancelled.
    """
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.append(True)

    with pytest.raises(DeadlineError, match="longer than"):
        await within_deadline(_limited(0.05), work())
    task = asyncio.current_task()

    assert cleaned == [True]
    assert task is not None
    assert task.cancelling() == 0


async def test_a_timeout_of_the_works_own_is_its_own() -> None:
    """
    Only the deadline of the call is an answer to the caller.
    """

    async def work() -> None:
        await asyncio.sleep(0)
        raise TimeoutError("a dependency")

    with pytest.raises(TimeoutError, match="a dependency"):
        await within_deadline(_limited(5), work())


async def _sleep() -> None:
    await asyncio.sleep(60)


async def test_a_cancelled_call_is_cancelled() -> None:
    """
    Hanging up is no timeout.
    """
    task = asyncio.create_task(within_deadline(_limited(5), _sleep()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_errors_pass_through_the_deadline() -> None:
    """
    Thrown before or after the first wait.
    """

    async def work(*, pause: bool) -> None:
        if pause:
            await asyncio.sleep(0)
        raise LookupError("nothing there")

    for pause in (False, True):
        with pytest.raises(LookupError):
            await within_deadline(_limited(5), work(pause=pause))
