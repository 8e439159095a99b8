"""What every machine promises."""

import math
import os

from luna.kernel.machine import Machine, Reading

NOBODY = 2**22 + 1
"""A process id that no system gives out."""


def _ratios(reading: Reading) -> list[float]:
    found = (
        reading.cpu_ratio,
        reading.memory_ratio,
        reading.swap_ratio,
        reading.disk_ratio,
        reading.battery_ratio,
    )
    return [ratio for ratio in found if ratio is not None]


class MachineContract:
    """The promises of `luna.kernel.machine.Machine`, as tests."""

    async def test_a_ratio_is_between_nothing_and_all(self, machine: Machine) -> None:
        """
        Every share is a number from 0 to 1, at the first reading and at later ones.
        """
        for _ in range(3):
            ratios = _ratios(await machine.read())

            assert all(0 <= ratio <= 1 for ratio in ratios)

    async def test_memory_and_disk_are_known(self, machine: Machine) -> None:
        """
        What every machine has is read, and adds up.
        """
        reading = await machine.read()

        assert reading.memory_ratio is not None
        assert reading.disk_ratio is not None
        assert reading.memory_total_bytes is not None
        assert reading.memory_available_bytes is not None
        assert 0 < reading.memory_available_bytes <= reading.memory_total_bytes

    async def test_readings_are_in_the_order_of_time(self, machine: Machine) -> None:
        """
        A later reading has no earlier time.
        """
        first, second = await machine.read(), await machine.read()

        assert 0 < first.time_ns <= second.time_ns

    async def test_counters_never_fall(self, machine: Machine) -> None:
        """
        What was received and sent can only become more.
        """
        first, second = await machine.read(), await machine.read()

        assert (first.network_received_bytes or 0) <= (second.network_received_bytes or math.inf)
        assert (first.network_sent_bytes or 0) <= (second.network_sent_bytes or math.inf)

    async def test_a_process_that_is_gone_is_not_in_the_reading(self, machine: Machine) -> None:
        """
        Only those that are alive are read, and the first time without a share of the processor.
        """
        reading = await machine.read([os.getpid(), NOBODY])

        assert [process.pid for process in reading.processes] == [os.getpid()]
        assert reading.processes[0].rss_bytes > 0
        assert reading.processes[0].cpu_ratio is None

    async def test_a_process_has_a_share_of_the_processor_at_the_second_reading(self, machine: Machine) -> None:
        """
        The share is of the time between two readings.
        """
        await machine.read([os.getpid()])
        (process,) = (await machine.read([os.getpid()])).processes

        assert process.cpu_ratio is not None
        assert process.cpu_ratio >= 0
