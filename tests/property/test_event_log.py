"""The event log agrees with a list of events, whatever is appended to it, also after it was closed."""

import asyncio
import uuid
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.event_errors import EventIdReusedError, EventLogError, VersionConflictError
from luna.kernel.events import (
    Append,
    Appended,
    Direction,
    Event,
    EventFilter,
    Expect,
    Expected,
    NewEvent,
    StreamCheck,
    StreamWrite,
)
from tests.fakes import FakeClock

T = TypeVar("T")
STREAMS = ("a/1", "a/2", "b/1", "c")
TYPES = ("test.A", "test.B", "test.C")
IDS = tuple(str(uuid.UUID(int=n + 1)) for n in range(12))
EXPECTED: st.SearchStrategy[Expected] = st.sampled_from([*Expect, 0, 1, 2, 5])
EVENTS = st.builds(
    NewEvent,
    type=st.sampled_from(TYPES),
    payload=st.binary(max_size=3),
    event_id=st.one_of(st.just(""), st.sampled_from(IDS)),
    source=st.sampled_from(["", "node/é"]),
    correlation_id=st.sampled_from(["", IDS[0], "story"]),
    time_ns=st.integers(0, 5),
)
WRITES = st.builds(
    StreamWrite, stream=st.sampled_from(STREAMS), events=st.lists(EVENTS, min_size=1, max_size=3), expected=EXPECTED
)
CHECKS = st.builds(StreamCheck, stream=st.sampled_from(STREAMS), expected=EXPECTED)
APPENDS = st.builds(
    Append,
    writes=st.lists(WRITES, min_size=1, max_size=2),
    checks=st.lists(CHECKS, max_size=1),
    checkpoint=st.none(),
)
FILTERS = st.builds(
    EventFilter,
    stream=st.sampled_from(["", *STREAMS]),
    category=st.sampled_from(["", "a", "b", "never"]),
    types=st.frozensets(st.sampled_from([*TYPES, "test.Never"]), max_size=2),
    sources=st.frozensets(st.sampled_from(["", "node/é", "never"]), max_size=2),
    correlation_id=st.sampled_from(["", IDS[0], "story", "never"]),
    since_ns=st.integers(0, 4),
    until_ns=st.integers(0, 6),
)


class Model:
    """What should be in the log: a list, searched from end to end."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, NewEvent]] = []

    def version(self, stream: str) -> int:
        return sum(recorded == stream for recorded, _ in self.recorded)

    def verdict(self, append: Append) -> type[EventLogError] | bool:
        """Return the error that is due, else whether the append is a repetition."""
        new = [(write.stream, event) for write in append.writes for event in write.events]
        ids = [event.event_id for _, event in new if event.event_id]
        if len(set(ids)) < len(ids):
            return EventIdReusedError
        known = {event.event_id: (stream, event) for stream, event in self.recorded if event.event_id in ids}
        if known:
            same = all(
                event.event_id in known and _same((stream, event), known[event.event_id]) for stream, event in new
            )
            return same or EventIdReusedError
        expectations = [(entry.stream, entry.expected) for entry in append.writes]
        expectations += [(check.stream, check.expected) for check in append.checks]
        if all(_holds(expected, self.version(stream)) for stream, expected in expectations):
            return False
        return VersionConflictError


def _same(given: tuple[str, NewEvent], recorded: tuple[str, NewEvent]) -> bool:
    (stream, new), (where, old) = given, recorded
    fields = ("type", "payload", "source", "correlation_id", "causation_id", "schema_version")
    return (
        stream == where and new.time_ns in {0, old.time_ns} and all(getattr(new, f) == getattr(old, f) for f in fields)
    )


def _holds(expected: Expected, version: int) -> bool:
    known = {Expect.ANY: True, Expect.NO_STREAM: version == 0, Expect.EXISTS: version > 0}
    return known[expected] if isinstance(expected, Expect) else version == expected


class EventLogMachine(RuleBasedStateMachine):
    """Appends, reads and reopens."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = TemporaryDirectory(prefix="luna")
        self.model = Model()
        self.clock = FakeClock()

    def run(self, work: Coroutine[None, None, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def opens(self) -> None:
        self.log = self.run(SqliteEventLog.open(Path(self.folder.name) / "events.db", self.clock))

    @rule(append=APPENDS)
    def one_append(self, append: Append) -> None:
        self.expect(append, self.run(self.outcome(append)))

    @rule(appends=st.lists(APPENDS, max_size=6))
    def many_appends(self, appends: list[Append]) -> None:
        outcomes = self.run(self.log.append_many(appends))

        assert len(outcomes) == len(appends)
        for append, outcome in zip(appends, outcomes, strict=True):
            self.expect(append, outcome)

    @rule(appends=st.lists(APPENDS, min_size=2, max_size=6))
    def appends_at_once(self, appends: list[Append]) -> None:
        async def together() -> list[Appended | EventLogError]:
            return await asyncio.gather(*[self.outcome(append) for append in appends])

        for append, outcome in zip(appends, self.run(together()), strict=True):
            self.expect(append, outcome)

    @rule()
    def closes_and_opens(self) -> None:
        self.run(self.log.aclose())
        self.opens()

    @rule(wanted=FILTERS, limit=st.integers(1, 7), direction=st.sampled_from(Direction))
    def reads(self, wanted: EventFilter, limit: int, direction: Direction) -> None:
        everything = self.run(self.pages(EventFilter(), 500, Direction.FORWARD))
        found = self.run(self.pages(wanted, limit, direction))
        step = 1 if direction is Direction.FORWARD else -1

        assert found == [event for event in everything if wanted.admits(event)][::step]
        assert [(event.stream, event.payload) for event in everything] == [
            (stream, event.payload) for stream, event in self.model.recorded
        ]

    @invariant()
    def the_head_is_the_number_of_events(self) -> None:
        assert self.run(self.log.head()) == len(self.model.recorded)

    async def outcome(self, append: Append) -> Appended | EventLogError:
        try:
            return await self.log.append(append)
        except EventLogError as error:
            return error

    async def pages(self, wanted: EventFilter, limit: int, direction: Direction) -> list[Event]:
        found: list[Event] = []
        position = 0
        while True:
            page = await self.log.read(wanted, after=position, limit=limit, direction=direction)
            found += page.events
            position = page.position
            if page.done:
                return found

    def expect(self, append: Append, outcome: Appended | EventLogError) -> None:
        """Compare with the model, and let the model follow."""
        verdict = self.model.verdict(append)
        if not isinstance(verdict, bool):
            assert isinstance(outcome, verdict)
            return
        assert isinstance(outcome, Appended)
        assert outcome.duplicate == verdict
        if not verdict:
            new = [(write.stream, event) for write in append.writes for event in write.events]
            head = len(self.model.recorded)
            assert [recorded.position for recorded in outcome.events] == list(range(head + 1, head + 1 + len(new)))
            for (stream, event), recorded in zip(new, outcome.events, strict=True):
                time_ns = event.time_ns or self.clock.wall_ns()
                self.model.recorded.append((stream, _with_time(event, time_ns)))
                assert (recorded.stream, recorded.stream_version) == (stream, self.model.version(stream))

    def teardown(self) -> None:
        self.run(self.log.aclose())
        self.runner.close()
        self.folder.cleanup()


def _with_time(event: NewEvent, time_ns: int) -> NewEvent:
    values = {name: getattr(event, name) for name in NewEvent.__dataclass_fields__}
    return NewEvent(**values | {"time_ns": time_ns})


TestEventLog = EventLogMachine.TestCase
TestEventLog.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
