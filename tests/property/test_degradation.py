"""The level follows the pressure, never flaps, and always comes back."""

from collections.abc import Collection, Mapping

from hypothesis import given
from hypothesis import strategies as st

from luna.resilience.degradation import Change, Degradation, DegradationPolicy
from luna.resilience.levels import Level, Service, Treatment, refuses, suspended, treatment
from luna.resilience.pressure import SCALES, SIGNALS, Pressure, Signal, pressure_of

POLICY = DegradationPolicy()
CRITICAL = (Signal(name="memory", reading=0.99, pressure=1.0, critical=True),)

edges = [0.0, 0.2, 0.4, 0.5, 0.55, 0.65, 0.75, 0.85, 0.95, 1.0]
pressures = st.builds(
    Pressure,
    value=st.none() | st.floats(0, 1) | st.sampled_from(edges),
    signals=st.sampled_from([(), (), (), CRITICAL]),
)
steps = st.lists(st.tuples(st.floats(0, 40), pressures, st.sampled_from([(), ("a",)])), max_size=80)
levels = st.sampled_from(Level)


def drive(
    machine: Degradation, moves: list[tuple[float, Pressure, Collection[str]]]
) -> list[tuple[Change, Pressure, float]]:
    """Return the changes, each with the pressure that made it and the time since it was last not calm."""
    now, restless, found = 0.0, 0.0, []
    for elapsed, pressure, failing in moves:
        now += elapsed
        level = machine.level
        if level is Level.NORMAL or not _calm(pressure, level):
            restless = now
        if change := machine.observe(pressure, now, failing):
            found.append((change, pressure, now - restless))
    return found


def _calm(pressure: Pressure, level: Level) -> bool:
    return pressure.value is not None and pressure.value < POLICY.thresholds[level] - POLICY.leave_margin


@given(steps)
def test_the_level_never_flaps(moves: list[tuple[float, Pressure, Collection[str]]]) -> None:
    """
    A step down is one level and 10 s after any change, unless critical; a step up is one level and 15 s after one.
    """
    changes = drive(Degradation(POLICY, now=0.0), moves)
    for index, (change, pressure, _) in enumerate(changes):
        since = change.time - changes[index - 1][0].time if index else 1e9
        if change.after > change.before:
            assert pressure.critical or (since >= 10 and change.after == change.before + 1)
        else:
            assert change.after == change.before - 1
            assert since >= 15


@given(steps)
def test_the_level_goes_up_only_when_it_was_calm(moves: list[tuple[float, Pressure, Collection[str]]]) -> None:
    """
    For 30 s at the first step, and without a break.
    """
    up = False
    for change, _, calm in drive(Degradation(POLICY, now=0.0), moves):
        if change.after < change.before:
            assert calm >= (15 if up else 30)
        up = change.after < change.before


@given(steps)
def test_the_level_goes_down_only_to_where_the_pressure_asks(
    moves: list[tuple[float, Pressure, Collection[str]]],
) -> None:
    """
    Never past the worst level whose threshold is reached.
    """
    for change, pressure, _ in drive(Degradation(POLICY, now=0.0), moves):
        if change.after > change.before:
            assert pressure.value is not None
            assert pressure.value >= POLICY.thresholds[change.after]


@given(steps, st.floats(0.5, 5), st.floats(0, 0.19))
def test_it_is_normal_within_two_minutes_when_the_pressure_is_gone(
    moves: list[tuple[float, Pressure, Collection[str]]], every: float, rest: float
) -> None:
    """
    Whatever was before, by itself, with a look every few seconds.
    """
    machine = Degradation(POLICY, now=0.0)
    drive(machine, moves)
    now = sum(elapsed for elapsed, _, _ in moves)
    end = now + 120
    while now + every <= end:
        now += every
        machine.observe(Pressure(value=rest), now)

    assert machine.level is Level.NORMAL


@given(steps, st.floats(0.0, 0.39))
def test_survival_can_be_left_while_services_fail(
    moves: list[tuple[float, Pressure, Collection[str]]], rest: float
) -> None:
    """
    It takes longer, and that is all.
    """
    machine = Degradation(POLICY, level=Level.SURVIVAL, now=0.0)
    drive(machine, moves)
    now = sum(elapsed for elapsed, _, _ in moves)
    for _ in range(130):
        now += 5
        machine.observe(Pressure(value=rest), now, failing=("a",))

    assert machine.level is Level.NORMAL


@given(st.dictionaries(st.sampled_from(SIGNALS), st.none() | st.floats(0, 1000)), st.sampled_from(SIGNALS))
def test_more_of_anything_is_never_less_pressure(readings: Mapping[str, float | None], name: str) -> None:
    """
    The pressure is between 0 and 1, at least that of the strongest signal, and grows with each reading.
    """
    pressure = pressure_of(readings)
    more = pressure_of({**readings, name: (readings.get(name) or 0.0) + 0.1})

    assert (pressure.value is None) == all(reading is None for reading in readings.values())
    if pressure.value is not None:
        assert pressure.signals[0].pressure <= pressure.value <= 1
        assert more.value is not None
        assert more.value >= pressure.value
        assert [signal.pressure for signal in pressure.signals] == sorted(
            (SCALES[signal.name].pressure(signal.reading) for signal in pressure.signals), reverse=True
        )


names = st.sampled_from("abcdefgh")
services = st.dictionaries(
    names, st.builds(Service, priority=st.integers(1, 5), requires=st.frozensets(names, max_size=3)), max_size=8
)


@given(levels, services)
def test_nothing_that_works_requires_something_suspended(level: Level, services: Mapping[str, Service]) -> None:
    """
    CRITICAL services always work; what is suspended either is refused at the level or requires what is.
    """
    found = suspended(level, services)

    for name, service in services.items():
        assert name in found or not found.intersection(service.requires)
        assert name not in found or service.priority != 1
        assert name not in found or refuses(level, service.priority) or found.intersection(service.requires)


@given(levels, services)
def test_what_is_suspended_stays_so_when_it_gets_worse(level: Level, services: Mapping[str, Service]) -> None:
    """
    A worse level suspends at least the same.
    """
    if level is not Level.SURVIVAL:
        assert suspended(level, services) <= suspended(Level(level + 1), services)


@given(levels, st.integers(1, 5))
def test_what_matters_more_is_treated_no_worse(level: Level, priority: int) -> None:
    """
    Along the levels and along the priorities.
    """
    order = list(Treatment)
    rank = order.index(treatment(level, priority))

    assert treatment(level, 1) is Treatment.FULL
    assert priority == 1 or rank >= order.index(treatment(level, priority - 1))
    assert level is Level.NORMAL or rank >= order.index(treatment(Level(level - 1), priority))
