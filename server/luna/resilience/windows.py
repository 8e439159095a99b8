"""Counting the calls of the last while, at a cost that does not depend on how many there were."""

from collections import deque
from typing import Final

from luna.resilience.circuit import CallWindow, CircuitPolicy

BUCKETS: Final = 10
"""A call is forgotten between nine and ten tenths of the window after it."""
_NOTHING: Final = (0, 0, 0)


class TimeWindow:
    """Counts calls in a ring of buckets. Whoever is late counts in the newest one."""

    __slots__ = ("_bucket", "_bucket_seconds", "_marks", "_ring", "_turns", "calls", "failures", "slow")

    def __init__(self, seconds: float) -> None:
        self._bucket_seconds = seconds / BUCKETS
        self._ring = [_NOTHING] * BUCKETS
        self._bucket = 0
        self._turns = 0.0
        self._marks = _NOTHING
        self.calls = 0
        self.failures = 0
        self.slow = 0

    def add(self, now: float, failed: bool, slow: bool) -> None:  # noqa: FBT001  once a call
        """Count a call that ended *now*."""
        if now >= self._turns:
            self.expire(now)
        self.calls += 1
        if failed:
            self.failures += 1
        if slow:
            self.slow += 1

    def expire(self, now: float) -> None:
        """Forget what is too old."""
        bucket = int(now / self._bucket_seconds)
        if bucket <= self._bucket:
            return
        calls, failures, slow = self._marks
        self._ring[self._bucket % BUCKETS] = (self.calls - calls, self.failures - failures, self.slow - slow)
        for old in range(self._bucket + 1, min(bucket, self._bucket + BUCKETS) + 1):
            calls, failures, slow = self._ring[old % BUCKETS]
            self._ring[old % BUCKETS] = _NOTHING
            self.calls -= calls
            self.failures -= failures
            self.slow -= slow
        self._marks = (self.calls, self.failures, self.slow)
        self._bucket = bucket
        self._turns = (bucket + 1) * self._bucket_seconds

    def clear(self) -> None:
        """Forget everything."""
        self._ring = [_NOTHING] * BUCKETS
        self._marks = _NOTHING
        self.calls = self.failures = self.slow = 0


class CountWindow:
    """Counts the newest calls, as long as they are not too old."""

    __slots__ = ("_ended", "_limit", "_seconds", "calls", "failures", "slow")

    def __init__(self, seconds: float, limit: int) -> None:
        self._seconds = seconds
        self._limit = limit
        self._ended: deque[tuple[float, bool, bool]] = deque()
        self.calls = 0
        self.failures = 0
        self.slow = 0

    def add(self, now: float, failed: bool, slow: bool) -> None:  # noqa: FBT001  once a call
        """Count a call that ended *now*."""
        self._ended.append((now, failed, slow))
        self.calls += 1
        self.failures += failed
        self.slow += slow
        if self.calls > self._limit:
            self._forget_oldest()
        self.expire(now)

    def expire(self, now: float) -> None:
        """Forget what is too old."""
        while self._ended and self._ended[0][0] <= now - self._seconds:
            self._forget_oldest()

    def clear(self) -> None:
        """Forget everything."""
        self._ended.clear()
        self.calls = self.failures = self.slow = 0

    def _forget_oldest(self) -> None:
        _, failed, slow = self._ended.popleft()
        self.calls -= 1
        self.failures -= failed
        self.slow -= slow


def window_of(policy: CircuitPolicy) -> TimeWindow | CountWindow:
    """Return an empty window such as *policy* asks for."""
    if policy.window_calls is None:
        return TimeWindow(policy.window_seconds)
    return CountWindow(policy.window_seconds, policy.window_calls)


def counted(window: TimeWindow | CountWindow, policy: CircuitPolicy, *, consecutive_failures: int) -> CallWindow:
    """Return the counts of *window*."""
    return CallWindow(
        calls=window.calls,
        failures=window.failures,
        slow=window.slow,
        consecutive_failures=consecutive_failures,
        seconds=policy.window_seconds,
    )
