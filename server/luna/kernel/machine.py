"""The port to the machine's sensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReading:
    """One operating-system process."""

    pid: int
    rss_bytes: int
    cpu_ratio: float | None
    """Processor time over wall time since the last reading; ``None`` at the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the sensors said. A reading that could not be taken is ``None``, never a default."""

    time_ns: int
    cpu_ratio: float | None = None
    cpu_count: int | None = None
    load_average: Sequence[float] = ()
    """Over 1, 5 and 15 minutes; empty where the system has none."""
    memory_ratio: float | None = None
    memory_total_bytes: int | None = None
    memory_available_bytes: int | None = None
    swap_ratio: float | None = None
    disk_ratio: float | None = None
    """The fullest of the file systems that the node writes to."""
    disk_free_bytes: int | None = None
    network_received_bytes: int | None = None
    """Since the machine started."""
    network_sent_bytes: int | None = None
    battery_ratio: float | None = None
    on_mains: bool | None = None
    temperature_celsius: float | None = None
    """The hottest sensor."""
    processes: Sequence[ProcessReading] = ()


class Machine(Protocol):
    """The machine that the node runs on."""

    async def read(self, pids: Sequence[int] = ()) -> Reading:
        """Take a reading, with those of *pids* that are alive."""
        ...
