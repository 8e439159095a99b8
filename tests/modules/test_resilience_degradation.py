"""When the level changes, and what that means."""

import pytest

from luna.resilience.degradation import Degradation, DegradationPolicy, Hold
from luna.resilience.levels import CAPACITY, Level, Service, Treatment, suspended, treatment
from luna.resilience.pressure import Pressure, Scale, pressure_of
from luna.resilience.violations import PolicyError

POLICY = DegradationPolicy()


def at(value: float) -> Pressure:
    return Pressure(value=value)


def test_one_level_is_lost_at_a_time() -> None:
    """
    Each ten seconds, down to the one that the pressure asks for.
    """
    machine = Degradation(POLICY, now=0.0)
    seen = []
    for now in range(60):
        machine.observe(at(0.8), float(now))
        seen.append(machine.level)

    assert seen == 10 * [Level.LIGHT] + 10 * [Level.MODERATE] + 40 * [Level.HEAVY]


def test_a_critical_signal_is_not_waited_for() -> None:
    """
    The level that the pressure asks for is there at once.
    """
    machine = Degradation(POLICY, now=0.0)
    change = machine.observe(pressure_of({"memory": 0.99, "cpu": 0.9}), 0.0)

    assert change is not None
    assert (change.before, change.after) == (Level.NORMAL, Level.SURVIVAL)
    assert change.reason == "pressure 1.00: memory 0.99, cpu 0.9"


def test_the_way_up_gets_shorter_while_it_is_calm() -> None:
    """
    30 s, then 15 s for each further level.
    """
    machine = Degradation(POLICY, level=Level.SURVIVAL, now=0.0)
    changed = [now for now in range(200) if machine.observe(at(0.05), float(now))]

    assert changed == [30, 45, 60, 75, 90]


def test_the_way_up_is_no_shorter_close_below_the_threshold() -> None:
    """
    LIGHT begins at .5: below .4 is calm, below .2 is far below.
    """
    machine = Degradation(POLICY, level=Level.MODERATE, now=0.0)
    changed = [now for now in range(200) if machine.observe(at(0.3), float(now))]

    assert changed == [30, 60]


def test_within_the_margin_nothing_changes() -> None:
    """
    From ten points below the threshold of the level up to the threshold of the next.
    """
    machine = Degradation(POLICY, level=Level.HEAVY, now=0.0)
    changes = [machine.observe(at(0.65 + now % 20 / 100), float(now)) for now in range(300)]

    assert not any(changes)


def test_what_is_not_known_is_not_calm() -> None:
    """
    Nor is it a reason to do less.
    """
    machine = Degradation(POLICY, level=Level.LIGHT, now=0.0)
    machine.observe(at(0.0), 0.0)
    machine.observe(Pressure(value=None), 29.0)
    first = machine.observe(at(0.0), 31.0)
    remaining = machine.calm_remaining(32.0)

    assert first is None
    assert remaining == 29.0
    assert machine.observe(at(0.0), 61.0) is not None
    assert machine.calm_remaining(61.0) is None


def test_a_level_that_is_held_stays() -> None:
    """
    Whatever the pressure; when the time is up it follows again.
    """
    machine = Degradation(POLICY, now=0.0)
    change = machine.hold(Hold(level=Level.EMERGENCY, until=100.0, at_least=False, reason="drill"), 0.0)
    changes = [machine.observe(at(0.99 * (now % 2)), float(now)) for now in range(100)]
    after = [now for now in range(100, 400) if machine.observe(at(0.0), float(now))]

    assert change is not None
    assert (change.after, change.reason) == (Level.EMERGENCY, "drill")
    assert not any(changes)
    assert after == [130, 145, 160, 175]


def test_a_level_that_is_held_at_least_may_get_worse() -> None:
    """
    And comes back to what is held, no further.
    """
    machine = Degradation(POLICY, now=0.0)
    machine.hold(Hold(level=Level.LIGHT, until=500.0, at_least=True), 0.0)
    worse = machine.observe(at(0.7), 10.0)
    for now in range(11, 500):
        machine.observe(at(0.0), float(now))

    held = machine.level
    machine.observe(at(0.0), 500.0)

    assert worse is not None
    assert worse.after is Level.MODERATE
    assert (held, machine.level) == (Level.LIGHT, Level.NORMAL)


