"""What the built-in policy makes of typical situations."""

from dataclasses import replace

import pytest
from arkalia.node.v1.severity_pb2 import SEVERITY_CRITICAL, SEVERITY_FATAL, SEVERITY_HIGH
from arkalia.reflexia.v1 import reflexia_pb2
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.modules.zeroia.calibration import Calibrator
from luna.modules.zeroia.errors import PolicyInvalidError
from luna.modules.zeroia.judgement import after, judge
from luna.modules.zeroia.policy import built_in, check
from luna.modules.zeroia.sensing import sense
from luna.modules.zeroia.signals import Finding, Signals
from luna.modules.zeroia.stance import FRESH
from tests.zeroia import CALM, RULES, SECOND, START, TROUBLED, sample, sensed, taken

TORN = Finding(pb.INTEGRITY_CHECK_PAYLOAD, SEVERITY_CRITICAL, "machine.cpu_ratio", "is nan")


@pytest.mark.parametrize(
    ("signals", "action"),
    [
        (CALM, pb.DECISION_ACTION_NORMAL),
        (CALM._replace(cpu=0.75), pb.DECISION_ACTION_MONITOR),
        (CALM._replace(cpu=1.0), pb.DECISION_ACTION_REDUCE_LOAD),
        (CALM._replace(latency=10.0), pb.DECISION_ACTION_REDUCE_LOAD),
        (TROUBLED, pb.DECISION_ACTION_EMERGENCY_SHUTDOWN),
        (Signals(), pb.DECISION_ACTION_MONITOR),
    ],
)
def test_a_situation_calls_for_its_action(signals: Signals, action: pb.DecisionAction) -> None:
    """
    One signal in trouble sheds load, all of them together are an emergency, and blindness asks for a closer look.
    """
    assert judge(RULES, sensed(signals), FRESH, START).ruling.action == action


def test_signals_that_cannot_be_trusted_stop_deciding() -> None:
    """
    The third compromised sample in a row is a halt; the first that can be believed ends it after the dwell.
    """
    stance, actions = FRESH, []
    for position in range(1, 5):
        verdict = judge(RULES, replace(sensed(position=position), findings=(TORN,)), stance, START + position)
        stance = after(verdict, recorded=True)
        actions.append((verdict.ruling.action, verdict.severity))
    believed = judge(RULES, sensed(position=9), stance, START + 40 * SECOND)

    assert [action for action, _ in actions] == [1, 1, pb.DECISION_ACTION_HALT, pb.DECISION_ACTION_HALT]
    assert [severity for _, severity in actions] == [SEVERITY_CRITICAL] * 2 + [SEVERITY_FATAL] * 2
    assert believed.ruling.action == pb.DECISION_ACTION_NORMAL


def test_one_compromised_sample_judged_again_is_still_one() -> None:
    """
    Callers who ask again and again about the same sample never make it a halt.
    """
    stance = FRESH
    for moment in range(10):
        verdict = judge(RULES, replace(sensed(position=4), findings=(TORN,)), stance, START + moment)
        stance = after(verdict, recorded=True)

    assert stance.compromised_in_row == 1
    assert stance.action == pb.DECISION_ACTION_NORMAL


def test_a_few_calls_say_nothing_about_the_error_rate() -> None:
    """
    One failure among two calls is unknown; among forty it counts.
    """
    few, many = sample(), sample()
    few.services.add(service="a", calls=2, error_ratio=0.5)
    many.services.add(service="a", calls=30, error_ratio=0.5)
    many.services.add(service="b", calls=10, error_ratio=0)
    heard = [sense(taken(told), RULES, None, START) for told in (few, many)]

    assert [one.signals.error_rate for one in heard if one] == [None, 0.375]


def test_what_is_missing_is_named() -> None:
    """
    A sample without a machine has findings, none of them critical, and no reading.
    """
    found = sense(taken(reflexia_pb2.Sample(node="pi")), RULES, None, START)
    assert found is not None

    assert {finding.field for finding in found.findings} >= {"sample_time", "interval", "machine"}
    assert {finding.severity for finding in found.findings} == {SEVERITY_HIGH}
    assert found.signals == Signals()


def test_readings_that_exclude_each_other_are_compromised() -> None:
    """
    Memory cannot be nearly full and nearly free.
    """
    told = sample(memory_available=900)
    told.machine.memory_ratio = 0.95
    found = sense(taken(told), RULES, None, START)
    assert found is not None

    assert found.compromised
    assert found.findings[0].check == pb.INTEGRITY_CHECK_COHERENCE


def test_time_that_goes_backwards_is_found_but_not_for_what_is_delivered_again() -> None:
    """
    An older sample at a higher position is a finding; the same sample once more is not.
    """
    newest = sense(taken(sample(time_ns=START), position=50), RULES, None, START)
    older = sense(taken(sample(time_ns=START - 60 * SECOND), position=51), RULES, newest, START)
    again = sense(taken(sample(time_ns=START - 60 * SECOND), position=49), RULES, newest, START)
    assert older is not None
    assert again is not None

    assert [finding.check for finding in older.findings] == [pb.INTEGRITY_CHECK_TIME_BACKWARDS]
    assert not older.compromised
    assert again.findings == ()


def test_every_violation_of_a_policy_is_listed() -> None:
    """
    What is missing is listed alone, since nothing else can be checked then.
    """
    policy = built_in()
    policy.score.error_rate = 0.5
    policy.pressure.weights.cpu = 0
    policy.actions.hysteresis = 0.7
    policy.pressure.scales.disk.critical = 7
    with pytest.raises(PolicyInvalidError) as caught:
        check(policy)
    with pytest.raises(PolicyInvalidError) as missing:
        check(pb.Policy(score=policy.score))

    assert set(caught.value.metadata) == {
        "violation/score",
        "violation/pressure.weights",
        "violation/actions.hysteresis",
        "violation/pressure.scales.disk.critical",
    }
    assert "violation/actions" in missing.value.metadata


def test_calibration_figures_are_those_of_the_textbook() -> None:
    """
    Two sure and right, two sure and wrong: the Brier score is .5, the calibration error .5.
    """
    calibrator = Calibrator()
    for right in (True, True, False, False):
        calibrator.add(1.0, right=right)
    figures = calibrator.figures()

    assert figures.brier_score == 0.5
    assert figures.calibration_error == 0.5
    assert [(bin.count, bin.mean_confidence, bin.right_ratio) for bin in figures.bins] == [(4, 1.0, 0.5)]
    assert not Calibrator().figures().HasField("brier_score")
