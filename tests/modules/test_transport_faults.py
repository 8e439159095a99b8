"""Faults begin once, however often they are asked for, and are undone once."""

import asyncio
from dataclasses import dataclass

import pytest

from luna.kernel.faults import FaultKind, Undo
from luna.transport.chaos_errors import FaultTargetUnknownError
from luna.transport.faults import REMEMBERED_MAX, REMEMBERED_SECONDS, FaultBoard, FaultSpec
from tests.fakes import FakeClock


@dataclass
class Projection:
    """Something that can be damaged, and counts how often it was, and mended."""

    damaged: int = 0
    undone: int = 0

    def damage(self) -> Undo:
        self.damaged += 1
        return self.undo

    def undo(self) -> None:
        self.undone += 1


def spec(fault_id: str = "f", *, seconds: float = 30, target: str = "") -> FaultSpec:
    return FaultSpec(fault_id=fault_id, kind=FaultKind.CORRUPT_PROJECTION, seconds=seconds, target=target)


@pytest.fixture
def projection() -> Projection:
    return Projection()


@pytest.fixture
def board(projection: Projection, clock: FakeClock) -> FaultBoard:
    made = FaultBoard(monotonic=clock.monotonic)
    made.offer(FaultKind.CORRUPT_PROJECTION, "p", projection.damage)
    return made


async def until_over(board: FaultBoard) -> None:
    async with asyncio.timeout(10):
        while list(board.under_way()):
            await asyncio.sleep(0.001)


async def test_a_retry_while_it_lasts_is_the_same_fault(board: FaultBoard, projection: Projection) -> None:
    """
    Nothing is damaged twice.
    """
    first, again = board.inject(spec()), board.inject(spec())
    board.clear()

    assert again is first
    assert (projection.damaged, projection.undone) == (1, 1)


async def test_a_retry_after_its_end_begins_nothing(board: FaultBoard, projection: Projection) -> None:
    """
    Whether its time was up or it was ended before; it is not under way, and can be cleared no more.
    """
    ended, cleared = board.inject(spec("ended", seconds=0.001)), board.inject(spec("cleared"))
    board.clear("cleared")
    await until_over(board)

    assert board.inject(spec("ended", seconds=0.001)) is ended
    assert board.inject(spec("cleared")) is cleared
    assert list(board.under_way()) == []
    assert board.clear() == []
    assert (projection.damaged, projection.undone) == (2, 2)


async def test_after_a_while_an_id_is_free_again(board: FaultBoard, projection: Projection, clock: FakeClock) -> None:
    """
    No sooner than any caller has given up.
    """
    board.inject(spec())
    board.clear()
    clock.advance(REMEMBERED_SECONDS - 1)
    board.inject(spec())
    assert projection.damaged == 1
    clock.advance(1)
    board.inject(spec())
    board.clear()

    assert projection.damaged == 2


async def test_what_is_remembered_is_bounded(board: FaultBoard, projection: Projection) -> None:
    """
    The oldest are forgotten.
    """
    for number in range(REMEMBERED_MAX + 1):
        board.inject(spec(str(number)))
        board.clear()
    board.inject(spec("1"))
    assert projection.damaged == REMEMBERED_MAX + 1
    board.inject(spec("0"))
    board.clear()

    assert projection.damaged == REMEMBERED_MAX + 2


async def test_what_was_refused_may_be_tried_again(board: FaultBoard, projection: Projection) -> None:
    """
    It has not begun.
    """
    with pytest.raises(FaultTargetUnknownError):
        board.inject(spec(target="unknown"))
    board.inject(spec(target="p"))
    board.clear()

    assert projection.damaged == 1
