"""The wait before a process is started again."""

from hypothesis import given
from hypothesis import strategies as st

from luna.sidecar.restarts import RestartPolicy, Streak

POLICY = RestartPolicy(first_seconds=0.1, cap_seconds=10.0, healthy_seconds=30.0, crash_loop_exits=5)


def after(*healthy_seconds: float) -> Streak:
    streak = Streak()
    for seconds in healthy_seconds:
        streak = streak.after(healthy_seconds=seconds, policy=POLICY)
    return streak


def test_the_wait_doubles_with_each_quick_exit() -> None:
    """
    Drawn at its longest, the wait is .1, .2, .4, .8 s.
    """
    waits = [after(*[0.0] * exits).wait_seconds(POLICY, 1.0) for exits in range(1, 5)]

    assert waits == [0.1, 0.2, 0.4, 0.8]


def test_the_fifth_quick_exit_is_a_crash_loop_that_is_tried_at_the_cap() -> None:
    """
    Nothing gives up, and nothing spins.
    """
    fourth, fifth = after(0, 0, 0, 0), after(0, 0, 0, 0, 0)

    assert not fourth.crash_looping(POLICY)
    assert fifth.crash_looping(POLICY)
    assert fifth.wait_seconds(POLICY, 0.0) == 5.0
    assert fifth.wait_seconds(POLICY, 1.0) == 10.0


def test_half_a_minute_of_health_clears_the_record() -> None:
    """
    Just less of it does not.
    """
    assert after(0, 0, 0, 0, 30.0).exits == 1
    assert after(0, 0, 0, 0, 29.9).exits == 5


@given(exits=st.integers(min_value=1, max_value=10_000), chance=st.floats(min_value=0, max_value=1))
def test_no_streak_waits_longer_than_the_cap(exits: int, chance: float) -> None:
    """
    However long the streak and whatever the dice, the wait is between 0 and the cap.
    """
    wait = Streak(exits=exits).wait_seconds(POLICY, chance)

    assert 0 <= wait <= POLICY.cap_seconds
