"""Turns the numbers that the server counts time in into the contract's times and spans, and back."""

from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

SECOND_NS: Final = 1_000_000_000


def timestamp(time_ns: int) -> Timestamp:
    """Return the moment *time_ns* nanoseconds after the epoch."""
    seconds, nanos = divmod(time_ns, SECOND_NS)
    return Timestamp(seconds=seconds, nanos=nanos)


def fill_time(into: Timestamp, time_ns: int) -> None:
    """Write *time_ns*, nanoseconds after the epoch, into a message that stands where it belongs."""
    into.seconds, into.nanos = divmod(time_ns, SECOND_NS)


def duration(seconds: float) -> Duration:
    """Return a span of *seconds*, to the nearest nanosecond."""
    return duration_of_ns(round(seconds * SECOND_NS))


def duration_of_ns(span_ns: int) -> Duration:
    """Return a span of *span_ns* nanoseconds. One that a clock set back has made negative is none."""
    seconds, nanos = divmod(max(0, span_ns), SECOND_NS)
    return Duration(seconds=seconds, nanos=nanos)


def seconds_of(span: Duration) -> float:
    """Return *span* in seconds."""
    return span.seconds + span.nanos / SECOND_NS


def ns_of(message: Timestamp | Duration) -> int:
    """Return *message* in nanoseconds, in less than half the time that its own method takes."""
    return message.seconds * SECOND_NS + message.nanos
