"""Times and spans of the contract come back as what they were made of."""

from math import ulp

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis.strategies import floats, integers

from luna.kernel.times import SECOND_NS, duration, duration_of_ns, fill_time, ns_of, seconds_of, timestamp

# The contract's times go from the year 1 to 9999, its spans to ten thousand years.
MOMENTS = integers(-62_135_596_800 * SECOND_NS, 253_402_300_800 * SECOND_NS - 1)
SPANS = integers(0, 315_576_000_000 * SECOND_NS)


@given(MOMENTS)
def test_a_moment_loses_nothing(time_ns: int) -> None:
    """
    The library reads what we write, and we read what it writes, before the epoch too.
    """
    theirs, filled = Timestamp(), Timestamp()
    theirs.FromNanoseconds(time_ns)
    fill_time(filled, time_ns)

    assert timestamp(time_ns) == filled == theirs
    assert ns_of(theirs) == time_ns


@given(SPANS)
def test_a_span_of_nanoseconds_loses_nothing(span_ns: int) -> None:
    """
    The library reads what we write, and we read what it writes.
    """
    theirs = Duration()
    theirs.FromNanoseconds(span_ns)

    assert duration_of_ns(span_ns) == theirs
    assert ns_of(theirs) == span_ns


@given(floats(0, 1e6))
def test_a_span_of_seconds_is_the_nearest(seconds: float) -> None:
    """
    What is read back is at most half a nanosecond off, and what a float of that size cannot say.
    """
    assert abs(seconds_of(duration(seconds)) - seconds) <= 0.5 / SECOND_NS + 2 * ulp(seconds)


def test_tenths_are_spelled_as_people_write_them() -> None:
    """
    0.3 has no exact number; cut instead of rounded it would be 299999999 ns.
    """
    assert [duration(tenths / 10).ToJsonString() for tenths in (1, 3, 7, 23)] == [
        "0.100s",
        "0.300s",
        "0.700s",
        "2.300s",
    ]


@pytest.mark.parametrize("span_ns", [-1, -SECOND_NS, -3 * SECOND_NS // 2])
def test_a_clock_set_back_makes_no_negative_span(span_ns: int) -> None:
    """
    The span is none, and the message one that the contract knows.
    """
    assert duration_of_ns(span_ns) == duration(span_ns / SECOND_NS) == Duration()
