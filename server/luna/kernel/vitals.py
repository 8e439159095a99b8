"""How one server process is doing: the figures it takes of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceVitals:
    """The calls of one gRPC service within the last window."""

    service: str
    """The full name, such as ``arkalia.events.v1.EventService``."""
    calls: int
    errors: int
    """Calls that ended in UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNKNOWN or DATA_LOSS."""
    latency_p50_seconds: float | None
    """Of unary calls; ``None`` when there was none."""
    latency_p99_seconds: float | None
    in_flight: int
    refused: int = 0
    """Calls turned away on purpose: at this level, for want of room, by a breaker. Neither calls nor errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessVitals:
    """One server process, as it sees itself."""

    process: str
    """The name in the topology and the replica, such as ``kernel-0``."""
    pid: int
    started_ns: int
    window_seconds: float
    loop_lag_seconds: float
    """The longest that the event loop kept a ready timer waiting within the window."""
    rss_bytes: int
    cpu_ratio: float
    """Processor time over wall time within the window; 1 is one whole core."""
    services: Sequence[ServiceVitals]
    circuit_breakers: int | None = None
    """How many it has; ``None`` if it did not say."""
    open_circuit_breakers: int | None = None
    """Those that refuse calls."""
    queued_calls: int | None = None
    """Calls that wait until there is room for them."""


class Vitals(Protocol):
    """Where a process reads its own figures."""

    def read(self) -> ProcessVitals:
        """Return the figures of the last window."""
        ...
