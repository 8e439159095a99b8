"""The sidecar beside processes that somebody else starts: a pod whose kubelet is the test."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import pytest
import pytest_asyncio
from arkalia.node.v1.health_pb2 import HealthState
from arkalia.node.v1.node_event_pb2 import NodeAdopted, NodeStopping, ProcessExited
from arkalia.node.v1.node_pb2 import Node as NodeMessage
from arkalia.node.v1.node_pb2 import ProcessStatus
from arkalia.node.v1.node_service_pb2 import RestartProcessRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub
from arkalia.recovery.v1 import recovery_pb2 as pb

from arkalia_client import connect
from arkalia_client._errors import UnreachableError
from arkalia_client._recovery import RecoveryClient
from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.events import EventFilter
from tests.kubelet import Pod, pod

pytestmark = [pytest.mark.mesh, pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]
SECONDS = 90
NAMES = {"log", "kernel", "mind", "envoy"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[Pod]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with pod(Path(folder) / "home", sample_seconds="0.5") as running:
            await until_all_serve(running)
            yield running


async def until(node: Pod, holds: Callable[[NodeMessage], bool]) -> NodeMessage:
    """Wait until the node is as wanted, and return how it then is."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(grpc.aio.AioRpcError):
                if holds(found := await node.node()):
                    return found
            await asyncio.sleep(0.05)


async def until_all_serve(node: Pod) -> NodeMessage:
    serving = HealthState.HEALTH_STATE_SERVING
    return await until(node, lambda it: {each.process for each in it.processes if each.state == serving} == NAMES)


def of(found: NodeMessage, name: str) -> ProcessStatus:
    return next(each for each in found.processes if each.process == name)


async def mended(node: Pod, process: str, *, since: int) -> pb.Recovery:
    """Wait for the end of the recovery of *process* that began after *since*."""
    target = f"127.0.0.1:{node.settings.port}"
    async with asyncio.timeout(SECONDS), grpc.aio.insecure_channel(target) as channel:
        while True:
            with suppress(UnreachableError):
                for recovery in await RecoveryClient(channel).list():
                    began = recovery.detect_time.ToNanoseconds() > since
                    if began and recovery.target.process == process and recovery.HasField("end_time"):
                        return recovery
            await asyncio.sleep(0.05)


async def recorded(node: Pod, name: str) -> list[bytes]:
    """Return what was recorded under the name of an event."""
    async with connect(f"127.0.0.1:{node.settings.port}") as arkalia:
        return [event.payload.value async for event in arkalia.events.read() if event.type == name]


async def ended(node: Pod, pid: int) -> list[ProcessExited]:
    """Return what was recorded of the end of a process, once it is."""
    found: list[ProcessExited] = []
    async with asyncio.timeout(SECONDS):
        while not found:
            exits = await recorded(node, ProcessExited.DESCRIPTOR.full_name)
            found = [each for each in map(ProcessExited.FromString, exits) if each.pid == pid]
    return found


async def test_it_finds_what_the_kubelet_started(node: Pod) -> None:
    """
    Server processes and Envoy, each by its socket, and the pid is that of the container.
    """
    found = await until_all_serve(node)

    assert {each.process: each.pid for each in found.processes} == {name: node.containers[name].pid for name in NAMES}
    assert [each.restarts for each in found.processes] == [0, 0, 0, 0]
    assert [each.starts for each in node.containers.values()] == [1, 1, 1, 1, 1]


async def test_what_is_killed_is_started_by_the_kubelet_and_the_recovery_is_verified(node: Pod) -> None:
    """
    The sidecar waits for the next process, takes it up, and has a receipt.
    """
    before, since = node.containers["kernel"].pid, time.time_ns()
    os.kill(before, signal.SIGKILL)
    recovery = await mended(node, "kernel-0", since=since)
    found = of(await until_all_serve(node), "kernel")

    assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
    assert recovery.steps[-1].verified
    assert found.pid == node.containers["kernel"].pid != before
    assert (found.restarts, found.generation) == (1, 1)
    assert [each.expected for each in await ended(node, before)] == [False]


async def test_what_is_frozen_is_ended_and_started_by_the_kubelet(node: Pod) -> None:
    """
    The kubelet sees nothing wrong with it. The sidecar does, and kills it through its pidfd.
    """
    before, since = node.containers["kernel"].pid, time.time_ns()
    os.kill(before, signal.SIGSTOP)
    recovery = await mended(node, "kernel-0", since=since)
    found = of(await until_all_serve(node), "kernel")

    assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
    assert recovery.steps[-1].verified
    assert found.pid == node.containers["kernel"].pid != before
    assert node.containers["kernel"].codes[-1] == -signal.SIGKILL
    assert "frozen" in found.last_exit.reason


