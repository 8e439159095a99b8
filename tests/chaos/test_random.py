"""Random things go wrong for a while; afterwards nothing is lost, left behind or unexplained."""

import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc.aio
import psutil
import pytest
from arkalia.events.v1.event_pb2 import EventFilter, NewEvent, StreamAppend
from arkalia.events.v1.event_service_pb2 import AppendRequest, ReadRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.node.v1.health_pb2 import DegradationLevel
from arkalia.resilience.v1.circuit_breaker_pb2 import CircuitState
from google.protobuf.wrappers_pb2 import Int64Value

from arkalia_client import Arkalia, ArkaliaError, connect
from luna.sidecar.chaos import random_run
from luna.sidecar.chaos.injecting import injector_of
from tests.chaos.load import steady_load
from tests.chaos.receipts import Receipt, receipts
from tests.chaos.scenarios import MEMORY_LIMIT_BYTES
from tests.node import Node, alive, running_node

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

STREAM = "chaos/appends"
NOTICED_SECONDS = 20.0
"""Within this time a failure has become a recovery, or was counted on one under way."""
CALM_SECONDS = 150.0
WARM_SECONDS = 8.0
STORY_SECONDS = 60.0
"""How much before and after a failure is told when something is amiss."""
GROWTH_BYTES_MAX = 24 * 2**20
GROWTH_DESCRIPTORS_MAX = 24


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What is left when it is over."""

    amiss: Sequence[str]
    acknowledged: Counter[str]
    recorded: Counter[str]
    injections: Sequence[dict[str, Any]]
    receipts: Sequence[Receipt]
    left_behind: Sequence[int]
    grown_bytes: int
    grown_descriptors: int


async def test_random_chaos_leaves_nothing_behind(request: pytest.FixtureRequest) -> None:
    """
    No acknowledged event is lost, no process outlives the node, nothing grows, and each failure has its receipt.
    """
    seconds = 60 * float(request.config.getoption("--chaos-minutes"))
    wanted = request.config.getoption("--chaos-seed")
    seed = random.SystemRandom().randrange(2**31) if wanted == "random" else int(wanted)
    sys.stdout.write(f"seed {seed}, {seconds:.0f} s\n")
    with TemporaryDirectory(prefix="luna") as folder:
        left = await _run(Path(folder), seed=seed, seconds=seconds)

    amiss = list(_amiss_in(left))
    assert amiss == [], "\n".join([f"seed {seed}", *amiss])


async def _run(folder: Path, *, seed: int, seconds: float) -> Aftermath:
    """Run a node under load, let random things go wrong on it, and look at what is left."""
    home, record = folder / "home", folder / "chaos.jsonl"
    home.mkdir()
    settings = {"chaos": "true", "process_memory_bytes_max": str(MEMORY_LIMIT_BYTES)}
    async with running_node(home, **settings) as node:
        await _judge_only_the_node(node)
        async with steady_load(node.target), _appending(node) as acknowledged:
            await asyncio.sleep(WARM_SECONDS)
            before = await _uses(node)
            await random_run.run(injector_of(home), seed=seed, seconds=seconds, record=record, tell=_tell)
            amiss = await _calm(node)
            after = await _uses(node)
        recorded = Counter(await _appended(node))
        told = await receipts(node)
        pids = list((await node.pids()).values())
    return Aftermath(
        amiss=amiss,
        acknowledged=Counter(acknowledged),
        recorded=recorded,
        injections=[json.loads(line) for line in record.read_text().splitlines()],
        receipts=told,
        left_behind=[pid for pid in pids if alive(pid)],
        grown_bytes=after[0] - before[0],
        grown_descriptors=after[1] - before[1],
    )


async def _judge_only_the_node(node: Node) -> None:
    """Have the level not depend on how busy the processors are: others use them as well, and nobody strikes at them."""
    async with connect(node.target) as client:
        revision = await client.degradation.policy()
        for scale in revision.policy.scales:
            scale.weight *= scale.signal != "cpu"
        await client.degradation.update_policy(revision.policy, etag=revision.etag, reason="a shared machine")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


@asynccontextmanager
async def _appending(node: Node) -> AsyncIterator[list[str]]:
    """Append while the block runs, and tell which events were acknowledged."""
    acknowledged: list[str] = []

    async def append() -> None:
        async with node.channel() as channel:
            stub = EventServiceStub(channel)
            while True:
                event = NewEvent(event_id=str(uuid.uuid4()))
                event.payload.Pack(Int64Value(value=len(acknowledged)))
                addition = StreamAppend(stream=STREAM, events=[event])
                try:
                    await stub.Append(AppendRequest(appends=[addition]), timeout=5)
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.05)
                else:
                    acknowledged.append(event.event_id)
                await asyncio.sleep(0.02)

    task = asyncio.create_task(append())
    try:
        yield acknowledged
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _appended(node: Node) -> list[str]:
    async with node.channel() as channel:
        request = ReadRequest(filter=EventFilter(stream=STREAM))
        return [
            event.event_id
            async for batch in EventServiceStub(channel).Read(request, timeout=30)
            for event in batch.events
        ]


async def _calm(node: Node) -> Sequence[str]:
    """Wait until the level is NORMAL and no breaker refuses calls, and return what is still amiss."""
    until = time.monotonic() + CALM_SECONDS
    amiss: list[str] = ["not looked at"]
    async with connect(node.target) as client:
        while amiss and time.monotonic() < until:
            await asyncio.sleep(1)
            try:
                amiss = await _amiss(client)
            except ArkaliaError as error:
                amiss = [repr(error)]
    return amiss


async def _amiss(client: Arkalia) -> list[str]:
    degradation = await client.degradation.get()
    level, closed = degradation.level, CircuitState.CIRCUIT_STATE_CLOSED
    readings = ", ".join(f"{it.signal} {it.reading:.3g}: {it.pressure:.2f}" for it in degradation.signals)
    normal = level == DegradationLevel.DEGRADATION_LEVEL_NORMAL
    found = [] if normal else [f"{DegradationLevel.Name(level)}: {degradation.reason} ({readings})"]
    return found + [f"{it.name} is not closed" for it in await client.breakers.list() if it.state != closed]


async def _uses(node: Node) -> tuple[int, int]:
    """Return the memory and the descriptors of those who live as long as the node, or take over from their like."""
    async with connect(node.target) as client:
        sidecar = (await client.node.get()).pid
    processes = [psutil.Process(pid) for pid in (node.process.pid, sidecar)]
    return sum(it.memory_info().rss for it in processes), sum(it.num_fds() for it in processes)


def _amiss_in(left: Aftermath) -> Iterator[str]:
    """Say what is not as it should be, all of it."""
    yield from left.amiss
    if lost := left.acknowledged - left.recorded:
        yield f"lost: {lost.total()} of {left.acknowledged.total()} acknowledged events"
    if twice := [event for event, times in left.recorded.items() if times > 1]:
        yield f"there twice: {len(twice)} events"
    yield from _unanswered(left)
    yield from _uncaused(left)
    if left.left_behind:
        yield f"left behind: {left.left_behind}"
    if left.grown_bytes > GROWTH_BYTES_MAX:
        yield f"grown by {left.grown_bytes} bytes"
    if left.grown_descriptors > GROWTH_DESCRIPTORS_MAX:
        yield f"grown by {left.grown_descriptors} descriptors"


def _unanswered(left: Aftermath) -> Iterator[str]:
    """Tell of the failures that needed a recovery, and have none that ended well."""
    for it in left.injections:
        found = any(_about(it, receipt) and receipt.outcome == "succeeded" for receipt in left.receipts)
        if it["recoverable"] and not found:
            yield _story(f"no recovery: {it['number']} {it['kind']} {it['process']}", int(it["time_ns"]), left)


def _uncaused(left: Aftermath) -> Iterator[str]:
    """Tell of the recoveries of processes that nothing had been done to the node before."""
    for receipt in left.receipts:
        caused = any(0 <= _after(it, receipt) <= it["seconds"] + 3 * NOTICED_SECONDS for it in left.injections)
        if receipt.process and not caused:
            yield _story(f"no cause: {receipt.type} {receipt.process}", receipt.detect_ns, left)


def _story(title: str, at_ns: int, left: Aftermath) -> str:
    """Say what was done to the node around a moment, and what it says that it did."""
    lines = [
        (
            int(it["time_ns"]),
            f"{(int(it['time_ns']) - at_ns) / 1e9:+.1f} s {it['kind']} {it['process']}, {it['seconds']} s",
        )
        for it in left.injections
    ] + [(receipt.detect_ns, f"    {receipt.words(at_ns)}") for receipt in left.receipts]
    near = [line for time_ns, line in sorted(lines) if abs(time_ns - at_ns) < STORY_SECONDS * 1e9]
    return "\n  ".join([title, *near])


def _about(injection: dict[str, Any], receipt: Receipt) -> bool:
    """Tell whether a recovery began because of what was done, or was under way and took it in."""
    noticed = 0 <= _after(injection, receipt) <= NOTICED_SECONDS
    counted = receipt.detect_ns <= int(injection["time_ns"]) <= receipt.end_ns and receipt.error_count > 1
    return (noticed or counted) and receipt.process.partition("-")[0] == injection["process"]


def _after(injection: dict[str, Any], receipt: Receipt) -> float:
    return (receipt.detect_ns - int(injection["time_ns"])) / 1e9
