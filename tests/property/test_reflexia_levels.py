"""Levels, rates, slots and thinning, for any input."""

from itertools import pairwise

from arkalia.reflexia.v1 import reflexia_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from luna.modules.reflexia.domain import (
    DEFAULT_POLICY,
    Action,
    Level,
    Signal,
    Thresholds,
    assess,
    level_of,
    rate,
)
from luna.modules.reflexia.slots import Slot, next_slot, sample_id
from luna.modules.reflexia.thinning import Taken, Thinner

SECOND = 1_000_000_000

ratios = st.floats(0, 1)
signals = st.dictionaries(st.sampled_from(Signal), st.floats(0, 3))
levels = st.sampled_from([Level.OK, Level.ELEVATED, Level.HIGH, Level.CRITICAL])
rising = st.lists(ratios, min_size=3, max_size=3, unique=True).map(sorted)
intervals = st.integers(SECOND // 10, 60 * SECOND)


def _thresholds(bounds: list[float], margin: float = 0.0) -> Thresholds:
    elevated, high, critical = bounds
    return Thresholds(elevated=elevated, high=high, critical=critical, leave_margin=margin)


def test_the_numbers_are_those_of_the_contract() -> None:
    """
    Domain and contract count the same things in the same way.
    """
    for kind, contract in ((Signal, pb.Signal), (Level, pb.Level), (Action, pb.RecommendedAction)):
        for value in kind:
            assert contract.Name(value).endswith(value.name)
        assert set(contract.values()) - {0} == {int(value) for value in kind} - {0}


@given(rising, ratios, ratios)
def test_a_higher_value_never_has_a_lower_level(bounds: list[float], one: float, other: float) -> None:
    """
    Levels rise with values.
    """
    low, high = sorted((one, other))

    assert level_of(low, _thresholds(bounds)) <= level_of(high, _thresholds(bounds))


@given(rising, ratios)
def test_a_level_begins_exactly_at_its_threshold(bounds: list[float], value: float) -> None:
    """
    Coming from nothing, the level is the number of thresholds reached.
    """
    reached = sum(value >= bound for bound in bounds)

    assert level_of(value, _thresholds(bounds)) == Level.OK + reached


@given(rising, ratios, st.floats(0, 0.5), levels)
def test_the_level_before_can_only_hold_a_level(
    bounds: list[float], value: float, margin: float, previous: Level
) -> None:
    """
    Hysteresis never raises above where we were, nor lowers below what the value alone calls for.
    """
    thresholds = _thresholds(bounds, margin)
    plain, held = level_of(value, thresholds), level_of(value, thresholds, previous)

    assert plain <= held <= max(plain, previous)


@given(rising, st.floats(0.001, 0.5), st.lists(ratios, min_size=2, max_size=50))
def test_a_level_is_left_only_below_its_margin(bounds: list[float], margin: float, values: list[float]) -> None:
    """
    Along any walk, each step down went below the threshold by the margin.
    """
    thresholds = _thresholds(bounds, margin)
    level = Level.OK
    for value in values:
        after = level_of(value, thresholds, level)
        if after < level:
            bound = thresholds.of(level)
            assert bound is not None
            assert value < bound - margin
        level = after


@given(signals)
def test_the_worst_signal_decides_the_action(values: dict[Signal, float]) -> None:
    """
    The action has the rank of the highest level, and nothing is recommended from nothing.
    """
    found = assess(values)

    assert set(found.levels) == set(values)
    assert found.action == (max(found.levels.values()) if values else 0)
    assert found.action is not Action.HALT
    assert found.reason


@given(signals, st.sampled_from(Signal))
def test_a_missing_reading_changes_no_other_level(values: dict[Signal, float], lost: Signal) -> None:
    """
    A sensor that falls silent takes only its own level with it.
    """
    rest = {signal: value for signal, value in values.items() if signal is not lost}
    before, after = assess(values).levels, assess(rest).levels

    assert after == {signal: level for signal, level in before.items() if signal is not lost}


@given(st.integers(0, 2**63), st.integers(0, 2**63), st.floats(0.001, 1e6))
def test_a_rate_is_never_negative(before: int, after: int, seconds: float) -> None:
    """
    A counter that starts over has no rate, instead of a wrong one.
    """
    found = rate(before, after, seconds)

    assert (found is None) == (after < before)
    assert found is None or found >= 0


@given(st.one_of(st.none(), st.integers(0, 9)), st.one_of(st.none(), st.integers(0, 9)), st.floats(-1, 0))
def test_what_is_not_known_has_no_rate(before: int | None, after: int | None, seconds: float) -> None:
    """
    Without both readings, or without time between them, there is none.
    """
    assert rate(before, after, seconds) is None
    assert rate(None, after, 1.0) is None
    assert rate(before, None, 1.0) is None


@given(intervals, st.integers(10**18, 2 * 10**18), st.lists(st.floats(0, 5), max_size=40))
def test_slots_are_taken_once_in_order_and_never_in_the_past(
    interval_ns: int, wall_ns: int, delays: list[float]
) -> None:
    """
    However long the work in a slot takes, the next one lies ahead on the same grid, and missed ones are skipped.
    """
    monotonic = 1000.0
    slot = next_slot(interval_ns, wall_ns=wall_ns, monotonic=monotonic)
    slots = [slot]
    for delay in delays:
        elapsed = slot.due - monotonic + delay * interval_ns / SECOND
        wall_ns, monotonic = wall_ns + round(elapsed * SECOND), monotonic + elapsed
        slot = next_slot(interval_ns, wall_ns=wall_ns, monotonic=monotonic, after=slot)
        slots.append(slot)

        assert slot.due > monotonic - 1e-6
        assert slot.due - monotonic <= interval_ns / SECOND + 1e-6

    for before, after in pairwise(slots):
        steps = after.number - before.number
        assert steps >= 1
        assert abs((after.due - before.due) - steps * interval_ns / SECOND) < 1e-3


@given(intervals, st.integers(10**18, 2 * 10**18), st.floats(-1e5, 1e5))
def test_a_clock_that_is_set_never_brings_a_slot_back(interval_ns: int, wall_ns: int, jump_seconds: float) -> None:
    """
    Forward the numbers follow the wall; backward they go on counting.
    """
    first = next_slot(interval_ns, wall_ns=wall_ns, monotonic=0.0)
    then_ns = wall_ns + round((first.due + jump_seconds) * SECOND)
    second = next_slot(interval_ns, wall_ns=then_ns, monotonic=first.due, after=first)

    assert second.number > first.number
    assert 0 < second.due - first.due <= interval_ns / SECOND + 1e-6


@given(intervals, st.integers(0, 10**9), st.integers(0, 10**9))
def test_two_replicas_name_the_sample_of_a_slot_alike(interval_ns: int, number: int, other: int) -> None:
    """
    The id depends on node, interval and slot, and on nothing else.
    """
    one, two = Slot(number=number, due=1.0), Slot(number=number, due=77.0)

    assert sample_id("a", interval_ns, one) == sample_id("a", interval_ns, two)
    assert sample_id("a", interval_ns, one) != sample_id("b", interval_ns, one)
    same = sample_id("a", interval_ns, one) == sample_id("a", interval_ns, Slot(number=other, due=1.0))
    assert same == (number == other)


@given(st.integers(1, 20), st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(1, 7))
def test_thinning_lets_one_sample_of_an_interval_pass(width: int, steps: list[int], size: int) -> None:
    """
    In order, at most one an interval, each the newest of its interval unless it is the first or another was expected.
    """
    times = [sum(steps[: index + 1]) for index in range(len(steps))]
    taken = [Taken(sample=at, position=at, time_ns=at, interval_ns=1) for at in times]
    thinner: Thinner[int] = Thinner(width)
    passed = [
        one.sample for start in range(0, len(taken), size) for one in thinner.pass_through(taken[start : start + size])
    ]
    buckets = [at // width for at in passed]

    assert passed[0] == times[0]
    assert buckets == sorted(set(buckets))
    for at in passed[1:]:
        assert at == max(time for time in times if time // width == at // width)
    # Whatever did not pass is in an interval that had one, or in the last one, which is not over.
    assert {at // width for at in times[:-1]} - set(buckets) <= {times[-1] // width}


@given(st.lists(st.integers(0, 50), max_size=30))
def test_without_an_interval_everything_passes(times: list[int]) -> None:
    """
    Nothing is thinned out that nobody asked to.
    """
    taken = [Taken(sample=at, position=at, time_ns=at, interval_ns=1) for at in times]

    assert Thinner[int](0).pass_through(taken) == taken


def test_the_default_policy_has_the_published_thresholds() -> None:
    """
    The numbers that the documentation gives are those that judge.
    """
    found = {
        signal: (bounds.elevated, bounds.high, bounds.critical) for signal, bounds in DEFAULT_POLICY.thresholds.items()
    }

    assert found == {
        Signal.CPU: (0.60, 0.80, 0.95),
        Signal.MEMORY: (0.70, 0.85, 0.95),
        Signal.DISK: (0.80, 0.90, None),
        Signal.LOOP_LAG: (0.050, 0.250, None),
        Signal.LATENCY: (0.300, None, None),
    }
