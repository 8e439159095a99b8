"""A process in step with the rest of its node: what is decided, what it records, what it reports."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import pytest
from arkalia.node.v1.node_event_pb2 import ProcessRestarted
from arkalia.recovery.v1 import recovery_event_pb2, recovery_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1 import degradation_pb2
from arkalia.resilience.v1 import resilience_event_pb2 as facts
from google.protobuf.message import Message

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.event_errors import LogFullError
from luna.kernel.events import Append, Appended, EventFilter, NewEvent, StreamWrite
from luna.kernel.identity import Identity
from luna.kernel.times import duration, timestamp
from luna.resilience.circuit import CircuitPolicy, CircuitState
from luna.resilience.circuit_messages import policy_to_pb
from luna.resilience.engine import BreakerEngine
from luna.resilience.levels import Level
from luna.transport.circuits import WAITING_MAX, Circuits
from luna.transport.circuits_sync import SERVICE, CircuitSync
from luna.transport.parts import Parts
from luna.transport.peers import Peers
from luna.transport.rpc import describe
from tests.integration.transport_probe import until

NODE = "tests"
ECHO = describe("/arkalia.helloria.v1.HelloriaService/Echo")
APPEND = describe("/arkalia.events.v1.EventService/Append")


@dataclass
class Listener:
    """Remembers what was reported."""

    reports: list[rpc.ReportCircuitBreakersRequest] = field(default_factory=list)

    async def report(self, request: Any, context: Any) -> Any:
        del context
        self.reports.append(request)
        return rpc.ReportCircuitBreakersResponse()

    def register(self, server: grpc.aio.Server) -> None:
        handler = grpc.unary_unary_rpc_method_handler(
            self.report,
            rpc.ReportCircuitBreakersRequest.FromString,
            rpc.ReportCircuitBreakersResponse.SerializeToString,
        )
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(SERVICE, {"ReportCircuitBreakers": handler})]
        )


class FullLog(MemoryEventLog):
    """A log that has no room for some time, and once loses an answer."""

    full = False
    answers_lost = 0

    async def append(self, append: Append) -> Appended:
        if self.full:
            raise LogFullError("no room")
        appended = await super().append(append)
        if self.answers_lost:
            self.answers_lost -= 1
            raise LogFullError("no room")
        return appended


@dataclass
class Process:
    """One process in step, or about to be."""

    log: FullLog
    parts: Parts
    listener: Listener

    async def said(self, stream: str, *messages: Message) -> None:
        """Record facts as others would."""
        new = [NewEvent(type=it.DESCRIPTOR.full_name, payload=it.SerializeToString()) for it in messages]
        await self.log.append(Append(writes=(StreamWrite(stream=stream, events=new),)))

    async def transitions(self) -> Sequence[facts.CircuitTransition]:
        types = frozenset({facts.CircuitTransition.DESCRIPTOR.full_name})
        page = await self.log.read(EventFilter(stream=f"breaker/{NODE}", types=types), limit=500)
        return [facts.CircuitTransition.FromString(event.payload) for event in page.events]

    def open(self, engine: BreakerEngine) -> None:
        """Fail until it opens."""
        for _ in range(engine.policy.consecutive_failures):
            engine.fail(engine.enter(time.monotonic()), time.monotonic(), 0.1)
        assert engine.state is CircuitState.OPEN


@pytest.fixture
def process() -> Process:
    return Process(FullLog(SystemClock()), Parts(circuits=Circuits("kernel-0")), Listener())


@asynccontextmanager
async def in_step(process: Process, *, served: bool = True) -> AsyncIterator[None]:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    process.listener.register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    peers = Peers({SERVICE: f"127.0.0.1:{port}"} if served else {}, message_bytes_max=1 << 20)
    identity = Identity(node=NODE, process="kernel-0", version="1", started_ns=time.time_ns())
    sync = CircuitSync(process.parts, identity=identity, events=process.log, peers=peers, sample_seconds=0.3)
    running = asyncio.create_task(sync.run())
    try:
        yield
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait({running})
        await peers.aclose()
        await server.stop(0)


def commanded(state: Any, **fields: Any) -> facts.CircuitBreakerCommanded:
    return facts.CircuitBreakerCommanded(state=state, command_time=timestamp(time.time_ns()), **fields)


def changed(level: Any) -> facts.DegradationChanged:
    return facts.DegradationChanged(degradation=degradation_pb2.Degradation(level=level.value))


async def test_a_command_is_carried_out_and_confirmed_at_once(process: Process) -> None:
    """
    Whoever commanded sees it in the next report, which does not wait for its turn.
    """
    engine = process.parts.circuits.at_client(APPEND, "log")
    async with in_step(process):
        await until(lambda: bool(process.listener.reports))
        await process.said(f"breaker/{NODE}", commanded(pb.CIRCUIT_STATE_FORCED_OPEN, reason="maintenance"))
        await until(lambda: engine.state is CircuitState.FORCED_OPEN)
        started = time.monotonic()
        await until(lambda: process.listener.reports[-1].circuit_breakers[0].state == pb.CIRCUIT_STATE_FORCED_OPEN)

        assert time.monotonic() - started < 0.25
        (told,) = process.listener.reports[-1].circuit_breakers
        assert told.name == f"kernel-0/client/log/{APPEND.method}"
        assert f"{told.key.priority}" == f"{APPEND.priority}"
        assert [it.cause for it in await until_some(process, 1)] == ["maintenance"]


async def test_what_was_said_before_the_start_holds(process: Process) -> None:
    """
    Policies, commands and the level are those of a node that never stopped.
    """
    revision = pb.CircuitPolicyRevision(revision=3, policy=policy_to_pb(CircuitPolicy(consecutive_failures=9)))
    await process.said(f"breaker-policy/{NODE}", facts.CircuitBreakerPolicyUpdated(revision=revision))
    await process.said(f"breaker/{NODE}", commanded(pb.CIRCUIT_STATE_FORCED_OPEN))
    await process.said(
        f"breaker/{NODE}",
        commanded(pb.CIRCUIT_STATE_CLOSED, selector=pb.CircuitSelector(method=ECHO.method)),
        commanded(pb.CIRCUIT_STATE_OPEN, selector=pb.CircuitSelector(peer="zzz"), duration=duration(0.001)),
    )
    await process.said(f"degradation/{NODE}", changed(Level.LIGHT), changed(Level.MODERATE))
    await process.said("degradation/another", changed(Level.SURVIVAL))
    async with in_step(process):
        await until(lambda: process.parts.level.level is Level.MODERATE)
        circuits = process.parts.circuits

        assert circuits.at_client(APPEND, "log").state is CircuitState.FORCED_OPEN
        assert circuits.at_server(ECHO).state is CircuitState.CLOSED
        assert circuits.at_server(ECHO).policy.consecutive_failures == 9
        await until(lambda: bool(process.listener.reports) and process.listener.reports[-1].policy_revision == 3)


@pytest.mark.parametrize(
    ("stream", "fact"),
    [
        ("node/tests", ProcessRestarted(process="log")),
        (
            "recovery/1",
            recovery_event_pb2.RecoverySucceeded(target=recovery_pb2.ErrorTarget(process="log-0")),
        ),
        (f"degradation/{NODE}", changed(Level.NORMAL)),
    ],
)
async def test_who_is_back_is_called_at_once(process: Process, stream: str, fact: Message) -> None:
    """
    Breakers do not sit their minute out when it is known that it works again.
    """
    engine = process.parts.circuits.at_client(APPEND, "log")
    process.parts.level.set(Level.LIGHT)
    async with in_step(process):
        await until(lambda: bool(process.listener.reports))
        process.open(engine)
        await process.said(stream, fact)

        await until(lambda: engine.state is CircuitState.HALF_OPEN)


async def test_transitions_are_recorded_once_while_the_log_has_no_room(process: Process) -> None:
    """
    They wait, and an answer that was lost does not double them.
    """
    engine = process.parts.circuits.at_client(APPEND, "log")
    process.log.full = True
    async with in_step(process):
        process.open(engine)
        await asyncio.sleep(0.2)
        process.parts.circuits.try_again("told to")
        process.log.full = False
        process.log.answers_lost = 1
        found = await until_some(process, 2)
        await asyncio.sleep(0.8)

        assert [it.state for it in found] == [pb.CIRCUIT_STATE_OPEN, pb.CIRCUIT_STATE_HALF_OPEN]
        assert [it.cause for it in found] == ["5 failures in a row", "told to"]
        assert await process.transitions() == found


async def test_no_more_is_kept_than_there_is_room_for(process: Process) -> None:
    """
    The oldest transitions give way, and are counted.
    """
    circuits = process.parts.circuits
    engine = circuits.at_client(APPEND, "log")
    for number in range(WAITING_MAX + 10):
        engine.force(CircuitState.DISABLED if number % 2 else CircuitState.FORCED_OPEN, 1.0)

    assert circuits.dropped == 10
    assert len(circuits.take_changes(10 * WAITING_MAX)) == WAITING_MAX


async def test_a_node_without_the_service_is_fine(process: Process) -> None:
    """
    Decisions are followed all the same.
    """
    async with in_step(process, served=False):
        await process.said(f"degradation/{NODE}", changed(Level.HEAVY))
        await until(lambda: process.parts.level.level is Level.HEAVY)
        await asyncio.sleep(0.4)

        assert process.listener.reports == []


async def test_a_report_says_what_the_limiter_did(process: Process) -> None:
    """
    The pressure of the node is made of that, too.
    """
    process.parts.limiter.admit(3)
    async with in_step(process):
        await until(lambda: bool(process.listener.reports))
        figures = process.listener.reports[-1].limiter

        assert (figures.limit, figures.in_flight, figures.admitted_calls) == (process.parts.limiter.limit, 1, 1)


async def until_some(process: Process, count: int) -> Sequence[facts.CircuitTransition]:
    async with asyncio.timeout(5):
        while len(found := await process.transitions()) < count:
            await asyncio.sleep(0.02)
    return found
