"""The words of circuit breakers, and what they allow."""

from typing import Any

import pytest

from luna.resilience.breaker import Breaker
from luna.resilience.circuit import (
    CallWindow,
    CircuitKey,
    CircuitOpenError,
    CircuitPolicy,
    CircuitState,
    Side,
    cause_to_open,
    open_seconds,
)
from luna.resilience.probes import LOST_MAX, SLOT_SECONDS, Probes
from luna.resilience.violations import PolicyError

KEY = CircuitKey(process="kernel-0", side=Side.CLIENT, peer="log", method="a.Service/Call", priority=1)


def test_a_policy_out_of_range_is_refused_with_all_that_is_wrong() -> None:
    """
    One message lists every violation.
    """
    wrong: dict[str, Any] = {
        "calls_min": 0,
        "window_seconds": 0.0,
        "window_calls": -1,
        "failure_ratio": 0.0,
        "slow_ratio": 1.1,
        "slow_call_seconds": float("nan"),
        "consecutive_failures": 0,
        "open_seconds": float("inf"),
        "open_seconds_max": -1.0,
        "open_jitter": -0.1,
        "probes_max": 0,
        "probe_successes": 0,
    }
    with pytest.raises(PolicyError) as caught:
        CircuitPolicy(**wrong)

    assert caught.value.violations.keys() == wrong.keys()
    assert all(field in str(caught.value) for field in wrong)


@pytest.mark.parametrize(
    ("field", "contradicting"),
    [
        ("open_seconds_max", {"open_seconds": 700.0}),
        ("open_seconds_max", {"open_seconds_max": float("inf")}),
        ("window_calls", {"window_calls": 5, "calls_min": 10}),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(field: str, contradicting: dict[str, Any]) -> None:
    """
    The longest time is not the shortest, and ratios need as many calls as they are of.
    """
    with pytest.raises(PolicyError) as caught:
        CircuitPolicy(**contradicting)

    assert caught.value.violations.keys() == {field}


def test_a_violation_says_what_would_be_right() -> None:
    """
    With the value that is wrong, one after the other.
    """
    with pytest.raises(PolicyError) as caught:
        CircuitPolicy(calls_min=0, open_seconds=-1.0, slow_ratio=0.0, open_jitter=2.0)

    assert str(caught.value) == (
        "calls_min must be a number from 1 on, not 0; open_seconds must be a number above 0, not -1; "
        "slow_ratio must be above 0 and at most 1, not 0; open_jitter must be at least 0 and at most 1, not 2"
    )


def test_the_ends_of_the_ranges_are_within() -> None:
    """
    A policy may ask for every call to fail, and for no chance.
    """
    CircuitPolicy(failure_ratio=1.0, slow_ratio=1.0, open_jitter=0.0, open_seconds=1.0, open_seconds_max=1.0)
    CircuitPolicy(open_jitter=1.0, calls_min=1, window_calls=1, consecutive_failures=1)


def test_a_key_has_a_name() -> None:
    """
    Process, side, peer and method.
    """
    assert KEY.name == "kernel-0/client/log/a.Service/Call"


def test_what_a_policy_would_do_can_be_asked() -> None:
    """
    With what a breaker has counted, without one.
    """
    window = CallWindow(calls=10, failures=4, slow=3, consecutive_failures=2)

    assert not cause_to_open(CircuitPolicy(), window)
    assert cause_to_open(CircuitPolicy(failure_ratio=0.4), window) == "failure ratio 0.40 of 10 calls"
    assert cause_to_open(CircuitPolicy(slow_ratio=0.3), window) == "slow ratio 0.30 of 10 calls"
    assert cause_to_open(CircuitPolicy(consecutive_failures=2), window) == "2 failures in a row"


def test_the_open_time_is_left_to_chance_in_part() -> None:
    """
    It is shortened by a tenth at most, so that it never exceeds the longest.
    """
    policy = CircuitPolicy()

    assert [open_seconds(policy, 0, chance) for chance in (0.0, 0.5, 1.0)] == [60.0, 57.0, 54.0]
    assert [open_seconds(policy, 10_000, chance) for chance in (0.0, 1.0)] == [600.0, 540.0]


def test_a_breaker_draws_its_open_time() -> None:
    """
    Each time anew.
    """
    dice = iter([1.0, 0.0])
    breaker = Breaker(KEY, CircuitPolicy(), on_transition=lambda _: None, chance=lambda: next(dice))
    breaker.force(CircuitState.OPEN, 0.0)
    first = breaker.retry_after(0.0)
    breaker.force(CircuitState.OPEN, 0.0)

    assert (first, breaker.retry_after(0.0)) == (54.0, 60.0)


@pytest.mark.parametrize(("state", "wait"), [(CircuitState.FORCED_OPEN, 60.0), (CircuitState.HALF_OPEN, 1.0)])
def test_whoever_is_refused_is_told_to_wait(state: CircuitState, wait: float) -> None:
    """
    Also where nobody knows for how long.
    """
    breaker = Breaker(KEY, CircuitPolicy(), on_transition=lambda _: None)
    breaker.force(CircuitState.OPEN, 0.0, seconds=1.0)
    breaker.force(state, 0.0)
    if state is CircuitState.HALF_OPEN:
        breaker.enter(0.0)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.enter(0.0)

    assert caught.value.retry_after_seconds == wait


def test_probes_that_are_lost_are_forgotten_some_day() -> None:
    """
    The oldest first, so that their number is bounded.
    """
    probes = Probes()
    for token in range(1000):
        assert probes.begin(token, token * (SLOT_SECONDS + 1), limit=1)
    remembered = [token for token in range(1000) if probes.end(token)]

    assert remembered == list(range(1000 - LOST_MAX - 1, 1000))
