"""The machine's sensors, read through psutil in a thread of their own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import psutil

from luna.kernel.clock import Clock
from luna.kernel.machine import ProcessReading, Reading

T = TypeVar("T")

_SILENT: Final = (OSError, psutil.Error, AttributeError, KeyError, NotImplementedError, RuntimeError, ValueError)
"""How a sensor that this machine lacks, or that we may not read, shows itself."""
_TEMPERATURES: Final = (-100.0, 1000.0)
"""Readings outside of these degrees are a broken sensor's."""


class PsutilMachine:
    """The machine as psutil sees it. A reading that cannot be taken is ``None``."""

    def __init__(self, clock: Clock, paths: Sequence[Path]) -> None:
        self._clock = clock
        self._paths = tuple(paths)
        # One thread: a sensor that hangs blocks the next reading, never the loop or a pool that others need.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sensors")
        self._cpu_before: tuple[float, float] | None = None
        self._processes_before: dict[tuple[int, float], tuple[float, float]] = {}

    async def __aenter__(self) -> Self:
        """Return the machine."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def read(self, pids: Sequence[int] = ()) -> Reading:
        """Take a reading, with those of *pids* that are alive."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, tuple(pids))

    def _read(self, pids: Sequence[int]) -> Reading:
        return Reading(
            time_ns=self._clock.wall_ns(),
            cpu_ratio=_or_none(self._cpu_ratio),
            cpu_count=_or_none(psutil.cpu_count),
            load_average=_or_none(psutil.getloadavg) or (),
            temperature_celsius=_or_none(_hottest),
            processes=self._read_processes(pids),
            **(_or_none(_memory) or {}),
            **(_or_none(_swap) or {}),
            **(_fullest(self._paths) or {}),
            **(_or_none(_network) or {}),
            **(_or_none(_battery) or {}),
        )

    def _cpu_ratio(self) -> float | None:
        times = psutil.cpu_times()._asdict()
        # Linux counts the time of guests as time of the user, too.
        total = sum(times.values()) - times.get("guest", 0.0) - times.get("guest_nice", 0.0)
        busy = total - times["idle"] - times.get("iowait", 0.0)
        before, self._cpu_before = self._cpu_before, (busy, total)
        if before is None or total <= before[1]:
            return None
        return _ratio((busy - before[0]) / (total - before[1]))

    def _read_processes(self, pids: Sequence[int]) -> Sequence[ProcessReading]:
        seen: dict[tuple[int, float], tuple[float, float]] = {}
        readings = [reading for pid in pids if (reading := _or_none(partial(self._read_process, pid, seen)))]
        self._processes_before = seen
        return readings

    def _read_process(self, pid: int, seen: dict[tuple[int, float], tuple[float, float]]) -> ProcessReading | None:
        process = psutil.Process(pid)
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            times, rss = process.cpu_times(), process.memory_info().rss
            key = (pid, process.create_time())
        used, now = times.user + times.system, self._clock.monotonic()
        before, seen[key] = self._processes_before.get(key), (used, now)
        moved = before is not None and now > before[1]
        cpu = max(0.0, used - before[0]) / (now - before[1]) if before and moved else None
        return ProcessReading(pid=pid, rss_bytes=rss, cpu_ratio=cpu)


def _or_none(sensor: Callable[[], T | None]) -> T | None:
    try:
        return sensor()
    except _SILENT:
        return None


def _ratio(value: float) -> float:
    return min(1.0, max(0.0, value))


def _memory() -> Mapping[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "memory_ratio": _ratio(1 - memory.available / memory.total),
        "memory_total_bytes": memory.total,
        "memory_available_bytes": memory.available,
    }


def _swap() -> Mapping[str, Any]:
    swap = psutil.swap_memory()
    return {"swap_ratio": _ratio(swap.used / swap.total)} if swap.total else {}


def _fullest(paths: Sequence[Path]) -> Mapping[str, Any] | None:
    usages = [usage for path in paths if (usage := _or_none(partial(psutil.disk_usage, str(path))))]
    if not usages:
        return None
    fullest = max(usages, key=lambda usage: usage.percent)
    return {"disk_ratio": _ratio(fullest.percent / 100), "disk_free_bytes": fullest.free}


def _network() -> Mapping[str, Any] | None:
    cards = [card for name, card in psutil.net_io_counters(pernic=True).items() if not name.startswith("lo")]
    if not cards:
        return None
    return {
        "network_received_bytes": sum(card.bytes_recv for card in cards),
        "network_sent_bytes": sum(card.bytes_sent for card in cards),
    }


def _battery() -> Mapping[str, Any] | None:
    battery = psutil.sensors_battery()
    return battery and {"battery_ratio": _ratio(battery.percent / 100), "on_mains": battery.power_plugged}


def _hottest() -> float | None:
    low, high = _TEMPERATURES
    sensors = [sensor.current for group in psutil.sensors_temperatures().values() for sensor in group]
    return max((degrees for degrees in sensors if low <= degrees <= high), default=None)
