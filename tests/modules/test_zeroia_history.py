"""The cycles kept at hand say what the log says."""

import asyncio
from typing import Any

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.events import Append, NewEvent, Page, StreamWrite
from luna.kernel.times import timestamp
from luna.modules.zeroia.history import CycleHistory
from luna.modules.zeroia.record import CYCLE_COMPLETED, CYCLES
from tests.zeroia import SECOND, START


class CountingLog(MemoryEventLog):
    """A log that takes its time, and counts how often it is read."""

    reads = 0

    async def read(self, *args: Any, **kwargs: Any) -> Page:
        self.reads += 1
        await asyncio.sleep(0.01)
        return await super().read(*args, **kwargs)


async def record(log: MemoryEventLog, *moments: int) -> None:
    """Record a cycle for each of *moments*, in seconds."""
    for moment in moments:
        time_ns = START + moment * SECOND
        cycle = pb.Cycle(start_time=timestamp(time_ns), judgement=pb.Judgement(pressure=moment / 100))
        payload = facts.CycleCompleted(cycle=cycle).SerializeToString()
        event = NewEvent(type=CYCLE_COMPLETED, payload=payload, time_ns=time_ns)
        await log.append(Append(writes=(StreamWrite(stream=CYCLES, events=(event,)),)))


async def seconds(history: CycleHistory, first: int, last: int) -> tuple[list[int], bool]:
    """Return when the cycles in that time were, in seconds, and whether older ones are missing."""
    found = await history.between(START + first * SECOND, START + last * SECOND)
    return [(beat.time_ns - START) // SECOND for beat in found.beats], found.truncated


async def test_what_is_recorded_in_between_is_found() -> None:
    """
    The first question reads the log, those after it what has come since.
    """
    log = MemoryEventLog(SystemClock())
    history = CycleHistory(log)
    assert await seconds(history, 0, 100) == ([], False)

    await record(log, *range(600))
    assert await seconds(history, 0, 1000) == (list(range(600)), False)

    await record(log, 600, 601)
    assert await seconds(history, 590, 601) == (list(range(590, 601)), False)
    assert (await history.between(START, START + 1000 * SECOND)).beats[50].pressure == 0.5


async def test_what_is_no_longer_at_hand_is_read_from_the_log() -> None:
    """
    The newest of the time that is asked about, and it says that there are more.
    """
    log = MemoryEventLog(SystemClock())
    await record(log, *range(30))
    history = CycleHistory(log, kept=10)

    assert await seconds(history, 20, 30) == (list(range(20, 30)), False)
    assert await seconds(history, 5, 12) == (list(range(5, 12)), False)
    assert await seconds(history, 0, 25) == (list(range(15, 25)), True)

    await record(log, 30)
    assert await seconds(history, 20, 31) == (list(range(21, 31)), True)


async def test_who_asks_at_the_same_time_shares_what_is_read() -> None:
    """
    A hundred questions read the log twice; each finds what was recorded before it was asked.
    """
    log = CountingLog(SystemClock())
    history = CycleHistory(log)
    await record(log, *range(3))
    early = [asyncio.create_task(seconds(history, 0, 100)) for _ in range(50)]
    await asyncio.sleep(0)
    await record(log, 3)
    late = [asyncio.create_task(seconds(history, 0, 100)) for _ in range(50)]

    assert all(found[:3] == [0, 1, 2] for found, _ in await asyncio.gather(*early))
    assert all(found == [0, 1, 2, 3] for found, _ in await asyncio.gather(*late))
    assert log.reads <= 3
