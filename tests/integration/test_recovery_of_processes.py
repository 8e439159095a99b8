"""A whole node mends itself, and keeps the receipts."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from arkalia.recovery.v1 import recovery_pb2 as pb

from arkalia_client._errors import UnreachableError
from arkalia_client._recovery import RecoveryClient
from tests.node import Node, alive, running_node

pytestmark = [pytest.mark.mesh, pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]
SECONDS = 45


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            yield node


@pytest_asyncio.fixture(loop_scope="module")
async def node(running: Node) -> Node:
    """Return the node once nothing in it is being mended."""
    async with asyncio.timeout(SECONDS), running.channel() as channel:
        while (await RecoveryClient(channel).report()).under_way:
            await asyncio.sleep(0.1)
    return running


async def over(client: RecoveryClient, wanted: Callable[[pb.Recovery], bool]) -> pb.Recovery:
    """Wait for a recovery that is wanted and over."""
    async with asyncio.timeout(SECONDS):
        while True:
            # Envoy may be what was killed.
            with suppress(UnreachableError):
                for recovery in await client.list():
                    if wanted(recovery) and recovery.HasField("end_time"):
                        return recovery
            await asyncio.sleep(0.05)


async def killed(node: Node, client: RecoveryClient, process: str, signum: signal.Signals) -> tuple[int, pb.Recovery]:
    pid = (await node.pids())[process]
    began = time.time_ns()
    os.kill(pid, signum)
    found = await over(
        client,
        lambda it: it.target.process == process and it.detect_time.ToNanoseconds() > began and bool(it.steps),
    )
    return pid, found


def evidence(step: pb.RecoveryStep) -> dict[str, str]:
    return {each.name: each.text for each in step.evidence}


async def test_what_is_killed_serves_again_and_the_receipt_says_so(node: Node) -> None:
    """
    The pid before and after, the health seen over a new connection, and the time from the failure until then.
    """
    async with node.channel() as channel:
        client = RecoveryClient(channel)
        for process in ("kernel-0", "log-0", "envoy-0"):
            pid, recovery = await killed(node, client, process, signal.SIGKILL)
            (step,) = recovery.steps
            after = (await node.pids())[process]
            seen = evidence(step)

            assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
            assert (recovery.type, recovery.strategy) == (
                pb.ERROR_TYPE_CONNECTION_LOST,
                pb.RECOVERY_STRATEGY_SYSTEM_RESTART,
            )
            assert (step.verification, step.verified) == (pb.VERIFICATION_PROCESS_SERVES, True)
            assert (seen["old_pid"], seen["pid"], seen["health"]) == (str(pid), str(after), "SERVING")
            assert not alive(pid)
            assert 0 < recovery.time_to_recover.ToMilliseconds() < 1000 * SECONDS
            assert recovery.failure_time.ToNanoseconds() < recovery.recover_time.ToNanoseconds()

        report = await client.report()

        assert report.succeeded >= 3
        assert report.recovery_rate == 1.0


async def test_what_is_frozen_is_ended_and_serves_again(node: Node) -> None:
    """
    A stopped process answers nobody; it is found out, killed and started again, which is one recovery and not two.
    """
    async with node.channel() as channel:
        client = RecoveryClient(channel)
        began = time.time_ns()
        pid, recovery = await killed(node, client, "kernel-0", signal.SIGSTOP)
        found = [it for it in await client.list() if it.target.process == "kernel-0"]
        others = [it for it in found if it.detect_time.ToNanoseconds() > began]

        assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
        assert (recovery.type, len(recovery.steps)) == (pb.ERROR_TYPE_DEADLOCK, 1)
        assert evidence(recovery.steps[0])["old_pid"] == str(pid)
        assert recovery.error_count >= 2
        assert [it.recovery_id for it in others] == [recovery.recovery_id]


async def test_a_killed_sidecar_finishes_what_it_had_begun(node: Node) -> None:
    """
    Whatever was under way is looked at by the next one, and ends once.
    """
    async with node.channel() as channel:
        client = RecoveryClient(channel)
        began = time.time_ns()
        os.kill((await node.pids())["kernel-0"], signal.SIGKILL)
        async with asyncio.timeout(SECONDS):
            while not [it for it in await client.list() if it.detect_time.ToNanoseconds() > began]:
                await asyncio.sleep(0.02)
        os.kill(await node.sidecar_pid(), signal.SIGKILL)
        await asyncio.sleep(1.0)
        found = await over(
            client, lambda it: it.target.process == "kernel-0" and it.detect_time.ToNanoseconds() > began
        )
        # What the shaken node met besides may take a moment longer.
        async with asyncio.timeout(SECONDS):
            while (await client.report()).under_way:
                await asyncio.sleep(0.1)

        assert found.state == pb.RECOVERY_STATE_SUCCEEDED
