"""What is looked at, and for how long it has to hold."""

from collections.abc import Sequence

from arkalia.events.v1 import consumer_pb2

from luna.sidecar.recovery.case import Verdict
from luna.sidecar.recovery.consumers import ConsumerWatch
from luna.sidecar.recovery.holding import Look, holds
from tests.fakes import FakeClock


class MovingClock(FakeClock):
    """A clock on which time passes while somebody waits."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


async def watched(pattern: str, *, within: float = 1.0, observe: float = 1.0) -> tuple[Verdict, float]:
    """Look at what is as *pattern* says, a tenth of a second a letter, the last of which stays.

    + holds, - does not, ? is away, ! holds again after a fall that nobody has looked at.
    """
    clock = MovingClock()
    began = clock.monotonic()

    def passed() -> int:
        return min(int((clock.monotonic() - began) / 0.1 + 1e-6), len(pattern) - 1)

    async def look() -> Look:
        seen = pattern[passed()]
        return Look(ok=seen in "+!", failure="it is down", away=seen == "?")

    verdict = await holds(
        look,
        within_seconds=within,
        observe_seconds=observe,
        clock=clock,
        falls=lambda: pattern[: passed() + 1].count("!"),
    )
    return verdict, (verdict.held_ns - FakeClock().wall_ns()) / 1e9


async def test_what_holds_and_goes_on_to_is_verified_from_the_first_moment() -> None:
    """
    The time counts from when it began to hold, not from when it had held for long enough.
    """
    verdict, held = await watched("-----+")

    assert verdict.ok
    assert 0.5 <= held < 0.6


async def test_what_holds_for_a_moment_only_counts_from_the_second_time() -> None:
    """
    A process that comes up and falls again has not recovered.
    """
    verdict, held = await watched("--++---+", within=2.0)

    assert verdict.ok
    assert 0.7 <= held < 1.0


async def test_what_held_and_is_away_for_another_reason_is_waited_for() -> None:
    """
    It has to hold for the whole time after that; what never held, or does not come back, is not verified.
    """
    verdict, held = await watched("+++" + 30 * "?" + "+")
    never, _ = await watched("?")
    gone, _ = await watched("+++?")
    worse, _ = await watched("+++" + 30 * "?" + "-", observe=20.0)

    assert verdict.ok
    assert 3.3 <= held < 3.6
    assert not any(each.ok for each in (never, gone, worse))


async def test_what_falls_again_has_its_time_again() -> None:
    """
    Though it was seen to hold, and nobody saw it fall; but not for ever.
    """
    verdict, held = await watched("-----+++!" + 30 * "-" + "+")
    unseen, since = await watched("+++++!+")
    never, _ = await watched(200 * ("!" + 9 * "-") + "-")

    assert verdict.ok
    assert 3.9 <= held < 4.2
    assert unseen.ok
    assert 0.5 <= since < 0.8
    assert not never.ok


async def test_what_does_not_hold_in_time_is_not_verified() -> None:
    """
    And says what was seen last.
    """
    verdict, _ = await watched("-")

    assert (verdict.ok, verdict.failure) == (False, "it is down")


def consumer(
    checkpoint: int, *, lag: int = 5, in_flight: int = 3, members: tuple[str, ...] = ("kernel-0",)
) -> consumer_pb2.Consumer:
    return consumer_pb2.Consumer(
        name="zeroia", checkpoint=checkpoint, lag=lag, in_flight_count=in_flight, members=members
    )


def stuck(looks: Sequence[consumer_pb2.Consumer | None], *, every: float = 0.4) -> int:
    """Return how often a consumer was found stuck over a series of looks."""
    clock = FakeClock()
    watch = ConsumerWatch(clock=clock.monotonic)
    found = 0
    for look in looks:
        if look is None:
            watch.blind()
        else:
            found += len(watch.look([look]))
        clock.advance(every)
    return found


def test_a_consumer_that_does_not_move_is_stuck_and_told_once() -> None:
    """
    It has work and somebody to do it, and settles nothing.
    """
    assert stuck([consumer(7)] * 3) == 0
    assert stuck([consumer(7)] * 20) == 1


def test_a_slow_consumer_is_not_stuck() -> None:
    """
    However far behind it is: it gets on.
    """
    assert stuck([consumer(position // 2, lag=1000 + position) for position in range(40)]) == 0


def test_a_consumer_without_work_or_members_is_not_stuck() -> None:
    """
    It waits for them.
    """
    assert stuck([consumer(7, members=())] * 20) == 0
    assert stuck([consumer(7, lag=0)] * 20) == 0
    assert stuck([consumer(7, in_flight=0)] * 20) == 0


def test_time_in_which_nobody_could_look_does_not_count() -> None:
    """
    The log was away; what it says after that begins anew.
    """
    assert stuck([consumer(7), consumer(7), None, consumer(7), consumer(7), consumer(7)]) == 0
