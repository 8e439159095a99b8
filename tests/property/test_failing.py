"""What open breakers say of a node depends on the calls behind them, on how urgent these are, and on nothing else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from luna.resilience.failing import CALLS_MIN, Guarded, failing_share

guarded = st.builds(
    Guarded, priority=st.integers(0, 5), calls=st.integers(0, 10_000) | st.integers(0, 30), failing=st.booleans()
)
some = st.lists(guarded, min_size=1, max_size=30)


def share(listed: list[Guarded]) -> float:
    found = failing_share(listed)
    assert found is not None
    assert 0 <= found <= 1
    return found


def test_without_breakers_nothing_is_known() -> None:
    """
    Which is not the same as that all is well.
    """
    assert failing_share([]) is None


@given(some)
def test_it_is_nothing_when_none_is_open_and_all_when_all_are(listed: list[Guarded]) -> None:
    """
    As far as there were enough calls.
    """
    calls = sum(one.calls for one in listed)

    assert share([replace(one, failing=False) for one in listed]) == 0
    assert share([replace(one, failing=True) for one in listed]) == min(1.0, calls / CALLS_MIN)


@given(some, st.data())
def test_one_more_that_is_open_is_never_less(listed: list[Guarded], data: st.DataObject) -> None:
    """
    Nor are more calls behind it, where there are enough.
    """
    index = data.draw(st.integers(0, len(listed) - 1))
    opened = [replace(one, failing=True) if at == index else one for at, one in enumerate(listed)]
    busier = [replace(one, calls=one.calls + CALLS_MIN) if at == index else one for at, one in enumerate(opened)]

    assert share(opened) >= share(listed)
    assert share(busier) >= share(opened) - 1e-12


@given(some, st.integers(1, 4), st.integers(1, 1000))
def test_what_is_more_urgent_counts_for_more(listed: list[Guarded], priority: int, calls: int) -> None:
    """
    Of two that are equally busy, that which guards the higher priority.
    """
    rest = [replace(one, failing=False) for one in listed]

    def one_open(open: int, closed: int) -> float:
        two = Guarded(priority=open, calls=calls, failing=True), Guarded(priority=closed, calls=calls, failing=False)
        return share([*rest, *two])

    assert one_open(priority, priority + 1) > one_open(priority + 1, priority)


@given(some, st.integers(0, 100), st.integers(1, 5))
def test_idle_breakers_change_nothing(listed: list[Guarded], count: int, priority: int) -> None:
    """
    However many there are, and whatever they guard.
    """
    idle = [Guarded(priority=priority, calls=0, failing=False)] * count

    assert share([*listed, *idle]) == share(listed)


@given(some, st.data())
def test_it_does_not_matter_how_calls_are_spread(listed: list[Guarded], data: st.DataObject) -> None:
    """
    Two breakers in front of the same calls are one.
    """
    index = data.draw(st.integers(0, len(listed) - 1))
    one = listed[index]
    part = data.draw(st.integers(0, one.calls))
    spread = [*listed[:index], *listed[index + 1 :], replace(one, calls=part), replace(one, calls=one.calls - part)]

    assert abs(share(spread) - share(listed)) < 1e-12
