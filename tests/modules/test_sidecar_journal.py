"""What happens on the node reaches its log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from arkalia.node.v1 import node_event_pb2

from luna.kernel.clock import SystemClock
from luna.kernel.event_errors import EventLogError
from luna.kernel.events import Append, NewEvent
from luna.kernel.identity import Identity
from luna.sidecar.facts import Fact, NodeStarted, NodeStopping, ProcessExited, ProcessStarted
from luna.sidecar.journal import WAITING_MAX, Journal
from luna.sidecar.state import Exit, ReplicaStatus
from luna.sidecar.translate import encoder
from luna.topology import SPLIT

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
class SlowLog:
    """A log that fails a few times before it takes anything."""

    failures: list[Exception] = field(default_factory=list)
    tried: list[tuple[str, ...]] = field(default_factory=list)
    streams: set[str] = field(default_factory=set)
    events: list[NewEvent] = field(default_factory=list)

    async def append(self, append: Append) -> None:
        (write,) = append.writes
        self.tried.append(tuple(event.event_id for event in write.events))
        self.streams.add(write.stream)
        if self.failures:
            raise self.failures.pop(0)
        self.events.extend(write.events)


@asynccontextmanager
async def journal(log: SlowLog) -> AsyncIterator[Journal]:
    @asynccontextmanager
    async def open_log() -> AsyncIterator[SlowLog]:
        yield log

    made = Journal(IDENTITY, clock=QuickClock())
    yield made
    made_task = asyncio.ensure_future(made.run(open_log, encoder(IDENTITY, SPLIT, 42)))
    try:
        await made.flush(seconds=5)
    finally:
        made_task.cancel()


async def test_facts_become_typed_events_of_the_nodes_stream() -> None:
    """
    Each says where, when and what, and reads back as the message of the contract.
    """
    log = SlowLog()
    exit = Exit(code=None, signal="SIGKILL", time_ns=5, ran_seconds=1.5)
    async with journal(log) as made:
        made.record(ProcessStarted(status=STATUS))
        made.record(ProcessExited(status=STATUS, exit=exit, expected=False, said=()))
        made.record(NodeStarted(seconds=1.25))

    assert log.streams == {"node/n1"}
    assert [event.type for event in log.events] == [
        "arkalia.node.v1.ProcessStarted",
        "arkalia.node.v1.ProcessExited",
        "arkalia.node.v1.NodeStarted",
    ]
    exited = node_event_pb2.ProcessExited.FromString(log.events[1].payload)
    assert (exited.process, exited.replica, exited.generation, exited.pid) == ("kernel", 1, 2, 77)
    assert (exited.exit.signal, exited.exit.HasField("code"), exited.expected) == ("SIGKILL", False, False)
    started = node_event_pb2.NodeStarted.FromString(log.events[2].payload)
    assert (started.pid, started.startup.ToMilliseconds()) == (42, 1250)
    assert [process.process for process in started.topology] == ["log", "kernel", "mind"]
    assert all(event.time_ns > 0 and event.source == "n1/sidecar-0" for event in log.events)


async def test_events_wait_for_a_log_that_does_not_answer_and_keep_their_ids() -> None:
    """
    So an append whose answer was lost is recorded once.
    """
    log = SlowLog(failures=[ConnectionError(), TimeoutError()])
    async with journal(log) as made:
        made.record(NodeStopping(reason="SIGTERM"))

    assert len(log.tried) == 3
    assert len(set(log.tried)) == 1
    assert len(log.events) == 1


async def test_events_that_the_log_refuses_do_not_hold_up_the_others() -> None:
    """
    They would be refused for ever.
    """
    log = SlowLog(failures=[PoisonError()])
    async with journal(log) as made:
        for number in range(200):
            made.record(NodeStarted(seconds=number))

    assert len(log.tried) == 2
    assert len(log.events) == 200 - len(log.tried[0])


async def test_a_log_that_never_answers_costs_a_bounded_number_of_events() -> None:
    """
    The oldest give way, and how many is known.
    """
    log = SlowLog()
    facts: list[Fact] = [NodeStarted(seconds=number) for number in range(WAITING_MAX + 10)]
    async with journal(log) as made:
        for fact in facts:
            made.record(fact)

    first = node_event_pb2.NodeStarted.FromString(log.events[0].payload)
    assert made.dropped == 10
    assert len(log.events) == WAITING_MAX
    assert first.startup.seconds == 10
