"""Receipts outlive the sidecar that wrote them while there was no log to take them."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import pytest
from arkalia.node.v1.node_event_pb2 import ProcessExited
from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb

from arkalia_client._errors import ArkaliaError
from arkalia_client._recovery import RecoveryClient
from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.events import Event, EventFilter
from luna.sidecar.places import sidecar_socket
from luna.transport.spool import Spool
from tests.integration.test_attached_node import until, until_all_serve
from tests.kubelet import Pod, pod

pytestmark = [pytest.mark.mesh, pytest.mark.chaos]
SECONDS = 90


async def mended(node: Pod, process: str, *, since: int) -> pb.Recovery:
    """Wait until the sidecar itself says that a failure after *since* is mended."""
    target = f"unix:{sidecar_socket(node.settings)}"
    async with asyncio.timeout(SECONDS), grpc.aio.insecure_channel(target) as channel:
        while True:
            with suppress(ArkaliaError):
                for recovery in await RecoveryClient(channel).list():
                    began = recovery.detect_time.ToNanoseconds() > since
                    if began and recovery.target.process == process and recovery.HasField("end_time"):
                        return recovery
            await asyncio.sleep(0.05)


async def emptied(node: Pod) -> None:
    """Wait until nothing is left for the log."""
    spool = Spool(node.settings.home / "spool" / "sidecar-0.events")
    async with asyncio.timeout(SECONDS):
        while await asyncio.to_thread(spool.first):
            await asyncio.sleep(0.05)


async def recorded(node: Pod, filter: EventFilter) -> list[Event]:
    async with await SqliteEventLog.open(node.settings.log_path) as log:
        return list((await log.read(filter)).events)


async def test_receipts_survive_a_sidecar_that_is_killed_while_the_log_is_down() -> None:
    """
    All of them, once, in order; and what the next sidecar sees comes after.
    """
    with TemporaryDirectory(prefix="luna") as folder:
        async with pod(Path(folder) / "home", sample_seconds="0.5") as node:
            await until_all_serve(node)
            await emptied(node)
            log, envoy, since = node.containers["log"], node.containers["envoy"], time.time_ns()
            await log.stop()
            fallen = envoy.pid
            os.kill(fallen, signal.SIGKILL)
            recovery = await mended(node, "envoy-0", since=since)
            before = await node.node()
            os.kill(node.containers["sidecar"].pid, signal.SIGKILL)
            await until(node, lambda it: it.pid != before.pid)
            log.stopping.clear()
            running = asyncio.create_task(log.run())
            await until_all_serve(node)
            await emptied(node)
            await node.end()
            await running
        receipts = await recorded(node, EventFilter(stream=f"recovery/{recovery.recovery_id}"))
        exits = await recorded(node, EventFilter(types=frozenset({ProcessExited.DESCRIPTOR.full_name})))

    assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
    assert [each.type for each in receipts] == [
        facts.RecoveryStarted.DESCRIPTOR.full_name,
        *[facts.RecoveryStepTaken.DESCRIPTOR.full_name] * len(recovery.steps),
        facts.RecoverySucceeded.DESCRIPTOR.full_name,
    ]
    assert [facts.RecoveryStepTaken.FromString(each.payload).step for each in receipts[1:-1]] == list(recovery.steps)
    assert [ProcessExited.FromString(each.payload).pid for each in exits].count(fallen) == 1
