"""Spans of time as the contract spells them."""

from google.protobuf.duration_pb2 import Duration


def duration(seconds: float) -> Duration:
    """Return a span of *seconds*."""
    span = Duration()
    span.FromNanoseconds(round(seconds * 1e9))
    return span
