"""Measures what batches are worth: reads and appends over gRPC, against one event a message.

The log is on disk, its server in a process of its own, behind the whole
interceptor chain, on a Unix socket. Sides take turns. Rates are events a
second as the client sees them; processor times are the server's.
"""

import asyncio
import os
import statistics
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import grpc.aio
import uvloop
from arkalia.events.v1.event_service_pb2 import AppendManyRequest, AppendManyResponse, AppendRequest, ReadRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from google.protobuf.wrappers_pb2 import BytesValue
from uuid_utils import uuid7

PAYLOAD_BYTES: Final = 200
ROUNDS: Final = 11
READ_EVENTS: Final = 20_000
READ_SINGLE_EVENTS: Final = 2_000
APPEND_EVENTS: Final = 12_000
APPEND_SINGLE_EVENTS: Final = 300
MESSAGE_APPENDS: Final = 1_000
MESSAGES_UNDER_WAY: Final = 4
READ_RATIO_MIN: Final = 8.0
APPEND_RATIO_MIN: Final = 20.0


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


@dataclass
class Side:
    """One way to do the work, and what was measured of it."""

    name: str
    events: int
    work: Callable[[int], Awaitable[None]]
    rates: list[float] = field(default_factory=list)
    server_cpu_us: list[float] = field(default_factory=list)
    client_cpu_us: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Events a second, the median."""
        return statistics.median(self.rates)


class Server:
    """The process under test."""

    def __init__(self, process: asyncio.subprocess.Process, channel: grpc.aio.Channel) -> None:
        self._process = process
        self.stub = EventServiceStub(channel)

    async def cpu_seconds(self) -> float:
        """Ask the server for the processor time that it has used."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"\n")
        return int(await self._process.stdout.readline()) / 1e9

    async def read(self, events: int, batch_size: int) -> None:
        """Catch up with *events* events."""
        count = 0
        async for response in self.stub.Read(ReadRequest(limit=events, batch_size=batch_size)):
            count += len(response.events)
        assert count == events

    async def append_each(self, events: int) -> None:
        """Append events one call after the other."""
        for _ in range(events):
            await self.stub.Append(_append())

    async def append_many(self, events: int) -> None:
        """Append events in batches, with a few of them under way."""
        call = self.stub.AppendMany()
        waiting: deque[int] = deque()
        for begin in range(0, events, MESSAGE_APPENDS):
            if len(waiting) >= MESSAGES_UNDER_WAY:
                await _outcomes(call, waiting.popleft())
            appends = [_append() for _ in range(min(MESSAGE_APPENDS, events - begin))]
            await call.write(AppendManyRequest(appends=appends))
            waiting.append(len(appends))
        await call.done_writing()
        for count in waiting:
            await _outcomes(call, count)


async def _main() -> Mapping[str, object]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="luna")))
        server = await stack.enter_async_context(_server(folder))
        await server.append_many(READ_EVENTS)
        reads = [
            Side("Read, 500 a message", READ_EVENTS, lambda count: server.read(count, 500)),
            Side("Read, 1 a message", READ_SINGLE_EVENTS, lambda count: server.read(count, 1)),
        ]
        appends = [
            Side(f"AppendMany, {MESSAGE_APPENDS} a message", APPEND_EVENTS, server.append_many),
            Side("Append, one caller", APPEND_SINGLE_EVENTS, server.append_each),
        ]
        await _measure(server, [*reads, *appends])
    return {**_report("read", reads, READ_RATIO_MIN), **_report("append", appends, APPEND_RATIO_MIN)}


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[Server]:
    socket = folder / "log.sock"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.stream_server", str(folder / "events.db"), str(socket)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
            yield Server(process, channel)
    finally:
        process.kill()
        await process.wait()


async def _measure(server: Server, sides: Sequence[Side]) -> None:
    for side in sides:
        await side.work(max(1, side.events // 10))
    for turn in range(ROUNDS):
        for side in sides if turn % 2 else reversed(sides):
            theirs, ours, started = await server.cpu_seconds(), time.process_time(), time.perf_counter()
            await side.work(side.events)
            wall, ours = time.perf_counter() - started, time.process_time() - ours
            side.rates.append(side.events / wall)
            side.client_cpu_us.append(1e6 * ours / side.events)
            side.server_cpu_us.append(1e6 * (await server.cpu_seconds() - theirs) / side.events)


async def _outcomes(call: "grpc.aio.StreamStreamCall[AppendManyRequest, AppendManyResponse]", count: int) -> None:
    response = await call.read()
    assert isinstance(response, AppendManyResponse)
    assert [result.WhichOneof("outcome") for result in response.results] == ["appended"] * count


def _append() -> AppendRequest:
    request = AppendRequest()
    event = request.appends.add(stream="benchmark/stream").events.add(event_id=str(uuid7()))
    event.payload.Pack(BytesValue(value=os.urandom(PAYLOAD_BYTES - 3)))
    return request


def _report(name: str, sides: Sequence[Side], required: float) -> Mapping[str, object]:
    batched, single = sides
    ratios = [ours / theirs for ours, theirs in zip(batched.rates, single.rates, strict=True)]
    ratio = batched.rate / single.rate
    print(f"events of {PAYLOAD_BYTES} bytes, median of {ROUNDS} rounds (min…max):")
    print(f"  {'':<26}  {'events/s':>26}  server CPU-µs/event  client CPU-µs/event")
    for side in sides:
        spread = f"{side.rate:,.0f} ({min(side.rates):,.0f}…{max(side.rates):,.0f})"
        server, client = statistics.median(side.server_cpu_us), statistics.median(side.client_cpu_us)
        print(f"  {side.name:<26}  {spread:>26}  {server:>19.1f}  {client:>19.1f}")
    print(f"  ratio {ratio:.1f} ({min(ratios):.1f}…{max(ratios):.1f}), required: at least {required:g}\n")
    return {
        f"{name}_ratio": ratio,
        f"{name}_ratio_required": required,
        f"{name}_ratio_spread": [min(ratios), max(ratios)],
        **{
            side.name: {"rates": side.rates, "server_cpu_us": side.server_cpu_us, "client_cpu_us": side.client_cpu_us}
            for side in sides
        },
    }


if __name__ == "__main__":
    main()