async def test_envoy_is_found_again_too(node: Pod) -> None:
    """
    And goes by the files that the sidecar wrote.
    """
    before, since = node.containers["envoy"].pid, time.time_ns()
    os.kill(before, signal.SIGKILL)
    recovery = await mended(node, "envoy-0", since=since)

    assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
    assert of(await until_all_serve(node), "envoy").pid == node.containers["envoy"].pid != before


async def test_a_restart_that_is_asked_for_is_graceful_and_no_failure(node: Pod) -> None:
    """
    The process ends by itself, with 0, and the answer is that another one serves.
    """
    before, target = node.containers["log"].pid, f"127.0.0.1:{node.settings.port}"
    async with grpc.aio.insecure_channel(target) as channel:
        answer = await NodeServiceStub(channel).RestartProcess(
            RestartProcessRequest(process="log", restart_id="r1"), timeout=SECONDS
        )

    assert answer.processes[0].pid == node.containers["log"].pid != before
    assert node.containers["log"].codes == [0]
    assert [(each.expected, each.exit.code) for each in await ended(node, before)] == [(True, 0)]


async def test_a_sidecar_that_is_killed_takes_over_what_runs(node: Pod) -> None:
    """
    Nobody else is touched, counts go on, and it is on record that there was none for a while.
    """
    before = await until_all_serve(node)
    os.kill(node.containers["sidecar"].pid, signal.SIGKILL)
    after = await until(node, lambda it: it.pid != before.pid)
    after = await until_all_serve(node)
    adopted: list[bytes] = []
    async with asyncio.timeout(SECONDS):
        while not adopted:
            adopted = await recorded(node, NodeAdopted.DESCRIPTOR.full_name)

    assert {each.process: each.pid for each in after.processes} == {each.process: each.pid for each in before.processes}
    assert of(after, "kernel").restarts == of(before, "kernel").restarts >= 2
    assert {each.process for each in NodeAdopted.FromString(adopted[0]).processes} == NAMES
    assert after.start_time == before.start_time


async def test_what_fell_while_there_was_no_sidecar_is_known(node: Pod) -> None:
    """
    The one that comes sees another process than the one that was noted, and finishes the recovery.
    """
    before, since = await until_all_serve(node), time.time_ns()
    os.kill(node.containers["sidecar"].pid, signal.SIGKILL)
    os.kill(of(before, "kernel").pid, signal.SIGKILL)
    await until(node, lambda it: it.pid != before.pid)
    recovery = await mended(node, "kernel-0", since=since)
    found = of(await until_all_serve(node), "kernel")

    assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
    assert found.restarts == of(before, "kernel").restarts + 1
    assert found.pid == node.containers["kernel"].pid != of(before, "kernel").pid


async def test_a_sidecar_that_is_told_to_end_leaves_the_rest_alone(node: Pod) -> None:
    """
    The one that comes after it takes over, and does not call it a fall.
    """
    before, since = await until_all_serve(node), time.time_ns()
    os.kill(node.containers["sidecar"].pid, signal.SIGTERM)
    await until(node, lambda it: it.pid != before.pid)
    after = await until_all_serve(node)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{node.settings.port}") as channel:
        recoveries = await RecoveryClient(channel).list()

    assert node.containers["sidecar"].codes[-1] == 0
    assert {each.pid for each in after.processes} == {each.pid for each in before.processes}
    fallen = [it.error.message for it in recoveries if it.detect_time.ToNanoseconds() > since]
    assert not [message for message in fallen if message.startswith("sidecar-0 exited")]


async def test_the_end_of_a_pod_is_no_failure(node: Pod) -> None:
    """
    Whoever supervises says so beforehand, by a file.
    """
    before = await until_all_serve(node)
    node.stopping.touch()
    os.kill(of(before, "kernel").pid, signal.SIGTERM)
    after = await until(node, lambda it: of(it, "kernel").pid not in {0, of(before, "kernel").pid})
    node.stopping.unlink()
    await until_all_serve(node)

    assert of(after, "kernel").pid == node.containers["kernel"].pid
    assert [each.expected for each in await ended(node, of(before, "kernel").pid)] == [True]


async def test_a_pod_ends_in_order(node: Pod) -> None:
    """
    The hooks first, then Envoy, the servers, the sidecar: each by itself. The log knows why, and of no failure.
    """
    # The test before said so too, and took it back.
    await asyncio.sleep(1)
    since = time.time_ns()
    hooks = await node.end()
    stopping, ended = NodeStopping.DESCRIPTOR.full_name, ProcessExited.DESCRIPTOR.full_name
    async with await SqliteEventLog.open(node.settings.log_path) as log:
        page = await log.read(EventFilter(types=frozenset({stopping, ended})))
    events = [event for event in page.events if event.time_ns > since]

    assert hooks == [0, 0]
    assert {name: container.codes[-1] for name, container in node.containers.items()} == dict.fromkeys(
        ["sidecar", "log", "kernel", "mind", "envoy"], 0
    )
    assert len([event for event in events if event.type == stopping]) == 1
    assert all(ProcessExited.FromString(event.payload).expected for event in events if event.type == ended)
