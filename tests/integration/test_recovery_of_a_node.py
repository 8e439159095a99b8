"""A whole node finds out what goes wrong inside of it, mends that, and asks a human where it cannot."""

import asyncio
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from arkalia.chaos.v1 import chaos_pb2
from arkalia.node.v1 import severity_pb2
from arkalia.recovery.v1 import recovery_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from arkalia_client._errors import ArkaliaError, UnreachableError
from arkalia_client._recovery import RecoveryClient
from luna.settings import Settings
from luna.sidecar.chaos.injecting import Injector
from tests.integration.test_recovery_webhook import listening
from tests.node import Node, running_node

pytestmark = [pytest.mark.mesh, pytest.mark.chaos]
SECONDS = 30
RESIDENT_BYTES_MAX = 60 * 2**20


async def over(client: RecoveryClient, wanted: Callable[[pb.Recovery], bool], *, since: int) -> pb.Recovery:
    """Wait for a recovery that is wanted, began after *since* and is over."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(UnreachableError):
                for recovery in await client.list():
                    began = recovery.detect_time.ToNanoseconds() > since
                    if began and wanted(recovery) and recovery.HasField("end_time"):
                        return recovery
            await asyncio.sleep(0.05)


async def reported(client: RecoveryClient, report: pb.ErrorReport) -> str:
    """Report an error, once the sidecar has read what happened before."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                return await client.report_error(report)
            except ArkaliaError as error:
                if error.reason != "RECOVERY_ERROR_REASON_NOT_READY":
                    raise
            await asyncio.sleep(0.05)


async def broken(node: Node, client: RecoveryClient, kind: chaos_pb2.FaultKind, type: pb.ErrorType) -> pb.Recovery:
    """Break the kernel in one way, and return the recovery that this leads to."""
    since = time.time_ns()
    fault = chaos_pb2.Fault(fault_id=f"f{since}", kind=kind, duration=Duration(seconds=20))
    await Injector(Settings(home=node.home)).inject("kernel", fault)
    return await over(client, lambda it: it.type == type and it.target.process == "kernel-0", since=since)


def metrics(node: Node) -> str:
    with closing(urllib.request.urlopen(f"http://127.0.0.1:{node.metrics_port}/metrics/sidecar", timeout=5)) as answer:
        return bytes(answer.read()).decode()


async def test_what_goes_wrong_inside_is_found_out_and_mended(tmp_path: Path) -> None:
    """
    A damaged projection, a consumer that is stuck, a blocked event loop: each verified, and shown to Prometheus.
    """
    async with running_node(tmp_path / "home", chaos="true") as node, node.channel() as channel:
        client = RecoveryClient(channel)
        await asyncio.sleep(2)
        rebuilt = await broken(node, client, chaos_pb2.FAULT_KIND_CORRUPT_PROJECTION, pb.ERROR_TYPE_STATE_CORRUPTED)
        freed = await broken(node, client, chaos_pb2.FAULT_KIND_CONSUMER_STUCK, pb.ERROR_TYPE_DEADLOCK)
        await asyncio.sleep(2)
        thawed = await broken(node, client, chaos_pb2.FAULT_KIND_LOOP_BLOCK, pb.ERROR_TYPE_DEADLOCK)
        text = await asyncio.to_thread(metrics, node)
        pid = await node.sidecar_pid()
        resident = re.search(r"Rss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())

        assert [it.state for it in (rebuilt, freed, thawed)] == [pb.RECOVERY_STATE_SUCCEEDED] * 3
        assert all(it.steps[-1].verified for it in (rebuilt, freed, thawed))
        assert rebuilt.steps[-1].verification == pb.VERIFICATION_PROJECTION_INTACT
        assert freed.target.resource == "zeroia"
        assert thawed.target.resource == ""
        assert 'arkalia_recovery_successes_total{strategy="SYSTEM_RESTART"}' in text
        assert "arkalia_recovery_seconds_bucket" in text
        assert 'arkalia_process_state{process="kernel-0",state="serving"} 1' in text
        assert resident
        assert int(resident[1]) * 1024 <= RESIDENT_BYTES_MAX


async def test_what_is_fatal_is_told_to_a_human_and_stays_open(tmp_path: Path) -> None:
    """
    Through the webhook, and until somebody resolves it, whatever becomes of the sidecar.
    """
    report = pb.ErrorReport(
        error_id="disk-1",
        type=pb.ERROR_TYPE_UNKNOWN,
        severity=severity_pb2.SEVERITY_FATAL,
        target=pb.ErrorTarget(process="log-0", resource="disk"),
        message="the disk is dying",
    )
    with listening(204) as (url, taken):
        async with running_node(tmp_path / "home", incident_webhook=url) as node, node.channel() as channel:
            client = RecoveryClient(channel)
            since = time.time_ns()
            recovery_id = await reported(client, report)
            recovery = await over(client, lambda it: it.recovery_id == recovery_id, since=since)
            with pytest.raises(ArkaliaError) as refused:
                await client.approve(recovery_id)
            async with asyncio.timeout(SECONDS):
                while not (await client.incidents())[0].notified:
                    await asyncio.sleep(0.05)
            os.kill(await node.sidecar_pid(), signal.SIGKILL)
            await asyncio.sleep(1.5)
            async with asyncio.timeout(SECONDS):
                while not (found := await incidents(client)):
                    await asyncio.sleep(0.05)
            resolved = await client.resolve(found[0].incident_id, resolution="a new disk")

    assert (recovery.state, recovery.steps[:]) == (pb.RECOVERY_STATE_ESCALATED, [])
    assert refused.value.reason == "RECOVERY_ERROR_REASON_FINISHED"
    assert [it["incident_id"] for it in taken] == [recovery.incident_id]
    assert (found[0].incident_id, found[0].state, found[0].notified) == (
        recovery.incident_id,
        pb.INCIDENT_STATE_OPEN,
        True,
    )
    assert resolved.state == pb.INCIDENT_STATE_RESOLVED


async def incidents(client: RecoveryClient) -> list[pb.Incident]:
    with suppress(UnreachableError):
        return list(await client.incidents())
    return []
