"""A chat never waits until it is known which models there are."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from luna.kernel.generation import Piece, Prompt
from luna.kernel.language_model import ModelInfo, PullProgress
from luna.kernel.model_errors import ModelServerError
from luna.kernel.model_tools import ModelTools
from luna.modules.assistantia.models import ModelShelf
from tests.fakes import FakeClock


class Slow:
    """A server that says what it holds when it is let."""

    def __init__(self, name: str, *held: str) -> None:
        self.name = name
        self.held: Sequence[str] | None = held
        """`None`: it fails."""
        self.may_answer = asyncio.Event()
        self.asked = 0

    async def models(self) -> Sequence[ModelInfo]:
        self.asked += 1
        await self.may_answer.wait()
        if self.held is None:
            raise ModelServerError("gone")
        return [ModelInfo(name=name) for name in self.held]

    def generate(self, model: str, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        raise NotImplementedError

    async def load(self, model: str) -> ModelInfo:
        raise NotImplementedError

    def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        raise NotImplementedError

    async def aclose(self) -> None:
        """Hold nothing."""


@pytest.fixture
def quick() -> Slow:
    server = Slow("quick", "a")
    server.may_answer.set()
    return server


@pytest.fixture
def slow() -> Slow:
    return Slow("slow", "b")


@pytest.fixture
def shelf(quick: Slow, slow: Slow, clock: FakeClock) -> ModelShelf:
    return ModelShelf(ModelTools(servers=[quick, slow]), clock, "mind-0")


async def names(shelf: ModelShelf, *, fresh: bool = False) -> list[str]:
    return [model.name for model in (await shelf.models(fresh=fresh)).models]


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_server_that_does_not_answer_keeps_nobody_waiting(shelf: ModelShelf, slow: Slow) -> None:
    """
    Those of the others are there; and its own when it has answered, which it is asked once.
    """
    assert await names(shelf) == ["quick/a"]
    assert await names(shelf) == ["quick/a"]
    assert slow.asked == 1
    slow.may_answer.set()
    await turns()

    assert await names(shelf) == ["quick/a", "slow/b"]


async def test_what_was_seen_is_told_while_it_is_looked_again(
    shelf: ModelShelf, quick: Slow, slow: Slow, clock: FakeClock
) -> None:
    """
    After half a minute, and not before.
    """
    slow.may_answer.set()
    assert await names(shelf, fresh=True) == ["quick/a", "slow/b"]
    quick.held, slow.held = None, ["b", "c"]
    clock.advance(29)
    assert await names(shelf) == ["quick/a", "slow/b"]
    assert quick.asked == 1
    clock.advance(1)
    assert await names(shelf) == ["quick/a", "slow/b"]
    await turns()

    assert await names(shelf) == ["slow/b", "slow/c"]
    assert (await shelf.models(fresh=False)).silent == [("quick", "gone")]
    assert quick.asked == 2


async def test_who_wants_to_know_waits(shelf: ModelShelf, slow: Slow) -> None:
    """
    Until every server has answered.
    """
    asking = asyncio.create_task(names(shelf, fresh=True))
    await turns()
    assert not asking.done()
    slow.may_answer.set()

    assert await asking == ["quick/a", "slow/b"]


async def test_the_first_who_asks_knows_what_was_seen_at_the_start(quick: Slow, slow: Slow, clock: FakeClock) -> None:
    """
    A server that has not answered by then is named, and none of its models is called missing.
    """
    watched = ModelShelf(ModelTools(servers=[quick, slow], ladder=["slow/b", "quick/z"]), clock, "mind-0")
    running = asyncio.create_task(watched.run())
    await turns()
    early = await watched.models(fresh=False)
    slow.may_answer.set()
    await turns()
    known = await watched.models(fresh=False)

    assert not running.done()
    running.cancel()
    assert (early.missing, early.late) == (["quick/z"], ["slow"])
    assert (known.missing, known.late) == (["quick/z"], [])
    assert [model.name for model in known.models] == ["slow/b", "quick/a"]
    assert (quick.asked, slow.asked) == (1, 1)
