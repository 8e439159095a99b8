"""A budget never lets more be sent again than its share, whatever the traffic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna.resilience.budget import RetryBudget
from luna.resilience.violations import PolicyError

RATIO, FLOOR, BURST = 0.1, 0.5, 5.0

steps = st.lists(st.tuples(st.floats(0, 3), st.integers(0, 30), st.integers(0, 30)), max_size=80)


@given(steps)
def test_what_is_sent_again_stays_within_the_share(moves: list[tuple[float, int, int]]) -> None:
    """
    From any moment on: ten per cent of the calls, half a call a second, and the burst.
    """
    budget, now, history = RetryBudget(RATIO, FLOOR, BURST), 0.0, [(0.0, 0, 0)]
    for elapsed, sent, wanted in moves:
        now += elapsed
        for _ in range(sent):
            budget.sent(now)
        for _ in range(wanted):
            budget.take(now)
        history.append((now, history[-1][1] + sent, budget.taken))

    for since, sent, taken in history:
        allowed = RATIO * (history[-1][1] - sent) + FLOOR * (now - since) + BURST + RATIO
        assert history[-1][2] - taken <= allowed + 1e-6


@given(st.integers(1, 500))
def test_a_tenth_of_steady_traffic_may_be_sent_again(calls: int) -> None:
    """
    Without losing any of it.
    """
    budget = RetryBudget(RATIO, 0.0, BURST)
    for _ in range(calls):
        budget.sent(0.0)
        budget.take(0.0)

    assert budget.taken >= int(calls * RATIO)
    assert budget.taken + budget.refused == calls


def test_a_quiet_peer_has_a_retry_now_and_then() -> None:
    """
    One every two seconds, also without any traffic to take a share of.
    """
    budget = RetryBudget(RATIO, FLOOR, BURST)
    taken = [now for now in range(10) if budget.take(float(now))]

    assert taken == [0, 2, 4, 6, 8]


def test_a_clock_that_stands_still_or_goes_back_earns_nothing() -> None:
    """
    Only time that passes counts.
    """
    budget = RetryBudget(RATIO, FLOOR, BURST)
    budget.take(100.0)

    assert not budget.take(0.0)
    assert not budget.take(100.0)


def test_a_budget_out_of_range_is_refused_with_all_that_is_wrong() -> None:
    """
    One message lists every violation.
    """
    with pytest.raises(PolicyError) as caught:
        RetryBudget(1.5, -1.0, 0.5)

    assert caught.value.violations.keys() == {"ratio", "min_per_second", "burst"}
