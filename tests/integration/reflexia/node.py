"""A server with nothing but reflexia in it, and what its tests do to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import grpc.aio
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from arkalia.reflexia.v1 import reflexia_service_pb2 as rpc
from arkalia.reflexia.v1 import reflexia_service_pb2_grpc as stubs
from arkalia.zeroia.v1 import zeroia_event_pb2, zeroia_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.event_errors import LogReadOnlyError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Appended, Event, EventFilter, NewEvent, StreamWrite
from luna.kernel.machine import Machine, Reading
from luna.manifest import Health, Probe, Toolbox
from luna.modules.reflexia import MODULE
from luna.modules.reflexia.samples import SAMPLE_TAKEN, stream_of, taken
from luna.modules.reflexia.watcher import CONTRADICTION_DETECTED, DECISION_MADE

NODE = "node-a"
INTERVAL = 0.05
SECOND = 1_000_000_000
SERVICE = "arkalia.reflexia.v1.ReflexiaService"


class StubbornLog(MemoryEventLog):
    """A log that refuses to be written while it is told to."""

    refusing = False

    async def append(self, append: Append) -> Appended:
        if self.refusing:
            raise LogReadOnlyError("events.db", "for the test")
        return await super().append(append)


class HangingMachine:
    """A machine whose sensors can be made to hang."""

    def __init__(self, machine: Machine) -> None:
        self.hangs = False
        self._machine = machine

    async def read(self, pids: Sequence[int] = ()) -> Reading:
        """Return the reading, once the sensors answer."""
        while self.hangs:
            await asyncio.sleep(0.01)
        return await self._machine.read(pids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server with the module, its loops at work."""

    stub: "stubs.ReflexiaServiceAsyncStub"
    channel: grpc.aio.Channel
    probe: Probe


@asynccontextmanager
async def running(tools: Toolbox) -> AsyncIterator[Running]:
    wired = MODULE.wire(tools)
    server = grpc.aio.server()
    wired.register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    loops = [asyncio.create_task(loop()) for loop in wired.background]
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Running(stub=stubs.ReflexiaServiceStub(channel), channel=channel, probe=wired.probes[SERVICE])
        # A loop never ends by itself; if one did, here is why.
        assert not [loop.result() for loop in loops if loop.done()]
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await server.stop(0)


async def events_in(log: EventLog, type: str) -> Sequence[Event]:
    wanted = EventFilter(stream=f"reflexia/{NODE}", types=frozenset({type}))
    return (await log.read(wanted, limit=10_000)).events


async def samples_in(log: EventLog) -> Sequence[Event]:
    return await events_in(log, SAMPLE_TAKEN)


async def contradictions_in(log: EventLog) -> Sequence[Event]:
    return await events_in(log, CONTRADICTION_DETECTED)


async def until_sampled(log: EventLog, count: int) -> None:
    async with asyncio.timeout(10):
        while len(await samples_in(log)) < count:
            await asyncio.sleep(0.005)


async def until_contradicted(log: EventLog, count: int) -> Sequence[Event]:
    async with asyncio.timeout(10):
        while len(found := await contradictions_in(log)) < count:
            await asyncio.sleep(0.005)
    return found


async def until_snapshot(node: Running, wanted: Callable[[pb.Sample], bool]) -> pb.Sample:
    async with asyncio.timeout(10):
        while True:
            with suppress(grpc.aio.AioRpcError):
                found = await node.stub.GetSnapshot(rpc.GetSnapshotRequest())
                if wanted(found.sample):
                    return found.sample
            await asyncio.sleep(0.005)


async def settled(node: Running, wanted: Health) -> str:
    async with asyncio.timeout(10):
        while (found := await node.probe())[0] is not wanted:
            await asyncio.sleep(0.005)
    return found[1]


async def watched(node: Running, count: int, *, node_name: str = "", resume_token: str = "") -> list[str]:
    call = node.stub.WatchSnapshots(rpc.WatchSnapshotsRequest(node=node_name, resume_token=resume_token))
    seen: list[str] = []
    async with asyncio.timeout(10):
        while len(seen) < count:
            seen += [sample.sample_id for sample in (await next_of(call)).samples]
    call.cancel()
    return seen


async def next_of(
    call: "grpc.aio.UnaryStreamCall[rpc.WatchSnapshotsRequest, rpc.WatchSnapshotsResponse]",
) -> rpc.WatchSnapshotsResponse:
    response = await call.read()
    assert isinstance(response, rpc.WatchSnapshotsResponse)
    return response


async def fill(
    log: EventLog, node: str, *, count: int, start_seconds: int = 1_700_000_000, reason: str = ""
) -> list[pb.Sample]:
    samples = [
        pb.Sample(
            sample_id=str(uuid4()),
            node=node,
            sample_time=Timestamp(seconds=start_seconds + index),
            interval=Duration(seconds=1),
            reason=reason,
        )
        for index in range(count)
    ]
    for sample in samples:
        await log.append(recorded(sample))
    return samples


def recorded(sample: pb.Sample) -> Append:
    return Append(writes=[StreamWrite(stream=stream_of(sample.node), events=[taken(sample, source="test")])])


async def decide(log: EventLog, action: zeroia_pb2.DecisionAction, *, node: str = NODE) -> str:
    decision_id = str(uuid4())
    decision = zeroia_pb2.Decision(decision_id=decision_id, node=node, action=action)
    event = NewEvent(
        type=DECISION_MADE,
        payload=zeroia_event_pb2.DecisionMade(decision=decision).SerializeToString(),
        event_id=decision_id,
    )
    await log.append(Append(writes=[StreamWrite(stream="zeroia/decisions", events=[event])]))
    return decision_id


def timestamp_now() -> Timestamp:
    now = Timestamp()
    now.FromNanoseconds(time.time_ns())
    return now


def sample_report(cpu: float = 0.1) -> pb.SampleReport:
    return pb.SampleReport(
        sample_id=str(uuid4()),
        node="pi",
        sample_time=timestamp_now(),
        interval=Duration(seconds=1),
        machine=pb.MachineReading(cpu_ratio=cpu, memory_ratio=0.4),
    )


def vitals_report(process: str, *, loop_lag_seconds: float = 0.001) -> rpc.ReportVitalsRequest:
    lag = Duration()
    lag.FromNanoseconds(round(loop_lag_seconds * SECOND))
    return rpc.ReportVitalsRequest(
        node=NODE,
        process=process,
        pid=77,
        start_time=timestamp_now(),
        take_time=timestamp_now(),
        window=Duration(seconds=10),
        loop_lag=lag,
        rss_bytes=1 << 20,
        cpu_ratio=0.2,
        services=[pb.ServiceReading(service="arkalia.events.v1.EventService", calls=9, in_flight=1)],
    )
