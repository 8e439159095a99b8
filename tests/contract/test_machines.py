"""Every machine keeps the promises, and the real one reads the real sensors."""

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from luna.adapters.machine import PsutilMachine
from luna.kernel.clock import SystemClock
from luna.kernel.machine import Machine
from tests.contract.machine import MachineContract
from tests.machines import SteadyMachine


class TestPsutilMachine(MachineContract):
    @pytest.fixture
    async def machine(self, tmp_path: Path) -> AsyncIterator[Machine]:
        async with PsutilMachine(SystemClock(), [tmp_path]) as machine:
            yield machine

    async def test_the_loop_goes_on_while_sensors_are_read(self, machine: Machine) -> None:
        """
        A reading is taken in another thread.
        """
        await machine.read()

        assert "sensors" in " ".join(thread.name for thread in threading.enumerate())

    async def test_the_processor_is_known_from_the_second_reading(self, machine: Machine) -> None:
        """
        A share needs a time that it is a share of.
        """
        first = await machine.read()
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            pass
        second = await machine.read()

        assert first.cpu_ratio is None
        assert second.cpu_ratio is not None
        assert second.cpu_ratio > 0

    async def test_the_figures_are_those_of_the_system(self, machine: Machine, tmp_path: Path) -> None:
        """
        They agree with what psutil says at the same moment.
        """
        reading = await machine.read()

        assert reading.memory_total_bytes == psutil.virtual_memory().total
        assert reading.memory_ratio == pytest.approx(psutil.virtual_memory().percent / 100, abs=0.1)
        assert reading.disk_ratio == pytest.approx(psutil.disk_usage(str(tmp_path)).percent / 100, abs=0.05)
        assert reading.cpu_count == os.cpu_count()

    async def test_a_zombie_is_not_alive(self, machine: Machine) -> None:
        """
        A process that has ended and was not collected is gone.
        """
        child = multiprocessing.get_context("spawn").Process(target=int)
        child.start()
        pid = child.pid
        assert pid is not None
        async with asyncio.timeout(20):
            while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                await asyncio.sleep(0.01)
        reading = await machine.read([pid])
        child.join()

        assert reading.processes == []


class TestSteadyMachine(MachineContract):
    @pytest.fixture
    async def machine(self) -> Machine:
        return SteadyMachine(SystemClock(), alive=lambda pid: pid == os.getpid())


async def test_the_fullest_file_system_counts_and_a_missing_one_does_not(tmp_path: Path) -> None:
    """
    A folder that is not there has no reading, which is not the same as an empty one.
    """
    async with PsutilMachine(SystemClock(), [tmp_path, tmp_path / "missing"]) as machine:
        both = await machine.read()
    async with PsutilMachine(SystemClock(), [tmp_path / "missing"]) as machine:
        missing = await machine.read()

    assert both.disk_ratio is not None
    assert missing.disk_ratio is None
    assert missing.disk_free_bytes is None


async def test_a_silent_sensor_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """
    Whatever way a sensor fails in, its readings are unset and the others are taken.
    """

    def fail(*_: object, **__: object) -> None:
        raise OSError("no such device")

    for sensor in ("cpu_times", "sensors_temperatures", "net_io_counters", "swap_memory", "sensors_battery"):
        monkeypatch.setattr(psutil, sensor, fail, raising=False)
    monkeypatch.setattr(psutil, "getloadavg", fail)
    async with PsutilMachine(SystemClock(), [tmp_path]) as machine:
        await machine.read()
        reading = await machine.read()

    assert reading.cpu_ratio is None
    assert reading.temperature_celsius is None
    assert reading.network_received_bytes is None
    assert reading.swap_ratio is None
    assert reading.battery_ratio is None
    assert reading.on_mains is None
    assert reading.load_average == ()
    assert reading.memory_ratio is not None
