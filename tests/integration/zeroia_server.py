"""A server with nothing but zeroia in it, behind the whole chain, and what its tests do to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import grpc.aio
from arkalia.events.v1 import event_error_pb2
from arkalia.reflexia.v1 import reflexia_event_pb2
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc
from arkalia.zeroia.v1 import zeroia_service_pb2_grpc as stubs
from google.rpc import error_details_pb2, status_pb2

from luna.adapters.consumer_groups import LogConsumers
from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.directory import Checked
from luna.kernel.event_errors import LogReadOnlyError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Appended, Direction, Event, EventFilter, NewEvent, StreamWrite
from luna.kernel.identity import Identity
from luna.manifest import Probe, Toolbox
from luna.modules.zeroia import MODULE
from luna.modules.zeroia.loop import CONSUMER
from luna.modules.zeroia.record import DECISION_MADE, DECISIONS, recorded_decision
from luna.transport.chain import Chain, standard_steps
from luna.transport.meter import Meter
from tests.machines import SteadyMachine, SteadyVitals, vitals
from tests.zeroia import NODE, sample

SAMPLE_TAKEN = reflexia_event_pb2.SampleTaken.DESCRIPTOR.full_name
CALM = pb.Signals(cpu_ratio=0.2, memory_ratio=0.4, disk_ratio=0.3)
BUSY = pb.Signals(cpu_ratio=0.97, memory_ratio=0.9, disk_ratio=0.3)
DESPERATE = pb.Signals(cpu_ratio=1, memory_ratio=1, disk_ratio=1, latency_seconds=9, error_ratio=1)


class StubbornLog(MemoryEventLog):
    """A log that refuses to be written while it is told to."""

    refusing = False

    async def append(self, append: Append) -> Appended:
        if self.refusing:
            raise LogReadOnlyError("events.db", "for the test")
        return await super().append(append)


class ShiftedClock(SystemClock):
    """The clock of the machine, which can be told that time has passed."""

    shift_ns = 0

    def wall_ns(self) -> int:
        return super().wall_ns() + self.shift_ns


@dataclass(kw_only=True)
class Node:
    """What outlives a restart of the server."""

    clock: ShiftedClock = field(default_factory=ShiftedClock)
    log: StubbornLog = field(init=False)
    consumers: LogConsumers = field(init=False)

    def __post_init__(self) -> None:
        self.log = StubbornLog(self.clock)
        self.consumers = LogConsumers(self.log, self.log.consumer_storage, self.clock)

    def tools(self) -> Toolbox:
        def peers(service: str) -> grpc.aio.Channel:
            raise AssertionError(service)

        async def unchecked(service: str) -> Checked:
            raise AssertionError(service)

        return Toolbox(
            identity=Identity(node=NODE, process="kernel-0", version="0.1.0", started_ns=1),
            clock=self.clock,
            events=self.log,
            consumers=self.consumers,
            machine=SteadyMachine(self.clock),
            vitals=SteadyVitals(vitals("kernel-0")),
            peers=peers,
            directory=(),
            check=unchecked,
            checkpoint_seconds=0.2,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server with the module, its loops at work."""

    decisions: "stubs.DecisionServiceAsyncStub"
    policy: "stubs.PolicyServiceAsyncStub"
    cycles: "stubs.CoordinatorServiceAsyncStub"
    probes: Mapping[str, Probe]

    async def decide(self, **request: object) -> rpc.DecideResponse:
        return await self.decisions.Decide(rpc.DecideRequest(**request))  # type: ignore[arg-type]


@asynccontextmanager
async def running(node: Node) -> AsyncIterator[Running]:
    wired = MODULE.wire(node.tools())
    meter = Meter()
    chain = Chain(
        standard_steps(meter=meter, reasons=[MODULE.errors, event_error_pb2.EventErrorReason.DESCRIPTOR]),
        meter=meter,
        message_bytes_max=4 << 20,
    )
    server = grpc.aio.server(interceptors=[chain])
    wired.register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    loops = [asyncio.create_task(loop()) for loop in wired.background]
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Running(
                decisions=stubs.DecisionServiceStub(channel),
                policy=stubs.PolicyServiceStub(channel),
                cycles=stubs.CoordinatorServiceStub(channel),
                probes=wired.probes,
            )
        # A loop never ends by itself; if one did, here is why.
        assert not [loop.result() for loop in loops if loop.done()]
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await server.stop(0)


async def take_sample(node: Node, *, cpu: float = 0.2, age_seconds: float = 0.0) -> str:
    """Record a sample, as Reflexia would, and return its id."""
    time_ns = node.clock.wall_ns() - round(age_seconds * 1e9)
    told = reflexia_event_pb2.SampleTaken(sample=sample(time_ns=time_ns, cpu=cpu))
    told.sample.sample_id = str(uuid4())
    event = NewEvent(
        type=SAMPLE_TAKEN, payload=told.SerializeToString(), event_id=told.sample.sample_id, time_ns=time_ns
    )
    await node.log.append(Append(writes=(StreamWrite(stream=f"reflexia/{NODE}", events=(event,)),)))
    return told.sample.sample_id


async def events_in(log: EventLog, stream: str) -> list[Event]:
    return list((await log.read(EventFilter(stream=stream), limit=500)).events)


async def decided(log: EventLog) -> list[pb.Decision]:
    return [recorded_decision(event) for event in await events_in(log, DECISIONS) if event.type == DECISION_MADE]


async def until_decided(log: EventLog, count: int) -> list[pb.Decision]:
    async with asyncio.timeout(10):
        while len(found := await decided(log)) < count:
            await asyncio.sleep(0.005)
    return found


async def until_handled(node: Node) -> None:
    """Wait until the newest sample is settled."""
    wanted = EventFilter(types=frozenset({SAMPLE_TAKEN}))
    newest = (await node.log.read(wanted, limit=1, direction=Direction.BACKWARD)).events[0].position
    async with asyncio.timeout(10):
        while not node.log.consumer_storage.is_settled(CONSUMER, newest):
            await asyncio.sleep(0.005)


async def until_consuming(node: Node) -> None:
    async with asyncio.timeout(10):
        while CONSUMER not in await node.log.consumer_storage.names():
            await asyncio.sleep(0.005)


def reason(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo:
    """Return the reason that a client sees."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return info
