"""Keeps the level of degradation: decided here, on record in the log, the same after a restart."""

import asyncio
from typing import Final

from arkalia.resilience.v1 import degradation_pb2 as pb
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.clock import Clock
from luna.kernel.event_errors import VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, EventFilter, Expect, StreamWrite
from luna.kernel.revisions import RevisionBook
from luna.kernel.times import duration, timestamp
from luna.modules.resilience.degradation_policy import level_of, level_to_pb, policy_of
from luna.modules.resilience.record import DEGRADATION_CHANGED, Recorder
from luna.modules.resilience.services import Services
from luna.modules.resilience.signals import Signals
from luna.resilience.degradation import Change, Degradation, DegradationPolicy, Hold
from luna.resilience.levels import CAPACITY, Level
from luna.resilience.pressure import Pressure, pressure_of

APPEND_SECONDS: Final = 2.0
"""How long the log may take. What it did not take is tried again."""


class LevelKeeper:
    """The level of the node, and why it is that one."""

    def __init__(
        self,
        events: EventLog,
        clock: Clock,
        recorder: Recorder,
        *,
        book: RevisionBook[pb.DegradationPolicyRevision],
        signals: Signals,
        services: Services,
    ) -> None:
        self._events = events
        self._clock = clock
        self._recorder = recorder
        self._book = book
        self._signals = signals
        self._services = services
        self._machine = Degradation(DegradationPolicy(), now=clock.monotonic())
        self._applied = 0
        """The revision of the policy that the machine follows."""
        self._recorded = Level.NORMAL
        """The level that is on record."""
        self._version = 0
        self._reason = "the level since the node was made"
        self._change_ns = 0
        self._lock = asyncio.Lock()
        self.position = 0
        """Of the newest change on record."""

    @property
    def level(self) -> Level:
        """The level now."""
        return self._machine.level

    async def load(self) -> None:
        """Take over the level that is on record."""
        await self._book.load()
        wanted = EventFilter(stream=self._recorder.streams.degradation, types=frozenset({DEGRADATION_CHANGED}))
        page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
        for event in page.events:
            self.apply(event)

    def apply(self, event: Event) -> None:
        """Take up a change that is on record, made here or by another replica."""
        if event.stream_version <= self._version:
            return
        told = facts.DegradationChanged.FromString(event.payload).degradation
        self._version, self.position = event.stream_version, event.position
        self._recorded = level_of(told.level)
        if self._machine.level is not self._recorded:
            held = self._machine.held
            self._machine = Degradation(self._machine.policy, level=self._recorded, now=self._clock.monotonic())
            self._machine.held = held
        self._reason, self._change_ns = told.reason, told.change_time.ToNanoseconds()

    async def hold(self, hold: Hold | None) -> None:
        """Hold the level, or let go of it, and record what changes thereby."""
        if hold is None:
            self._machine.release()
        else:
            self._note(self._machine.hold(hold, self._clock.monotonic()))
        await self._record()

    async def observe(self) -> None:
        """Look how it goes, and record the level if it is another than the one on record."""
        self._follow_policy()
        self._note(self._machine.observe(self.pressure(), self._clock.monotonic(), self._services.failing))
        await self._record()

    def pressure(self) -> Pressure:
        """Return the pressure now."""
        return pressure_of(self._signals.readings(), self._machine.policy.scales)

    def wanted(self, policy: DegradationPolicy) -> Level:
        """Return the level that the pressure of now asks for under *policy*."""
        pressure = pressure_of(self._signals.readings(), policy.scales)
        return Degradation(policy, now=self._clock.monotonic()).wanted(pressure)

    def now(self) -> pb.Degradation:
        """Return the level, with the pressure behind it."""
        machine, now, pressure = self._machine, self._clock.monotonic(), self.pressure()
        told = pb.Degradation(
            level=level_to_pb(machine.level),
            capacity=CAPACITY[machine.level],
            pressure=pressure.value,
            signals=[
                pb.PressureSignal(signal=one.name, reading=one.reading, pressure=one.pressure, critical=one.critical)
                for one in pressure.signals
            ],
            change_time=timestamp(self._change_ns) if self._change_ns else None,
            reason=self._reason,
            suspended_services=self._services.suspended(machine.level),
            failing_services=self._services.failing,
        )
        if machine.held is not None and machine.held.until > now:
            told.hold_until_time.CopyFrom(timestamp(self._clock.wall_ns() + round((machine.held.until - now) * 1e9)))
        if (remaining := machine.calm_remaining(now)) is not None:
            told.calm_remaining.CopyFrom(duration(remaining))
        return told

    def _follow_policy(self) -> None:
        revision = self._book.current
        if revision.revision != self._applied:
            self._machine.policy = policy_of(revision.policy)
            self._applied = revision.revision

    def _note(self, change: Change | None) -> None:
        if change is not None:
            self._reason, self._change_ns = change.reason, self._clock.wall_ns()

    async def _record(self) -> None:
        """Record the level, if it is another than the one on record."""
        async with self._lock:
            if self._machine.level is self._recorded:
                return
            level = self._machine.level
            fact = self._recorder.fact(
                facts.DegradationChanged(
                    previous_level=level_to_pb(self._recorded), degradation=self.now(), policy_revision=self._applied
                )
            )
            stream, expected = self._recorder.streams.degradation, self._version or Expect.NO_STREAM
            write = StreamWrite(stream=stream, events=(fact,), expected=expected)
            try:
                async with asyncio.timeout(APPEND_SECONDS):
                    appended = await self._events.append(Append(writes=(write,)))
            except VersionConflictError:
                # Another replica was first: what it decided holds.
                await self.load()
                return
            recorded = appended.events[0]
            self._recorded = level
            if recorded.stream_version > self._version:
                self._version, self.position = recorded.stream_version, recorded.position
