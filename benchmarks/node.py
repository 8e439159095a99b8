"""Measures a whole node: the time to its first answer, and its memory after a day's worth of samples."""

import asyncio
import statistics
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil
import uvloop
from arkalia.events.v1.event_service_pb2 import GetConsumerRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.reflexia.v1.reflexia_pb2 import SampleReport
from arkalia.reflexia.v1.reflexia_service_pb2 import ReportSamplesRequest
from arkalia.reflexia.v1.reflexia_service_pb2_grpc import ReflexiaServiceStub

from tests.node import Node, running_node

STARTS: Final = 5
FIRST_ANSWER_SECONDS_MAX: Final = 4.0
SAMPLES: Final = 100_000
BATCH: Final = 100
RESIDENT_MIB_MAX: Final = 150


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    starts = [await _start() for _ in range(STARTS)]
    print(
        f"first answer after {statistics.median(starts):.2f} s (at most {FIRST_ANSWER_SECONDS_MAX}); {STARTS} starts:"
    )
    print("  " + ", ".join(f"{seconds:.2f}" for seconds in starts))
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), "--all-in-one") as node:
            before = await _resident(node)
            seconds = await _report_a_day(node)
            after = await _resident(node)
    print(
        f"--all-in-one, {SAMPLES} samples handled in {seconds:.0f} s, resident MiB (at most {RESIDENT_MIB_MAX} in all):"
    )
    for name, mib in after.items():
        print(f"  {name:10} {before[name]:6.1f} before, {mib:6.1f} after")
    print(f"  {'in all':10} {sum(before.values()):6.1f} before, {sum(after.values()):6.1f} after")
    return {
        "first_answer_seconds": starts,
        "first_answer_seconds_required": FIRST_ANSWER_SECONDS_MAX,
        "resident_mib_before": before,
        "resident_mib_after": after,
        "resident_mib_required": RESIDENT_MIB_MAX,
    }


async def _start() -> float:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            return node.ready_seconds


async def _report_a_day(node: Node) -> float:
    started = time.perf_counter()
    async with node.channel() as channel:
        reflexia, events = ReflexiaServiceStub(channel), EventServiceStub(channel)
        first = time.time_ns() - SAMPLES * 1_000_000_000
        for begin in range(0, SAMPLES, BATCH):
            samples = [_sample(first + n * 1_000_000_000, n) for n in range(begin, begin + BATCH)]
            await reflexia.ReportSamples(ReportSamplesRequest(source="benchmark", samples=samples), timeout=30)
        while (await events.GetConsumer(GetConsumerRequest(name="zeroia"), timeout=10)).consumer.lag > BATCH:
            await asyncio.sleep(0.5)
    return time.perf_counter() - started


def _sample(time_ns: int, number: int) -> SampleReport:
    sample = SampleReport(sample_id=str(uuid.uuid4()), node="elsewhere")
    sample.sample_time.FromNanoseconds(time_ns)
    sample.interval.FromSeconds(1)
    sample.machine.cpu_ratio = 0.2 + 0.1 * (number % 7) / 7
    sample.machine.memory_ratio = 0.5 + 0.01 * (number % 3)
    sample.machine.disk_ratio = 0.4
    return sample


async def _resident(node: Node) -> dict[str, float]:
    pids = {name: pid for name, pid in (await node.pids()).items() if not name.startswith("envoy")}
    pids |= {"keeper": node.process.pid, "sidecar": await node.sidecar_pid()}
    return {name: psutil.Process(pid).memory_info().rss / 2**20 for name, pid in pids.items()}
