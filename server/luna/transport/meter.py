"""Counts the calls of this process: the one aggregation behind Prometheus, OTLP and the vitals."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from google.rpc import code_pb2

from luna.transport.histogram import Histogram
from luna.transport.rpc import Rpc

SECONDS_BOUNDS: Final = (
    *(0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008),
    *(0.01, 0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4),
    *(0.5, 0.65, 0.8, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0),
)
"""The boundaries that gRPC prescribes for durations."""
BYTES_BOUNDS: Final = (
    *(0.0, 1024.0, 2048.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0),
    *(268435456.0, 1073741824.0, 4294967296.0),
)
"""The boundaries that gRPC prescribes for message sizes."""
FAILURES: Final = frozenset(
    {
        code_pb2.UNKNOWN,
        code_pb2.DEADLINE_EXCEEDED,
        code_pb2.RESOURCE_EXHAUSTED,
        code_pb2.INTERNAL,
        code_pb2.UNAVAILABLE,
        code_pb2.DATA_LOSS,
    }
)
"""The codes that say something about the server, and not about the request."""
OTHER: Final = "other"
"""The method name of calls that no service takes: callers must not be able to create metrics."""


class Outcomes:
    """The finished calls of one method that ended in one status."""

    __slots__ = ("code", "received", "seconds", "sent", "status")

    def __init__(self, code: int) -> None:
        self.code = code
        self.status: str = code_pb2.Code.Name(code)
        self.seconds = Histogram(SECONDS_BOUNDS)
        self.sent = Histogram(BYTES_BOUNDS)
        self.received = Histogram(BYTES_BOUNDS)


class MethodMeter:
    """The calls of one method."""

    __slots__ = ("in_flight", "method", "outcomes", "refused", "service", "started", "unary")

    def __init__(self, *, service: str, method: str, unary: bool) -> None:
        self.service = service
        self.method = method
        self.unary = unary
        self.started = 0
        self.in_flight = 0
        self.refused = 0
        """Those of the failures that were turned away on purpose, because of the level, the load or a breaker."""
        self.outcomes: dict[int, Outcomes] = {}

    def start(self) -> None:
        """Count a call that began."""
        self.started += 1
        self.in_flight += 1

    def end(self, code: int, seconds: float, sent: int = 0, received: int = 0) -> None:
        """Count a call that ended."""
        self.in_flight -= 1
        outcomes = self.outcomes.get(code)
        if outcomes is None:
            outcomes = self.outcomes[code] = Outcomes(code)
        # `Histogram.observe` three times, written out because every call passes here.
        histogram = outcomes.seconds
        histogram.counts[bisect_left(SECONDS_BOUNDS, seconds)] += 1
        histogram.total += seconds
        histogram = outcomes.sent
        histogram.counts[bisect_left(BYTES_BOUNDS, sent)] += 1
        histogram.total += sent
        histogram = outcomes.received
        histogram.counts[bisect_left(BYTES_BOUNDS, received)] += 1
        histogram.total += received


class Meter:
    """The calls of all methods of this process."""

    def __init__(self) -> None:
        self._methods: dict[str, MethodMeter] = {}

    def of(self, rpc: Rpc) -> MethodMeter:
        """Return the meter of *rpc*."""
        return self._of(service=rpc.service, method=rpc.method, unary=rpc.unary)

    def refused(self) -> None:
        """Count a call to a method that nobody serves."""
        other = self._of(service="", method=OTHER, unary=False)
        other.start()
        other.end(code_pb2.UNIMPLEMENTED, 0.0)

    def methods(self) -> Iterable[MethodMeter]:
        """Return the meters of the methods that were called or are served."""
        return tuple(self._methods.values())

    def _of(self, *, service: str, method: str, unary: bool) -> MethodMeter:
        if method not in self._methods:
            self._methods[method] = MethodMeter(service=service, method=method, unary=unary)
        return self._methods[method]
