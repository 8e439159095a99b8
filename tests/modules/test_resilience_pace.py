"""Less urgent work begins as fast as leaves time for what is urgent, and no slower."""

import pytest

from luna.resilience.pace import Pace, PacePolicy
from luna.resilience.violations import PolicyError


def saturated(pace: Pace, *, offered: float, cost: float, urgent: float = 100.0, looks: int = 200) -> float:
    """Have a loop serve what *pace* lets begin, *cost* seconds each; return how busy it is in the end."""
    busy = 0.0
    for _ in range(looks):
        begun = min(offered, offered if pace.per_second is None else pace.per_second, 1 / cost)
        busy = min(1.0, begun * cost)
        pace.observe(busy=busy, begun=begun, urgent=urgent)
    return busy


@pytest.mark.parametrize("offered", [1_000.0, 10_000.0])
def test_the_loop_keeps_the_time_that_it_is_meant_to_keep(offered: float) -> None:
    """
    However much is offered.
    """
    pace = Pace(PacePolicy(busy_max=0.75))

    busy = saturated(pace, offered=offered, cost=0.002)

    assert busy == pytest.approx(0.75, abs=0.05)


def test_nobody_is_held_back_while_there_is_time_or_nothing_is_urgent() -> None:
    """
    Who asks for throughput alone gets all of it.
    """
    busy_alone, idle = Pace(PacePolicy()), Pace(PacePolicy())

    assert saturated(busy_alone, offered=1_000, cost=0.002, urgent=1.0) == 1.0
    assert busy_alone.per_second is None
    saturated(idle, offered=100, cost=0.002)
    assert idle.per_second is None


def test_the_pace_ends_with_the_load() -> None:
    """
    It does not outlive what it was for.
    """
    pace = Pace(PacePolicy())
    saturated(pace, offered=1_000, cost=0.002)
    assert pace.per_second is not None

    saturated(pace, offered=50, cost=0.002)

    assert pace.per_second is None


def test_something_always_begins() -> None:
    """
    Even while others use all of the processor.
    """
    pace = Pace(PacePolicy(per_second_min=20))
    for _ in range(200):
        pace.observe(busy=1.0, begun=0.0, urgent=100.0)

    assert pace.per_second == 20


def test_a_policy_that_makes_no_sense_is_refused_whole() -> None:
    """
    With all that is wrong with it.
    """
    with pytest.raises(PolicyError) as refused:
        PacePolicy(busy_max=1.5, per_second_min=0, urgent_per_second_min=-1)

    assert set(refused.value.violations) == {"busy_max", "per_second_min", "urgent_per_second_min"}