def test_holding_at_least_leaves_a_worse_level() -> None:
    """
    It is no way up.
    """
    machine = Degradation(POLICY, level=Level.HEAVY, now=0.0)

    assert machine.hold(Hold(level=Level.LIGHT, until=500.0, at_least=True), 0.0) is None
    assert machine.level is Level.HEAVY


def test_a_released_level_follows_the_pressure() -> None:
    """
    From then on, and after the calm that any step up takes.
    """
    machine = Degradation(POLICY, now=0.0)
    machine.hold(Hold(level=Level.LIGHT, until=1e9, at_least=False), 0.0)
    machine.release()
    machine.observe(at(0.0), 1.0)

    assert machine.observe(at(0.0), 30.0) is None
    assert machine.observe(at(0.0), 31.0) is not None


@pytest.mark.parametrize(
    ("level", "treatments"),
    [
        (Level.NORMAL, "fffff"),
        (Level.LIGHT, "ffffr"),
        (Level.MODERATE, "fffrr"),
        (Level.HEAVY, "fflrr"),
        (Level.EMERGENCY, "ffrrr"),
        (Level.SURVIVAL, "frrrr"),
    ],
)
def test_who_is_refused_at_each_level(level: Level, treatments: str) -> None:
    """
    LIGHT refuses OPTIONAL, MODERATE LOW, HEAVY limits MEDIUM, EMERGENCY refuses it, SURVIVAL keeps CRITICAL only.
    """
    words = {"f": Treatment.FULL, "l": Treatment.LIMITED, "r": Treatment.REFUSED}

    assert [treatment(level, priority) for priority in range(1, 6)] == [words[letter] for letter in treatments]


def test_the_capacity_of_each_level() -> None:
    """
    In the order of the levels.
    """
    assert [CAPACITY[level] for level in Level] == [1.0, 0.95, 0.8, 0.6, 0.4, 0.2]


def test_what_a_critical_service_requires_is_kept() -> None:
    """
    Also what that requires; what else requires something suspended is suspended.
    """
    services = {
        "log": Service(priority=1, requires=["clock"]),
        "clock": Service(priority=5),
        "chat": Service(priority=2, requires=["memory"]),
        "memory": Service(priority=4, requires=["log"]),
    }

    assert suspended(Level.LIGHT, services) == frozenset()
    assert suspended(Level.MODERATE, services) == {"memory", "chat"}


def test_a_busy_processor_alone_costs_optional_work_only() -> None:
    """
    Full memory costs everything that is not critical.
    """
    machine = Degradation(POLICY, now=0.0)

    assert machine.wanted(pressure_of({"cpu": 1.0})) is Level.LIGHT
    assert machine.wanted(pressure_of({"memory": 0.97})) is Level.SURVIVAL
    assert machine.wanted(pressure_of({})) is Level.NORMAL


def test_a_policy_out_of_range_is_refused_with_all_that_is_wrong() -> None:
    """
    One message lists every violation.
    """
    with pytest.raises(PolicyError) as caught:
        DegradationPolicy(
            thresholds={**POLICY.thresholds, Level.LIGHT: 0.7}, leave_margin=0.8, down_seconds=0, calm_seconds=-1
        )
    with pytest.raises(PolicyError) as more:
        DegradationPolicy(thresholds={Level.LIGHT: 2.0}, scales={})
    with pytest.raises(PolicyError) as scale:
        Scale(low=1, high=1, weight=2)

    assert caught.value.violations.keys() == {"thresholds", "leave_margin", "down_seconds", "calm_seconds"}
    assert more.value.violations.keys() == {"thresholds", "thresholds.LIGHT", "scales"}
    assert scale.value.violations.keys() == {"high", "weight"}
