"""An honest machine is never called compromised, whatever it does."""

import math
from dataclasses import replace

from arkalia.reflexia.v1 import reflexia_pb2
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from luna.modules.zeroia.sensing import sense
from luna.modules.zeroia.signals import Sensed
from tests.zeroia import RULES, SECOND, START, sample, taken

moments = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 1.0]) | st.floats(0, 1), st.integers(0, 1000), st.integers(-3, 3600)),
    min_size=1,
    max_size=40,
)


@given(moments, st.booleans())
def test_an_honest_machine_is_never_compromised(moves: list[tuple[float, int, int]], still: bool) -> None:  # noqa: FBT001
    """
    Idle, busy, standing still bit for bit, or with a clock that is set back a little.
    """
    before: Sensed | None = None
    now = START
    for cpu, available, elapsed in moves:
        now += elapsed * SECOND
        if still:
            cpu, available = moves[0][0], moves[0][1]  # noqa: PLW2901
        before = sense(taken(sample(time_ns=now, cpu=cpu, memory_available=available)), RULES, before, now)
        assert before is not None
        assert not before.compromised
        assert before.findings == ()


@given(st.integers(2, 30), st.integers(0, 19) | st.integers(21, 90))
def test_a_frozen_reading_beside_a_sensor_that_moves_is_suspicious(count: int, moved: int) -> None:
    """
    Memory in use that stands still bit for bit while available memory moves is found at the fifth sample.
    """
    before: Sensed | None = None
    for index in range(count):
        told = sample(time_ns=START + index * SECOND)
        told.machine.memory_available_bytes = 600 if index == 0 else 600 + moved
        before = sense(taken(told), RULES, before, START + index * SECOND)
    assert before is not None

    suspicious = pb.INTEGRITY_CHECK_REPETITION in {finding.check for finding in before.findings}
    assert suspicious == (moved > 20 and count >= 5)
    assert not before.compromised


@given(
    st.sampled_from(["cpu_ratio", "memory_ratio", "disk_ratio", "load_1m", "temperature_celsius"]),
    st.sampled_from([math.nan, math.inf, -math.inf]),
)
def test_a_number_that_is_none_is_found_wherever_it_hides(name: str, value: float) -> None:
    """
    The scan walks the whole payload, so that also fields that no decision uses are looked at.
    """
    told = sample()
    setattr(told.machine, name, value)
    found = sense(taken(told), RULES, None, START)
    assert found is not None

    assert found.compromised
    assert all(reading is None or math.isfinite(reading) for reading in found.signals)
    assert f"machine.{name}" in {finding.field for finding in found.findings}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sample_or_none_but_never_a_crash(payload: bytes) -> None:
    """
    Whatever stands in an event, taking it up ends in findings at worst.
    """
    event = taken(reflexia_pb2.Sample(node="pi"))
    found = sense(replace(event, payload=payload), RULES, None, START)

    assert found is None or found.findings
