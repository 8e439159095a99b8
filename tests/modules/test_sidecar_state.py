"""What the supervisor knows, and how a node is judged by it."""

from contextlib import aclosing

import pytest

from luna.manifest import Health
from luna.sidecar.serving import judge
from luna.sidecar.state import Board, ReplicaStatus, State, worst


def status(process: str, state: State = State.SERVING, *, pid: int = 1) -> ReplicaStatus:
    return ReplicaStatus(process=process, replica=0, modules=(), generation=1, socket=None, state=state, pid=pid)


@pytest.mark.parametrize(
    ("states", "health"),
    [
        ([State.SERVING, State.SERVING], Health.SERVING),
        ([State.SERVING, State.RECOVERING], Health.DEGRADED),
        ([State.STARTING, State.RECOVERING], Health.NOT_SERVING),
    ],
)
def test_a_node_is_as_healthy_as_its_processes(states: list[State], health: Health) -> None:
    """
    It is degraded when some serve, and not serving when none does; the reason names those that do not.
    """
    statuses = [status(f"p{number}", state) for number, state in enumerate(states)]
    found, reason = judge(statuses)

    assert found is health
    assert [f"p{number}-0" in reason for number in range(len(states))] == [s is not State.SERVING for s in states]


def test_the_worst_state_counts() -> None:
    """
    Whatever the order.
    """
    assert worst([status("a"), status("b", State.NOT_SERVING), status("c", State.STARTING)]) is State.NOT_SERVING


async def test_whoever_followed_an_earlier_board_is_told_everything() -> None:
    """
    Its numbers are below all of those of the later one, or above them if the clock went back.
    """
    board = Board(after=1000)
    board.put(status("a"))
    board.put(status("b"))
    told = []
    for seen in (17, 1000, 1001, 9999):
        async with aclosing(board.follow(after=seen)) as changes:
            told.append([one.process for one in (await anext(changes))[0]])

    assert told == [["a", "b"], ["a", "b"], ["b"], ["a", "b"]]


async def test_a_slow_follower_gets_the_last_of_many_changes() -> None:
    """
    What it missed is not kept for it, and what did not change is not told again.
    """
    board = Board()
    board.put(status("a"))
    board.put(status("b"))
    async with aclosing(board.follow(after=0)) as changes:
        first, _ = await anext(changes)
        for pid in range(2, 100):
            board.put(status("b", pid=pid))
        then, version = await anext(changes)
    board.put(status("b", pid=99))

    assert [one.process for one in first] == ["a", "b"]
    assert [(one.process, one.pid) for one in then] == [("b", 99)]
    assert board.version == version
