"""Machines for tests: one that says what it is told to say."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from luna.kernel.clock import Clock
from luna.kernel.machine import ProcessReading, Reading
from luna.kernel.vitals import ProcessVitals, ServiceVitals

IDLE = Reading(
    time_ns=0,
    cpu_ratio=0.1,
    cpu_count=4,
    load_average=(0.4, 0.3, 0.2),
    memory_ratio=0.3,
    memory_total_bytes=8 << 30,
    memory_available_bytes=5 << 30,
    swap_ratio=0.0,
    disk_ratio=0.4,
    disk_free_bytes=100 << 30,
    network_received_bytes=1_000_000,
    network_sent_bytes=500_000,
    temperature_celsius=48.5,
)
"""A small machine with little to do."""


class SteadyMachine:
    """A machine whose sensors say the same until told otherwise, and whose network never rests."""

    def __init__(self, clock: Clock, reading: Reading = IDLE, alive: Callable[[int], bool] = lambda _: True) -> None:
        self.reading = reading
        self.readings = 0
        self._clock = clock
        self._alive = alive

    async def read(self, pids: Sequence[int] = ()) -> Reading:
        """Return the reading of now."""
        self.readings += 1
        received = self.reading.network_received_bytes
        return replace(
            self.reading,
            time_ns=self._clock.wall_ns(),
            network_received_bytes=None if received is None else received + 1000 * self.readings,
            processes=[
                ProcessReading(pid=pid, rss_bytes=1 << 20, cpu_ratio=0.1 if self.readings > 1 else None)
                for pid in pids
                if self._alive(pid)
            ],
        )


class SteadyVitals:
    """A process that is always doing equally well."""

    def __init__(self, vitals: ProcessVitals) -> None:
        self.vitals = vitals

    def read(self) -> ProcessVitals:
        """Return the figures."""
        return self.vitals


def vitals(process: str = "kernel-0", *, loop_lag_seconds: float = 0.001, services: int = 2) -> ProcessVitals:
    """Return the figures of a process that is doing well."""
    return ProcessVitals(
        process=process,
        pid=4242,
        started_ns=1,
        window_seconds=10.0,
        loop_lag_seconds=loop_lag_seconds,
        rss_bytes=60 << 20,
        cpu_ratio=0.05,
        services=[
            ServiceVitals(
                service=f"arkalia.reflexia.v1.Service{index}",
                calls=100 + index,
                errors=index,
                latency_p50_seconds=0.001,
                latency_p99_seconds=0.004,
                in_flight=index,
            )
            for index in range(services)
        ],
    )
