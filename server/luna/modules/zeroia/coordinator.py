"""Runs cognitive cycles at the pace of a mode."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from google.protobuf.message import Message
from uuid_utils import uuid7

from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, EventFilter, NewEvent, StreamWrite
from luna.kernel.times import timestamp
from luna.manifest import Health
from luna.modules.zeroia.cycle import Course
from luna.modules.zeroia.decisions import DecisionService
from luna.modules.zeroia.errors import IdTakenError, NoSampleError
from luna.modules.zeroia.judgement import Verdict, after
from luna.modules.zeroia.mind import Mind
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.record import CYCLE_COMPLETED, CYCLES, MODE, MODE_CHANGED, Occasion
from luna.modules.zeroia.rules import Rules

_FIELDS: Final[Mapping[int, str]] = {
    pb.CYCLE_MODE_URGENT: "urgent",
    pb.CYCLE_MODE_NORMAL: "normal",
    pb.CYCLE_MODE_DEEP: "deep",
    pb.CYCLE_MODE_MAINTENANCE: "maintenance",
}
_LATE_INTERVALS: Final = 3

_log = logging.getLogger(__name__)


class Pace(NamedTuple):
    """A mode, and the time between its cycles."""

    mode: pb.CycleMode
    interval_ns: int


class Coordinator:
    """The use cases of cycles."""

    def __init__(
        self,
        events: EventLog,
        clock: Clock,
        *,
        book: PolicyBook,
        mind: Mind,
        decisions: DecisionService,
        node: str,
        source: str,
    ) -> None:
        self._events = events
        self._clock = clock
        self._book = book
        self._mind = mind
        self._decisions = decisions
        self._node = node
        self._source = source
        self._mode: pb.CycleMode | None = None
        self._turned = asyncio.Event()
        self._ended = clock.monotonic()
        self._trouble = ""

    async def run(self) -> None:
        """Run cycles, forever."""
        while True:
            try:
                await self._wait((await self.pace()).interval_ns / 1e9)
                await self.cycle("", called=False)
                self._trouble = ""
            except Exception as error:  # noqa: BLE001  whatever the log's adapter raises, cycles must go on
                self._trouble = f"{type(error).__name__}: {error}"
                _log.warning("a cycle failed: %s", self._trouble)
                await self._clock.sleep(1)

    async def probe(self) -> tuple[Health, str]:
        """Tell whether cycles are being run."""
        if self._trouble:
            return Health.NOT_SERVING, f"the last cycle failed: {self._trouble}"
        late = self._clock.monotonic() - self._ended
        interval = (await self.pace()).interval_ns / 1e9
        if late > _LATE_INTERVALS * interval:
            return Health.NOT_SERVING, f"no cycle has ended for {late:.0f} s"
        return Health.SERVING, ""

    async def pace(self) -> Pace:
        """Return the mode, and the time between two cycles."""
        rules = self._book.rules or await self._book.load()
        if self._mode is None:
            wanted = EventFilter(stream=MODE, types=frozenset({MODE_CHANGED}))
            page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
            self._mode = _mode_in(page.events[0]) if page.events else pb.CYCLE_MODE_NORMAL
        interval = getattr(rules.policy.cycles, _FIELDS[self._mode])
        return Pace(self._mode, interval.ToNanoseconds())

    async def set_mode(self, mode: pb.CycleMode, reason: str) -> Pace:
        """Change the mode, for good."""
        before = (await self.pace()).mode
        if mode != before:
            now_ns = self._clock.wall_ns()
            changed = facts.ModeChanged(mode=mode, previous_mode=before, reason=reason, change_time=timestamp(now_ns))
            fact = self._fact(MODE_CHANGED, changed, now_ns)
            await self._events.append(Append(writes=(StreamWrite(stream=MODE, events=(fact,)),)))
            self._turn(mode)
        return await self.pace()

    def apply(self, event: Event) -> None:
        """Take up a change of the mode, made here or by another replica."""
        self._turn(_mode_in(event))

    async def cycle(self, cycle_id: str, *, called: bool) -> pb.Cycle:
        """Run a cycle, and record it.

        Raises:
            IdTakenError: the id belongs to another event.

        """
        cycle_id = cycle_id.lower() or str(uuid7())
        rules = self._book.rules or await self._book.load()
        cycle = pb.Cycle(
            cycle_id=cycle_id,
            node=self._node,
            mode=(await self.pace()).mode,
            called=called,
            start_time=timestamp(self._clock.wall_ns()),
            status=pb.CYCLE_STATUS_NO_SAMPLE,
        )
        course = Course(cycle, self._clock)
        verdict = await self._judge(course, rules)
        try:
            await self._report(course, verdict, rules)
        except EventIdReusedError:
            return await self._earlier(cycle_id)
        self._ended = self._clock.monotonic()
        return cycle

    async def _judge(self, course: Course, rules: Rules) -> Verdict | None:
        with suppress(NoSampleError):
            sensed = await self._mind.newest(self._node, rules)
            course.lap(pb.CYCLE_STAGE_SENSE)
            return course.judge(sensed, rules, self._mind.stance(self._node))
        course.lap(pb.CYCLE_STAGE_SENSE)
        return None

    async def _report(self, course: Course, verdict: Verdict | None, rules: Rules) -> None:
        cycle = course.cycle
        if verdict is None or (not cycle.called and self._decisions.repeats(verdict, rules)):
            if verdict is not None:
                self._mind.move(self._node, after(verdict, recorded=False))
            course.lap(pb.CYCLE_STAGE_REPORT)
            await self._events.append(Append(writes=(self._write(cycle),)))
            return
        occasion = Occasion(str(uuid7()), pb.DECISION_ORIGIN_CYCLE, rules.revision)
        cycle.decision_id = occasion.decision_id
        course.lap(pb.CYCLE_STAGE_REPORT)
        await self._decisions.commit(verdict, occasion, beside=(self._write(cycle),))

    def _write(self, cycle: pb.Cycle) -> StreamWrite:
        fact = self._fact(
            CYCLE_COMPLETED, facts.CycleCompleted(cycle=cycle), cycle.start_time.ToNanoseconds(), cycle.cycle_id
        )
        return StreamWrite(stream=CYCLES, events=(fact,))

    def _fact(self, type: str, message: Message, time_ns: int, event_id: str = "") -> NewEvent:
        return NewEvent(
            type=type, payload=message.SerializeToString(), event_id=event_id, source=self._source, time_ns=time_ns
        )

    async def _earlier(self, cycle_id: str) -> pb.Cycle:
        event = await self._events.find(cycle_id)
        if event is None or event.type != CYCLE_COMPLETED:
            raise IdTakenError(cycle_id)
        return facts.CycleCompleted.FromString(event.payload).cycle

    def _turn(self, mode: pb.CycleMode) -> None:
        if mode != self._mode:
            self._mode = mode
            self._turned.set()

    async def _wait(self, seconds: float) -> None:
        """Wait for the next cycle; a change of mode starts the wait again with the new interval."""
        while True:
            self._turned.clear()
            waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._turned.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            if waits[0].done() and not waits[0].cancelled():
                return
            seconds = (await self.pace()).interval_ns / 1e9


def _mode_in(event: Event) -> pb.CycleMode:
    return facts.ModeChanged.FromString(event.payload).mode
