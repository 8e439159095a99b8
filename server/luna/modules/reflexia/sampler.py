"""Samples the machine and the node in every slot, and records what it found."""

import asyncio
import logging
from typing import Final

from arkalia.reflexia.v1 import reflexia_pb2 as pb

from luna.kernel.errors import DomainError
from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.events import Append, StreamWrite
from luna.kernel.machine import Reading
from luna.kernel.times import duration, timestamp
from luna.manifest import Toolbox
from luna.modules.reflexia.domain import DEFAULT_POLICY, LevelPolicy
from luna.modules.reflexia.newest import Newest
from luna.modules.reflexia.samples import (
    SERVICES_MAX,
    judge,
    levels_of,
    machine_of,
    processes_of,
    services_of,
    stream_of,
    taken,
)
from luna.modules.reflexia.slots import Slot, next_slot, sample_id
from luna.modules.reflexia.vitals import VitalsTable

_PAUSES: Final = (0.05, 0.1, 0.2)
"""The waits before an append is tried again. The next slot ends them all."""

_log = logging.getLogger(__name__)


class Sampler:
    """Takes one sample a slot. A slot that was missed stays a gap."""

    def __init__(
        self, tools: Toolbox, vitals: VitalsTable, newest: Newest, *, policy: LevelPolicy = DEFAULT_POLICY
    ) -> None:
        self._tools = tools
        self._vitals = vitals
        self._newest = newest
        self._policy = policy
        self._interval_ns = round(tools.sample_seconds * 1e9)
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why the newest sample could not be recorded; empty when it could."""
        return self._trouble

    async def run(self) -> None:
        """Take samples, forever."""
        clock, machine = self._tools.clock, self._tools.machine
        # Rates need two readings: this one is for the first sample to compare with.
        before = await machine.read()
        slot: Slot | None = None
        while True:
            slot = next_slot(self._interval_ns, wall_ns=clock.wall_ns(), monotonic=clock.monotonic(), after=slot)
            while (wait := slot.due - clock.monotonic()) > 0:
                await clock.sleep(wait)
            reading = await machine.read()
            await self._record(self._compose(slot, reading, before))
            before = reading

    def _compose(self, slot: Slot, reading: Reading, before: Reading) -> pb.Sample:
        node = self._tools.identity.node
        self._vitals.hear(self._tools.vitals.read(), take_ns=self._tools.clock.wall_ns())
        heard = self._vitals.current()
        sample = pb.Sample(
            sample_id=sample_id(node, self._interval_ns, slot),
            node=node,
            sample_time=timestamp(reading.time_ns),
            interval=duration(self._tools.sample_seconds),
            machine=machine_of(reading, before),
            processes=processes_of(heard),
            services=services_of(heard),
        )
        previous = self._newest.of(node)
        judge(sample, levels_of(previous) if previous else {}, self._policy)
        # Judged first: a slow service counts, however few calls it has.
        del sample.services[SERVICES_MAX:]
        return sample

    async def _record(self, sample: pb.Sample) -> None:
        try:
            async with asyncio.timeout(self._tools.sample_seconds):
                await self._append(sample)
        except EventIdReusedError:
            # A replica of this process was faster: the slot has its sample, which the log will show us.
            self._settle("")
            return
        except TimeoutError:
            self._settle("the log did not answer before the next sample was due")
        except Exception as error:  # noqa: BLE001  however the log fails, observing must go on
            self._settle(str(error) or type(error).__name__)
        else:
            self._settle("")
        self._newest.note(sample)

    async def _append(self, sample: pb.Sample) -> None:
        event = taken(sample, source=self._tools.identity.source)
        append = Append(writes=[StreamWrite(stream=stream_of(sample.node), events=[event])])
        for pause in _PAUSES:
            try:
                await self._tools.events.append(append)
            except EventIdReusedError:
                raise
            except DomainError:
                await asyncio.sleep(pause)
            else:
                return
        await self._tools.events.append(append)

    def _settle(self, trouble: str) -> None:
        if trouble and not self._trouble:
            _log.warning("samples cannot be recorded: %s", trouble)
        elif self._trouble and not trouble:
            _log.info("samples are recorded again")
        self._trouble = trouble
