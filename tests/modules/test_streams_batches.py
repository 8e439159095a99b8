"""What comes while somebody is busy is handed over together."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from luna.kernel.generation import Delta, Ending, Finished, Piece, ToolCall, joined
from luna.kernel.streams import Begun, in_batches

CALL = ToolCall(id="1", name="look", arguments="{}")
END = Finished(ending=Ending.STOP)


class Tap:
    """Yields what is put in, until it is told of an error or closed."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[int | Exception] = asyncio.Queue()
        self.taken = 0
        self.is_closed = False

    def put(self, *items: int | Exception) -> None:
        for item in items:
            self.items.put_nowait(item)

    async def flow(self) -> AsyncGenerator[int, None]:
        try:
            while not isinstance(item := await self.items.get(), Exception):
                self.taken += 1
                yield item
            if not isinstance(item, EOFError):
                raise item
        finally:
            self.is_closed = True


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_first_waits_for_nothing_and_the_rest_comes_together() -> None:
    """
    While a batch is dealt with, what comes gathers; the end comes with what was before it.
    """
    tap = Tap()
    async with asyncio.timeout(30), aclosing(in_batches(tap.flow(), ahead=10)) as batches:
        tap.put(1)
        assert await anext(batches) == [1]
        tap.put(2, 3, 4)
        await turns()
        assert await anext(batches) == [2, 3, 4]
        tap.put(5, EOFError())
        await turns()
        assert await anext(batches) == [5]
        assert await anext(batches, None) is None
    assert tap.is_closed


async def test_no_more_is_read_ahead_than_is_allowed() -> None:
    """
    Whoever makes the items has to wait then, and none is lost.
    """
    tap = Tap()
    async with asyncio.timeout(30), aclosing(in_batches(tap.flow(), ahead=3)) as batches:
        tap.put(*range(10), EOFError())
        first = await anext(batches)
        await turns()
        assert tap.taken <= len(first) + 4
        assert [*first, *[item async for batch in batches for item in batch]] == list(range(10))


async def test_a_failure_comes_after_what_came_before_it() -> None:
    """
    And is raised once.
    """
    tap = Tap()
    async with asyncio.timeout(30), aclosing(in_batches(tap.flow(), ahead=10)) as batches:
        tap.put(1, 2, KeyError("gone"))
        assert await anext(batches) == [1, 2]
        with pytest.raises(KeyError, match="gone"):
            await anext(batches)


async def test_closing_closes_what_is_read_though_it_is_silent() -> None:
    """
    At once, and cancelling does too.
    """
    closed, cancelled = Tap(), Tap()
    async with asyncio.timeout(30):
        async with aclosing(in_batches(closed.flow(), ahead=10)) as batches:
            closed.put(1)
            await anext(batches)
        assert closed.is_closed

        waiting = asyncio.ensure_future(anext(in_batches(cancelled.flow(), ahead=10)))
        await turns()
        waiting.cancel()
        await asyncio.wait({waiting})
        assert cancelled.is_closed


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([], []),
        ([Delta(text="a")], [Delta(text="a")]),
        ([Delta(text="a"), Delta(text="b"), END], [Delta(text="ab", pieces=2), END]),
        ([Delta(text="a"), CALL, Delta(text="b"), Delta(text="")], [Delta(text="a"), CALL, Delta(text="b", pieces=2)]),
    ],
)
def test_words_that_follow_each_other_are_one_delta(pieces: list[Piece], whole: list[Piece]) -> None:
    """
    Nothing else is, and the order stays.
    """
    assert list(joined(pieces)) == whole


async def test_the_first_is_asked_for_at_once() -> None:
    """
    The rest when it is wanted, and an end is an end.
    """
    tap = Tap()
    tap.put(1, 2, 3, EOFError())
    begun = Begun(tap.flow())
    await turns()
    assert tap.taken == 1
    assert [item async for item in begun] == [1, 2, 3]
    await begun.aclose()
    assert tap.is_closed


@pytest.mark.parametrize("items", [[], [1], [ValueError("broken")]])
async def test_what_is_begun_and_not_read_can_be_closed(items: list[int | Exception]) -> None:
    """
    Whether the first is there, is waited for, or will never come.
    """
    tap = Tap()
    tap.put(*items)
    begun = Begun(tap.flow())
    await turns()
    await begun.aclose()
    assert tap.is_closed
