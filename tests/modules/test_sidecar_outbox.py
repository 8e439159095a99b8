"""What the sidecar wants on record reaches the log, once and in order, whoever dies meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from arkalia.node.v1 import node_event_pb2

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.event_errors import EventLogError
from luna.kernel.events import Append, Appended, Event, NewEvent, Recorded
from luna.kernel.identity import Identity
from luna.sidecar.facts import Fact, NodeStarted, NodeStopping, ProcessExited, ProcessStarted
from luna.sidecar.journal import EARLY_MAX, Journal
from luna.sidecar.outbox import WAITING_MAX, Outbox
from luna.sidecar.state import Exit, ReplicaStatus
from luna.sidecar.translate import writer
from luna.topology import SPLIT
from luna.transport.spool import Spool

IDENTITY = Identity(node="n1", process="sidecar-0", version="1", started_ns=1)
STATUS = ReplicaStatus(process="kernel", replica=1, modules=("zeroia",), generation=2, socket=Path("/s"), pid=77)


class QuickClock(SystemClock):
    """A clock whose waits are short."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


class PoisonError(EventLogError):
    """The log refuses an event for good."""

    reason = "EVENT_ERROR_REASON_PAYLOAD"

    def __init__(self) -> None:
        super().__init__("the payload is of no known type")


@dataclass
class MoodyLog:
    """A log that fails as it is told to before it takes anything, and whose answer may be lost."""

    log: MemoryEventLog = field(default_factory=lambda: MemoryEventLog(SystemClock()))
    failures: list[Exception] = field(default_factory=list)
    down: bool = False
    mute: bool = False
    """Whether it records what comes, and never says so."""
    sizes: list[int] = field(default_factory=list)
    """How many events each append had that was not failed."""

    async def append(self, append: Append) -> Appended:
        if self.failures:
            raise self.failures.pop(0)
        if self.down:
            raise ConnectionError
        self.sizes.append(sum(len(write.events) for write in append.writes))
        appended = await self.log.append(append)
        if self.mute:
            raise TimeoutError
        return appended

    async def events(self) -> list[Event]:
        pages = [await self.log.read(after=after) for after in range(0, await self.log.head() + 1, 500)]
        return [event for page in pages for event in page.events]


@asynccontextmanager
async def sending(log: MoodyLog, spool: Spool, *, recorded: list[Recorded] | None = None) -> AsyncIterator[Outbox]:
    """Run an outbox as one life of a sidecar does."""

    @asynccontextmanager
    async def open_log() -> AsyncIterator[MoodyLog]:
        yield log

    made = Outbox(spool, clock=QuickClock(), recorded=(recorded if recorded is not None else []).append)
    task = asyncio.ensure_future(made.run(open_log))
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
def log() -> MoodyLog:
    return MoodyLog()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "sidecar-0.events", bytes_max=1 << 20)


def event(name: str = "") -> NewEvent:
    return NewEvent(type="arkalia.node.v1.NodeStopping", payload=name.encode(), event_id=str(uuid4()), time_ns=1)


def put(outbox: Outbox, *names: str, stream: str = "s/1") -> None:
    for name in names:
        outbox.put(stream, event(name))


async def until_kept(spool: Spool, batches: int) -> None:
    async with asyncio.timeout(10):
        while len(await asyncio.to_thread(spool.first)) < batches:
            await asyncio.sleep(0.005)


def names(events: list[Event]) -> list[str]:
    return [each.payload.decode() for each in events]


async def test_facts_become_typed_events_of_the_nodes_stream(log: MoodyLog, spool: Spool) -> None:
    """
    Each says where, when and what, and reads back as the message of the contract. What came early comes first.
    """
    exit = Exit(code=None, signal="SIGKILL", time_ns=5, ran_seconds=1.5)
    journal = Journal(clock=QuickClock())
    journal.record(ProcessStarted(status=STATUS))
    async with sending(log, spool) as outbox:
        journal.hand_over(writer(IDENTITY, SPLIT, 42, outbox.put))
        journal.record(ProcessExited(status=STATUS, exit=exit, expected=False, said=()))
        journal.record(NodeStarted(seconds=1.25))
        await outbox.flush(seconds=5)
    events = await log.events()

    assert {event.stream for event in events} == {"node/n1"}
    assert [event.type for event in events] == [
        "arkalia.node.v1.ProcessStarted",
        "arkalia.node.v1.ProcessExited",
        "arkalia.node.v1.NodeStarted",
    ]
    exited = node_event_pb2.ProcessExited.FromString(events[1].payload)
    assert (exited.process, exited.replica, exited.generation, exited.pid) == ("kernel", 1, 2, 77)
    assert (exited.exit.signal, exited.exit.HasField("code"), exited.expected) == ("SIGKILL", False, False)
    started = node_event_pb2.NodeStarted.FromString(events[2].payload)
    assert (started.pid, started.startup.ToMilliseconds()) == (42, 1250)
    assert [process.process for process in started.topology] == ["log", "kernel", "mind"]
    assert all(event.time_ns > 0 and event.source == "n1/sidecar-0" for event in events)


def test_facts_that_nobody_writes_down_are_bounded() -> None:
    """
    The oldest give way.
    """
    journal, written = Journal(clock=QuickClock()), list[Fact]()
    for number in range(EARLY_MAX + 10):
        journal.record(NodeStarted(seconds=number))
    journal.hand_over(lambda fact, _: written.append(fact))
    journal.record(NodeStopping(reason="SIGTERM"))

    assert len(written) == EARLY_MAX + 1
    assert written[0] == NodeStarted(seconds=10)


