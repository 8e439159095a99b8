"""Narrows a part of the log to a range of time."""

from dataclasses import replace

from luna.kernel.events import EventFilter
from luna.kernel.times import timestamp
from luna.modules.zeroia.errors import TimeRangeError


def between(wanted: EventFilter, start_ns: int, end_ns: int) -> EventFilter:
    """Narrow *wanted* to a range of time; 0 leaves an end open.

    Raises:
        TimeRangeError: it ends before it starts.

    """
    if start_ns and end_ns and start_ns >= end_ns:
        raise TimeRangeError(timestamp(start_ns).ToJsonString(), timestamp(end_ns).ToJsonString())
    return replace(wanted, since_ns=start_ns, until_ns=end_ns)
