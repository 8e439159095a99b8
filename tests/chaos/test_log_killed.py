"""The log's process is killed while callers append."""

import asyncio
import os
import random
import signal
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import pytest
from arkalia.events.v1.event_pb2 import Event, NewEvent, StreamAppend
from arkalia.events.v1.event_service_pb2 import AppendRequest, ReadRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from google.protobuf.wrappers_pb2 import Int64Value

pytestmark = pytest.mark.chaos

CALLERS = 16
BATCH = 3
LIFE_SECONDS = (0.1, 0.6)


@pytest.fixture
def places() -> Iterator[Path]:
    # Unix sockets want short paths.
    with TemporaryDirectory(prefix="luna") as folder:
        yield Path(folder)


async def test_what_was_acknowledged_is_there_once_and_in_order(places: Path, request: pytest.FixtureRequest) -> None:
    """
    After every kill: all acknowledged events, no half batch, no repetition.
    """
    acknowledged: dict[str, list[str]] = defaultdict(list)
    chance = random.Random(7)
    for _ in range(request.config.getoption("--chaos-rounds")):
        async with asyncio.timeout(60):
            await _one_life(places, acknowledged, chance.uniform(*LIFE_SECONDS))
        async with asyncio.timeout(60):
            found = await _read_all(places)

        _check(found, acknowledged)
    assert sum(map(len, acknowledged.values())) > 0


async def _one_life(places: Path, acknowledged: dict[str, list[str]], seconds: float) -> None:
    process, channel = await _start(places)
    callers = [asyncio.create_task(_append(channel, f"caller/{n}", acknowledged)) for n in range(CALLERS)]
    await asyncio.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    await asyncio.gather(*callers)
    await process.wait()
    await channel.close()


async def _append(channel: grpc.aio.Channel, stream: str, acknowledged: dict[str, list[str]]) -> None:
    stub = EventServiceStub(channel)
    while True:
        ids = [str(uuid.uuid4()) for _ in range(BATCH)]
        addition = StreamAppend(stream=stream, events=[_event(id, n) for n, id in enumerate(ids)])
        try:
            await stub.Append(AppendRequest(appends=[addition]), timeout=10)
        except grpc.aio.AioRpcError:
            return
        acknowledged[stream] += ids


def _event(id: str, number: int) -> NewEvent:
    event = NewEvent(event_id=id)
    event.payload.Pack(Int64Value(value=number))
    return event


async def _read_all(places: Path) -> list[Event]:
    process, channel = await _start(places)
    events = [event async for batch in EventServiceStub(channel).Read(ReadRequest()) for event in batch.events]
    await channel.close()
    process.send_signal(signal.SIGTERM)
    await process.wait()
    return events


def _check(found: list[Event], acknowledged: dict[str, list[str]]) -> None:
    assert [event.position for event in found] == list(range(1, len(found) + 1))
    streams: dict[str, list[Event]] = defaultdict(list)
    for event in found:
        if event.stream.startswith("caller/"):
            streams[event.stream].append(event)
    for stream, events in streams.items():
        ids = [event.event_id for event in events]
        assert len(ids) == len(set(ids))
        assert len(ids) % BATCH == 0
        assert [event.stream_version for event in events] == list(range(1, len(ids) + 1))
        assert [event_id for event_id in ids if event_id in set(acknowledged[stream])] == acknowledged[stream]


async def _start(places: Path) -> tuple[asyncio.subprocess.Process, grpc.aio.Channel]:
    socket = places / "log.sock"
    socket.unlink(missing_ok=True)
    environ = {**os.environ, "ARKALIA_HOME": str(places)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "luna", "serve", "log", "--socket", str(socket), env=environ
    )
    channel = grpc.aio.insecure_channel(
        f"unix:{socket}",
        options=[
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.min_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 100),
        ],
    )
    async with asyncio.timeout(30):
        await channel.channel_ready()
    return process, channel
