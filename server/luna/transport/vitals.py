"""Takes the process's own figures: calls, latencies, loop lag, memory, processor time."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from luna.kernel.identity import Identity
from luna.kernel.vitals import ProcessVitals, ServiceVitals
from luna.resilience.circuit import CircuitState
from luna.transport.histogram import quantile
from luna.transport.memory import resident_bytes
from luna.transport.meter import FAILURES, OTHER, SECONDS_BOUNDS, Meter, MethodMeter
from luna.transport.parts import Parts

WINDOW_SECONDS: Final = 10
_TICKS_PER_SECOND: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """The calls of one method since the process started."""

    calls: int
    errors: int
    refused: int
    seconds: Sequence[int]
    """Finished calls by the bucket of their duration; empty for streams."""


_REFUSING: Final = frozenset({CircuitState.OPEN, CircuitState.FORCED_OPEN})
_NONE: Final = _Counts(calls=0, errors=0, refused=0, seconds=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """The counters at one moment."""

    monotonic: float
    cpu_seconds: float
    methods: Mapping[str, _Counts]


class ProcessWatch:
    """Implements `luna.kernel.vitals.Vitals` for this process. Its `run` is a background loop."""

    def __init__(
        self,
        meter: Meter,
        identity: Identity,
        *,
        parts: Parts | None = None,
        resident: Callable[[], int] = resident_bytes,
    ) -> None:
        self._meter = meter
        self._parts = parts or Parts()
        self._identity = identity
        self._resident = resident
        self._marks: deque[_Mark] = deque([self._mark()], maxlen=WINDOW_SECONDS + 1)
        self._lags: deque[float] = deque([0.0], maxlen=WINDOW_SECONDS + 1)

    async def run(self) -> None:
        """Measure the loop's lag forever, and move the window on once a second."""
        pause = 1 / _TICKS_PER_SECOND
        while True:
            for _ in range(_TICKS_PER_SECOND):
                due = time.monotonic() + pause
                await asyncio.sleep(pause)
                self._lags[-1] = max(self._lags[-1], time.monotonic() - due)
            self._marks.append(self._mark())
            self._lags.append(0.0)

    def read(self) -> ProcessVitals:
        """Return the figures of the last window."""
        before, now = self._marks[0], self._mark()
        window = max(now.monotonic - before.monotonic, 1e-9)
        return ProcessVitals(
            process=self._identity.process,
            pid=os.getpid(),
            started_ns=self._identity.started_ns,
            window_seconds=window,
            loop_lag_seconds=max(self._lags),
            rss_bytes=self._resident(),
            cpu_ratio=(now.cpu_seconds - before.cpu_seconds) / window,
            services=tuple(self._services(before, now)),
            circuit_breakers=len(breakers := self._parts.circuits.engines()),
            open_circuit_breakers=sum(breaker.state in _REFUSING for breaker in breakers),
            queued_calls=self._parts.limiter.queued + self._parts.pacing.waiting,
        )

    def gauges(self) -> Mapping[str, float]:
        """Return what Prometheus should know of the process."""
        return {
            "arkalia_event_loop_lag_seconds": max(self._lags),
            "process_cpu_seconds_total": time.process_time(),
            "process_resident_memory_bytes": self._resident(),
            "process_start_time_seconds": self._identity.started_ns / 1e9,
        }

    def _mark(self) -> _Mark:
        return _Mark(
            monotonic=time.monotonic(),
            cpu_seconds=time.process_time(),
            methods={method.method: _count(method) for method in self._meter.methods()},
        )

    def _services(self, before: _Mark, now: _Mark) -> Iterable[ServiceVitals]:
        methods = sorted(self._meter.methods(), key=lambda method: method.service)
        for service, grouped in groupby(methods, key=lambda method: method.service):
            members = [method for method in grouped if method.method != OTHER]
            if not members:
                continue
            changes = [_since(before.methods.get(m.method, _NONE), now.methods.get(m.method, _NONE)) for m in members]
            seconds = _sum(change.seconds for change in changes)
            yield ServiceVitals(
                service=service,
                calls=sum(change.calls for change in changes),
                errors=sum(change.errors for change in changes),
                refused=sum(change.refused for change in changes),
                latency_p50_seconds=quantile(SECONDS_BOUNDS, seconds, 0.50),
                latency_p99_seconds=quantile(SECONDS_BOUNDS, seconds, 0.99),
                in_flight=sum(method.in_flight for method in members),
            )


def _count(method: MethodMeter) -> _Counts:
    outcomes = method.outcomes.values()
    calls = {outcome.code: sum(outcome.seconds.counts) for outcome in outcomes}
    return _Counts(
        calls=sum(calls.values()) - method.refused,
        errors=sum(count for code, count in calls.items() if code in FAILURES) - method.refused,
        refused=method.refused,
        seconds=_sum(outcome.seconds.counts for outcome in outcomes) if method.unary else (),
    )


def _since(before: _Counts, now: _Counts) -> _Counts:
    earlier = before.seconds or [0] * len(now.seconds)
    return _Counts(
        calls=now.calls - before.calls,
        errors=now.errors - before.errors,
        refused=now.refused - before.refused,
        seconds=[late - early for late, early in zip(now.seconds, earlier, strict=True)],
    )


def _sum(columns: Iterable[Sequence[int]]) -> Sequence[int]:
    return [sum(column) for column in zip(*(column for column in columns if column), strict=True)]
