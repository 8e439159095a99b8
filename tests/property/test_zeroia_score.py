"""Pressure, score and confidence keep their promises for all readings."""

import math
import random
from dataclasses import replace

import pytest
from arkalia.node.v1.severity_pb2 import SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_MEDIUM
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from hypothesis import assume, given
from hypothesis import strategies as st

from luna.modules.zeroia.errors import SignalsError
from luna.modules.zeroia.explain import explain
from luna.modules.zeroia.judgement import judge
from luna.modules.zeroia.record import Occasion, decision_of
from luna.modules.zeroia.score import Situation, assess, signal_pressures
from luna.modules.zeroia.signals import NAMES, Finding, Signals, message_of
from luna.modules.zeroia.signals import given as taken_up
from luna.modules.zeroia.stance import FRESH, Stance
from tests.zeroia import RULES, START, sensed, total

ratios = st.none() | st.floats(0, 1)
seconds = st.none() | st.floats(0, 86400)
readings = st.builds(
    Signals,
    cpu=ratios,
    memory=ratios,
    disk=ratios,
    latency=seconds,
    error_rate=ratios,
    loop_lag=seconds,
    load=st.none() | st.floats(0, 1e6),
    swap=ratios,
)
findings = st.lists(
    st.builds(
        Finding,
        check=st.sampled_from([1, 2, 3, 4, 5, 6, 7]),
        severity=st.sampled_from([SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL]),
        field=st.just("machine"),
        detail=st.just("is odd"),
    ),
    max_size=8,
).map(tuple)
situations = st.builds(
    Situation, age_intervals=st.floats(0, 1e6), previous_pressure=st.none() | st.floats(0, 1), findings=findings
)


@given(readings, situations, st.randoms(use_true_random=False))
def test_the_terms_add_up_exactly_to_the_confidence(
    signals: Signals, situation: Situation, random: random.Random
) -> None:
    """
    Added as doubles, in any order, without a rounding error; and all results are ratios.
    """
    assessment = assess(RULES, signals, situation)
    contributions = [term.units / (1 << 20) for term in assessment.terms]
    random.shuffle(contributions)

    assert total(contributions) == assessment.confidence
    assert 0 <= assessment.confidence <= 1
    assert 0 <= assessment.pressure <= 1
    assert 0 <= assessment.score <= 1 + 1e-4
    assert math.isclose(sum(weight for _, _, weight in assessment.factors), 1)


@given(readings, st.floats(0, 100), findings, st.none() | st.floats(0, 1))
def test_an_explanation_is_worked_out_again_to_the_very_numbers(
    signals: Signals, age_intervals: float, found: tuple[Finding, ...], previous: float | None
) -> None:
    """
    From the recorded decision alone, every level of the tree adds up to the level above.
    """
    stance = FRESH if previous is None else Stance(1, START, 1, previous)  # type: ignore[arg-type]
    sample = sensed(signals, age_intervals=age_intervals)
    verdict = judge(RULES, replace(sample, findings=found), stance, START)
    decision = decision_of(verdict, Occasion("id", pb.DECISION_ORIGIN_SAMPLE, 0))
    recorded = pb.Decision.FromString(decision.SerializeToString())
    explanation = explain(recorded, RULES)

    assert explanation.confidence.contribution == recorded.confidence
    for term in (explanation.confidence, *explanation.confidence.terms):
        assert not term.terms or total([part.contribution for part in term.terms]) == term.contribution
    parts = total([part.contribution for part in explanation.pressure.terms])
    assert not explanation.pressure.terms or math.isclose(parts, recorded.pressure, abs_tol=1e-9)


@given(readings, st.sampled_from(["cpu", "memory", "disk", "latency", "error_rate", "loop_lag"]), st.floats(0, 1))
def test_more_of_anything_is_never_less_pressure(signals: Signals, name: str, more: float) -> None:
    """
    Pressure grows with each reading, and stays between the calmest and the worst signal.
    """
    value = getattr(signals, name)
    assume(value is not None)
    higher = signals._replace(**{name: max(value, more)})
    situation = Situation(0.0, None, ())
    low, high = assess(RULES, signals, situation).pressure, assess(RULES, higher, situation).pressure
    known = [pressure for pressure in signal_pressures(RULES, signals) if pressure is not None]

    assert low <= high + 1e-12
    assert min(known) - 1e-12 <= low <= max(known)


@given(readings, st.floats(0, 1.9), st.floats(2.01, 1e4))
def test_a_stale_sample_is_more_severe_and_less_certain(signals: Signals, young: float, old: float) -> None:
    """
    Older than twice its interval, the same readings weigh more and are believed less.
    """
    fresh = judge(RULES, sensed(signals, age_intervals=young), FRESH, START)
    stale = judge(RULES, sensed(signals, age_intervals=old), FRESH, START)

    assert stale.assessment.stale
    assert not fresh.assessment.stale
    assert stale.severity == min(fresh.severity + 1, max(fresh.severity, SEVERITY_CRITICAL))
    assert stale.assessment.confidence <= fresh.assessment.confidence


@given(st.floats(2.1, 10), st.floats(0.1, 2))
def test_each_further_interval_of_age_costs_confidence(age: float, more: float) -> None:
    """
    Also when a sample is stale already.
    """
    younger = judge(RULES, sensed(age_intervals=age), FRESH, START).assessment
    older = judge(RULES, sensed(age_intervals=age + more), FRESH, START).assessment

    assert younger.stale
    assert older.confidence < younger.confidence


@given(
    st.sampled_from(NAMES),
    st.sampled_from([math.nan, math.inf, -math.inf, -1e-9, -1.0, 1e9]),
)
def test_a_reading_that_is_no_number_in_its_range_is_refused(name: str, value: float) -> None:
    """
    The error names the field, for every field and every kind of nonsense.
    """
    message = message_of(Signals(cpu=0.1))
    setattr(message, name, value)
    with pytest.raises(SignalsError) as caught:
        taken_up(message)

    assert f"violation/{name}" in caught.value.metadata
