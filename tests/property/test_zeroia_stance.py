"""Hysteresis, dwell and the counting of repeats agree with a simpler model, whatever the pressure does."""

from dataclasses import replace

from arkalia.zeroia.v1 import zeroia_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from luna.modules.zeroia.judgement import after, judge
from luna.modules.zeroia.signals import Signals
from luna.modules.zeroia.stance import EMERGENCY, FRESH, HALT, NONE, Stance, is_repeat, rule, wanted_action
from tests.zeroia import RULES, SECOND, START, sensed

ENTER, LEAVE = (0.60, 0.80, 0.95), (0.55, 0.75, 0.90)
pressures = st.one_of(st.floats(0, 1), st.sampled_from([*ENTER, *LEAVE, 0.0, 1.0]))
steps = st.lists(st.tuples(st.integers(0, 40 * SECOND), pressures, st.booleans()), max_size=60)


def modelled(before: int, pressure: float) -> int:
    """Stand at the highest level that is entered now, or was entered and is not left."""
    was = before - 1 if before in (1, 2, 3, 4) else 0
    entered = [level for level in (1, 2, 3) if pressure >= ENTER[level - 1]]
    kept = [level for level in (1, 2, 3) if was >= level and pressure > LEAVE[level - 1]]
    return 1 + max([0, *entered, *kept])


@given(st.sampled_from([NONE, 1, 2, 3, 4, HALT]), pressures)
def test_an_action_is_entered_at_its_threshold_and_left_five_points_below(before: int, pressure: float) -> None:
    """
    The wanted action agrees with the model from every action and for every pressure.
    """
    assert wanted_action(RULES, before, pressure) == modelled(before, pressure)  # type: ignore[arg-type]


@given(st.sampled_from([1, 2, 3]), st.lists(st.floats(-0.0499, 0.0499), min_size=1))
def test_pressure_that_trembles_within_the_hysteresis_changes_nothing(level: int, tremble: list[float]) -> None:
    """
    Around the middle of a band no sequence of small moves makes the wanted action flap more than once.
    """
    middle = ENTER[level - 1]
    wanted = [wanted_action(RULES, pb.DECISION_ACTION_NORMAL, middle)]
    for move in tremble:
        wanted.append(wanted_action(RULES, wanted[-1], middle + move))

    assert set(wanted) == {level + 1}


@given(steps)
def test_an_action_stays_for_the_dwell_unless_it_escalates(moves: list[tuple[int, float, bool]]) -> None:
    """
    Two changes are at least 30 s apart, but for those to a worse action of critical or fatal severity.
    """
    stance, now = FRESH, START
    changed_at = None
    for elapsed, pressure, compromised in moves:
        now += elapsed
        ruling = rule(RULES, stance, pressure, now, stance.compromised_in_row + 1 if compromised else 0)
        if stance.action not in (NONE, ruling.action):
            escalates = ruling.action >= EMERGENCY and ruling.action > stance.action
            assert escalates or changed_at is None or now - changed_at >= 30 * SECOND
            assert ruling.action == ruling.wanted
        if stance.action != ruling.action:
            changed_at = now
        stance = Stance(ruling.action, ruling.since_ns, ruling.wanted, pressure, 0, ruling.compromised_in_row)


@given(pressures, st.integers(0, 10**6), st.sampled_from([1, 2, 3, 4]))
def test_a_clock_that_is_set_back_delays_a_change_by_one_dwell_at_most(
    pressure: float, back_seconds: int, action: int
) -> None:
    """
    However far the clock goes back, after one dwell the wanted action is in effect.
    """
    stance = Stance(action, START, action)  # type: ignore[arg-type]
    now = START - back_seconds * SECOND
    first = rule(RULES, stance, pressure, now, 0)
    stance = replace(stance, action=first.action, since_ns=first.since_ns, wanted=first.wanted)
    second = rule(RULES, stance, pressure, now + 30 * SECOND, 0)

    assert second.action == second.wanted == first.wanted


@given(steps)
def test_a_suppressed_repeat_is_counted_and_never_lost(moves: list[tuple[int, float, bool]]) -> None:
    """
    Recorded decisions, the counts they carry and the open count add up to the samples.
    """
    stance, now, recorded, carried = FRESH, START, 0, 0
    for position, (elapsed, cpu, _) in enumerate(moves, start=1):
        now += elapsed
        verdict = judge(RULES, sensed(Signals(cpu=cpu), position=position), stance, now)
        repeat = is_repeat(RULES, stance, verdict.ruling, frozenset(), now)
        if not repeat:
            recorded, carried = recorded + 1, carried + stance.suppressed
        assert not repeat or verdict.ruling.action == stance.recorded_action
        stance = after(verdict, recorded=not repeat)

    assert recorded + carried + stance.suppressed == len(moves)
