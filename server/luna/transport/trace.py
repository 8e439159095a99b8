"""Reads and writes the W3C `traceparent` header."""

import re
from random import getrandbits
from typing import Final

TRACEPARENT: Final = "traceparent"
_FORMAT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16


def new_trace_id() -> str:
    """Return 32 random hexadecimal digits."""
    return f"{getrandbits(128):032x}"


def trace_id_of(traceparent: object) -> str:
    """Return the trace that a header names, empty if it is missing or garbled."""
    if not isinstance(traceparent, str) or (match := _FORMAT.fullmatch(traceparent)) is None:
        return ""
    trace_id, span_id = match.groups()
    return "" if trace_id == _NO_TRACE or span_id == _NO_SPAN else trace_id


def unrecorded(trace_id: str) -> str:
    """Return the header of a trace of which this process records no span."""
    return f"00-{trace_id}-{getrandbits(64) | 1:016x}-00"