async def test_events_wait_for_a_log_that_does_not_answer(log: MoodyLog, spool: Spool) -> None:
    """
    And are told where they are, once it has them; nothing is left on disk.
    """
    log.failures = [ConnectionError(), TimeoutError()]
    recorded: list[Recorded] = []
    async with sending(log, spool, recorded=recorded) as outbox:
        put(outbox, "a", "b")
        await outbox.flush(seconds=5)

        assert outbox.waiting == 0
    assert names(await log.events()) == ["a", "b"]
    assert [(it.stream, it.position) for it in recorded] == [("s/1", 1), ("s/1", 2)]
    assert spool.first() == []


async def test_events_of_several_streams_keep_their_order(log: MoodyLog, spool: Spool) -> None:
    """
    Also where they are sent together.
    """
    async with sending(log, spool) as outbox:
        for number, stream in enumerate("abba"):
            put(outbox, str(number), stream=f"s/{stream}")
        await outbox.flush(seconds=5)
    events = await log.events()

    assert log.sizes == [4]
    assert names(events) == ["0", "1", "2", "3"]
    assert [(each.stream, each.stream_version) for each in events] == [("s/a", 1), ("s/b", 1), ("s/b", 2), ("s/a", 2)]


async def test_what_a_dead_process_could_not_tell_is_told_by_the_next(log: MoodyLog, spool: Spool) -> None:
    """
    Once, in order, before anything new, with the ids and times it had.
    """
    log.down = True
    first = [event(str(number)) for number in range(3)]
    async with sending(log, spool) as dying:
        for each in first:
            dying.put("s/1", each)
            await until_kept(spool, first.index(each) + 1)
    async with sending(log, spool) as outbox:
        put(outbox, "new")
        await until_kept(spool, 4)
        assert not outbox.replayed.is_set()
        assert outbox.waiting == 4
        log.down = False
        await outbox.flush(seconds=5)

        assert outbox.replayed.is_set()
    events = await log.events()
    assert names(events) == ["0", "1", "2", "new"]
    assert [each.event_id for each in events[:3]] == [each.event_id for each in first]
    assert [each.time_ns for each in events[:3]] == [1, 1, 1]


async def test_what_was_recorded_without_an_answer_is_not_recorded_again(log: MoodyLog, spool: Spool) -> None:
    """
    Not by whoever comes next either: what was kept together is sent together.
    """
    log.mute = True
    async with sending(log, spool) as outbox:
        put(outbox, *map(str, range(100)))
        await until_kept(spool, 2)
        async with asyncio.timeout(10):
            while not log.sizes:
                await asyncio.sleep(0.005)
    log.mute = False
    async with sending(log, spool) as outbox:
        await outbox.replayed.wait()

        assert outbox.waiting == 0
    assert names(await log.events()) == [str(number) for number in range(100)]


async def test_what_was_put_last_is_kept_as_well(log: MoodyLog, spool: Spool) -> None:
    """
    Whoever ends in an orderly way keeps what it had no time for.
    """
    log.down = True
    async with sending(log, spool) as outbox:
        await asyncio.sleep(0)
        put(outbox, "last")
    log.down = False
    async with sending(log, spool) as outbox:
        await outbox.replayed.wait()

    assert names(await log.events()) == ["last"]


async def test_a_torn_tail_costs_what_was_torn(log: MoodyLog, spool: Spool, tmp_path: Path) -> None:
    """
    And nothing before it, nor what comes later.
    """
    log.down = True
    async with sending(log, spool) as outbox:
        for number in range(3):
            put(outbox, str(number))
            await until_kept(spool, number + 1)
    path = tmp_path / "sidecar-0.events"
    path.write_bytes(path.read_bytes()[:-5])
    log.down = False
    async with sending(log, spool) as outbox:
        put(outbox, "new")
        await outbox.flush(seconds=5)
        await outbox.replayed.wait()

    assert names(await log.events()) == ["0", "1", "new"]
    assert spool.first() == []


async def test_garbled_records_are_let_go(log: MoodyLog, spool: Spool) -> None:
    """
    Whole on disk and no events all the same, as another version may leave them.
    """
    spool.add([b"\xff\xff\xff"])
    async with sending(log, spool) as outbox:
        put(outbox, "new")
        await outbox.flush(seconds=5)

    assert names(await log.events()) == ["new"]
    assert spool.first() == []


async def test_a_disk_that_takes_nothing_holds_nobody_up(log: MoodyLog, tmp_path: Path) -> None:
    """
    Events wait in memory, as far as the log does not take them.
    """
    (tmp_path / "file").touch()
    log.failures = [ConnectionError()]
    async with sending(log, Spool(tmp_path / "file" / "events")) as outbox:
        put(outbox, "a", "b")
        await outbox.flush(seconds=5)

    assert names(await log.events()) == ["a", "b"]


async def test_events_that_the_log_refuses_do_not_hold_up_the_others(log: MoodyLog, spool: Spool) -> None:
    """
    They would be refused for ever, by the next process too.
    """
    log.failures = [PoisonError()]
    async with sending(log, spool) as outbox:
        put(outbox, *map(str, range(200)))
        await outbox.flush(seconds=5)

    assert len(await log.events()) == sum(log.sizes) < 200
    assert spool.first() == []


async def test_a_log_that_never_answers_costs_a_bounded_number_of_events(log: MoodyLog, spool: Spool) -> None:
    """
    The oldest give way, and how many is known.
    """
    async with sending(log, spool) as outbox:
        put(outbox, *map(str, range(WAITING_MAX + 10)))
        await outbox.flush(seconds=30)

        assert outbox.dropped == 10
    found = names(await log.events())
    assert len(found) == WAITING_MAX
    assert found[0] == "10"
