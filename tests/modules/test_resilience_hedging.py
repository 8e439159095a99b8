"""The first success wins, and nothing is left behind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest

from luna.kernel.clock import SystemClock
from luna.resilience.budget import RetryBudget
from luna.resilience.hedging import Hedge, HedgePolicy
from luna.resilience.percentile import Percentile
from luna.resilience.violations import PolicyError

LONG = 60.0


class GoneError(Exception):
    """Another attempt may not meet it."""


class NoError(Exception):
    """An answer, though not a nice one."""


def passes(error: Exception) -> bool:
    return isinstance(error, GoneError)


class Peer:
    """Answers attempts as it was told, and knows how they ended."""

    def __init__(self, *answers: "str | Exception | None") -> None:
        """Take what each attempt is answered with; ``None``: it takes until the end of the world."""
        self._answers = answers
        self.begun = 0
        self.cancelled = 0

    async def __call__(self, number: int) -> str:
        assert number == self.begun
        self.begun += 1
        answer = self._answers[number]
        try:
            await asyncio.sleep(LONG if answer is None else 0)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            self.cancelled += 1
            raise
        if isinstance(answer, Exception):
            raise answer
        return str(answer)


def hedge_of(delay: float = 0.02, budget: RetryBudget | None = None) -> Hedge:
    policy = HedgePolicy(delay_min_seconds=0.001, delay_max_seconds=delay)
    return Hedge(policy, budget or RetryBudget(burst=1000, min_per_second=1000), SystemClock())


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert complaints == []


async def test_an_answer_in_time_is_asked_for_once() -> None:
    """
    The usual case. Nor is anybody asked later on.
    """
    peer, hedge = Peer("first"), hedge_of(0.02)

    assert await hedge.call(peer, passes) == "first"
    await asyncio.sleep(0.04)
    assert (peer.begun, hedge.hedged) == (1, 0)


async def test_a_late_answer_is_overtaken() -> None:
    """
    The first attempt is cancelled, and has ended when the caller goes on.
    """
    peer, hedge = Peer(None, "second"), hedge_of()

    assert await hedge.call(peer, passes) == "second"
    assert (peer.begun, peer.cancelled) == (2, 1)
    assert (hedge.hedged, hedge.won) == (1, 1)


async def test_the_first_may_win_although_it_is_late() -> None:
    """
    Then the second is the loser.
    """
    release = asyncio.Event()
    ended = []

    async def attempt(number: int) -> str:
        if number:
            release.set()
            try:
                await asyncio.sleep(LONG)
            finally:
                ended.append(number)
        await release.wait()
        return "first"

    hedge = hedge_of()

    assert await hedge.call(attempt, passes) == "first"
    assert ended == [1]
    assert (hedge.hedged, hedge.won) == (1, 0)


async def test_a_first_attempt_that_fails_is_not_waited_for() -> None:
    """
    The second begins at once, however long the delay.
    """
    peer = Peer(GoneError(), "second")

    assert await hedge_of(LONG).call(peer, passes) == "second"


async def test_a_second_attempt_that_fails_does_not_end_the_first() -> None:
    """
    Also if it could not even begin.
    """
    release = asyncio.Event()

    def attempt(number: int) -> Awaitable[str]:
        if number:
            release.set()
            raise GoneError
        return first()

    async def first() -> str:
        await release.wait()
        await asyncio.sleep(0.01)
        return "first"

    assert await hedge_of().call(attempt, passes) == "first"


async def test_an_answer_that_says_no_is_an_answer() -> None:
    """
    Nobody is asked again, and the other attempt does not matter.
    """
    once, late = Peer(NoError()), Peer(None, NoError())
    with pytest.raises(NoError):
        await hedge_of(LONG).call(once, passes)
    with pytest.raises(NoError):
        await hedge_of().call(late, passes)

    assert once.begun == 1
    assert late.cancelled == 1


async def test_when_both_fail_the_last_error_is_told() -> None:
    """
    It is the newest that is known.
    """
    last = GoneError("second")
    with pytest.raises(GoneError) as caught:
        await hedge_of().call(Peer(GoneError("first"), last), passes)

    assert caught.value is last


async def test_a_loser_that_answers_all_the_same_is_not_listened_to() -> None:
    """
    The race is over.
    """
    release = asyncio.Event()

    async def attempt(number: int) -> str:
        if not number:
            await release.wait()
            return "first"
        release.set()
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            return "second"
        return "never"

    assert await hedge_of().call(attempt, passes) == "first"


async def test_the_first_may_be_the_last_to_fail() -> None:
    """
    Then it is its error that is told.
    """
    second_failed = asyncio.Event()

    async def attempt(number: int) -> str:
        if number:
            second_failed.set()
            raise GoneError("second")
        await second_failed.wait()
        await asyncio.sleep(0.01)
        raise GoneError("first")

    with pytest.raises(GoneError, match="first"):
        await hedge_of().call(attempt, passes)


async def test_a_second_attempt_that_is_cancelled_has_not_answered() -> None:
    """
    Such as by a channel that is closed.
    """

    async def attempt(number: int) -> str:
        if number:
            raise asyncio.CancelledError
        raise GoneError("first")

    with pytest.raises(GoneError, match="first"):
        await hedge_of().call(attempt, passes)


async def test_a_first_attempt_that_takes_too_long_by_itself_has_failed() -> None:
    """
    Its own time limit is not taken for the end of the race.
    """

    async def attempt(number: int) -> str:
        if not number:
            raise TimeoutError
        return "second"

    assert await hedge_of(LONG).call(attempt, lambda error: isinstance(error, TimeoutError)) == "second"
    with pytest.raises(TimeoutError):
        await hedge_of(LONG).call(attempt, passes)


@pytest.mark.parametrize(("answer", "error"), [("late", None), (GoneError("first"), GoneError)])
async def test_without_a_budget_nobody_is_asked_again(answer: str | Exception, error: type[Exception] | None) -> None:
    """
    The first attempt is all there is.
    """
    budget = RetryBudget(ratio=0.0, min_per_second=0.0)
    assert budget.take(0.0)
    peer, hedge = Peer(answer), hedge_of(0.0011, budget)
    if error:
        with pytest.raises(error):
            await hedge.call(peer, passes)
    else:
        assert await hedge.call(peer, passes) == answer

    assert (peer.begun, hedge.hedged) == (1, 0)


async def test_whoever_is_cancelled_leaves_nothing_behind() -> None:
    """
    Both attempts end with the caller.
    """
    peer = Peer(None, None)
    task = asyncio.create_task(hedge_of().call(peer, passes))
    async with asyncio.timeout(10):
        while peer.begun < 2:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled()
    assert peer.cancelled == 2


async def test_the_delay_is_what_most_calls_take() -> None:
    """
    The longest at first, then within its bounds what was seen.
    """
    hedge = hedge_of(0.5)
    at_first = hedge.delay_seconds
    for _ in range(20):
        await hedge.call(Peer("quick"), passes)

    assert at_first == 0.5
    assert 0.001 <= hedge.delay_seconds < 0.1


def test_a_percentile_follows_the_newest_samples() -> None:
    """
    Of a hundred and twenty-eight; unknown before there are twenty.
    """
    usual = Percentile(0.95)
    values: list[float | None] = []
    for sample in [*range(1, 101), *(140 * [7])]:
        usual.add(float(sample))
        values.append(usual.value)

    assert values[18] is None
    assert values[19] == 20.0
    assert values[99] == 96.0
    assert values[-1] == 7.0
    assert values[19:39] == 20 * [20.0]


def test_a_policy_out_of_range_is_refused_with_all_that_is_wrong() -> None:
    """
    One message lists every violation.
    """
    with pytest.raises(PolicyError) as caught:
        HedgePolicy(share=0, delay_min_seconds=2, delay_max_seconds=1)

    assert caught.value.violations.keys() == {"share", "delay_max_seconds"}
