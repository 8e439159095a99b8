"""A node of small real processes: how it starts, serves, stops, and dies."""

import asyncio
import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Awaitable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import grpc.aio
import pytest
from arkalia.node.v1 import health_pb2
from arkalia.node.v1 import node_service_pb2 as rpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from luna.settings import Settings
from luna.sidecar.exit_codes import ExitCode
from luna.sidecar.places import run_directory
from tests.integration.small_node import SECONDS, asking, node, processes, runs, sidecar_pid
from tests.node import free_ports

if TYPE_CHECKING:
    Watch: TypeAlias = grpc.aio.UnaryStreamCall[rpc.WatchNodeRequest, rpc.WatchNodeResponse]


async def test_a_node_says_when_it_is_ready_and_stops_in_order(tmp_path: Path) -> None:
    """
    SIGTERM ends everything, the exit code is 0, and no socket is left.
    """
    async with node(tmp_path) as running:
        line = await running.until("ready in ")
        found = await processes(tmp_path)
        running.process.terminate()
        code, said = await running.ends()

        assert (code, said) == (0, "")
        assert 0 < float(line.split()[2]) < SECONDS
        assert {status.state for status in found.values()} == {health_pb2.HEALTH_STATE_SERVING}
        assert not any(runs(status.pid) for status in found.values())
        assert not list(run_directory(Settings(home=tmp_path)).glob("*.sock"))


async def test_nothing_outlives_a_killed_keeper(tmp_path: Path) -> None:
    """
    SIGKILL gives it no chance to tidy up, and the kernel does it. The next node starts on the same folder.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        pids = [*(status.pid for status in (await processes(tmp_path)).values()), await sidecar_pid(tmp_path)]
        running.process.kill()
        await running.process.wait()
        until = time.monotonic() + 2
        while any(runs(pid) for pid in pids) and time.monotonic() < until:
            await asyncio.sleep(0.02)

        assert len(pids) == 4
        assert [pid for pid in pids if runs(pid)] == []
    async with node(tmp_path) as again:
        await again.until("ready in ")


async def test_a_second_node_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """
    It has an exit code of its own, names the one that runs, and does not disturb it.
    """
    async with node(tmp_path) as first:
        await first.until("ready in ")
        async with node(tmp_path) as second:
            code, said = await second.ends()
        found = await processes(tmp_path)

        assert code == ExitCode.NODE_RUNNING
        assert f"pid {first.process.pid}" in said
        assert str(tmp_path) in said
        assert {status.state for status in found.values()} == {health_pb2.HEALTH_STATE_SERVING}


async def test_a_damaged_log_stops_the_node_with_the_words_of_its_process(tmp_path: Path) -> None:
    """
    The message goes to stderr, the exit code is that of the process, and nothing keeps running.
    """
    async with node(tmp_path, "log=corrupt") as running:
        code, said = await running.ends()

        assert code == ExitCode.DATA_CORRUPT
        assert said == "arkalia: events.db is corrupt after position 41; run `arkalia log recover`\n"


async def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """
    The message says which, and the setting that names another.
    """
    (tmp_path / "file").touch()
    async with node(tmp_path / "file" / "home") as running:
        code, said = await running.ends()

        assert code == ExitCode.HOME_UNUSABLE
        assert "ARKALIA_HOME" in said


async def test_a_death_is_seen_by_whoever_watches(tmp_path: Path) -> None:
    """
    All processes first; then each change; and from a resume token only what was missed.
    """
    async with node(tmp_path) as running, asking(tmp_path) as stub:
        await running.until("ready in ")
        watch = stub.WatchNode(rpc.WatchNodeRequest(), timeout=SECONDS)
        first = await news(watch)
        (killed,) = [status.pid for status in first.processes if status.process == "kernel"]
        os.kill(killed, signal.SIGKILL)
        states: list[int] = []
        while not states or states[-1] != health_pb2.HEALTH_STATE_SERVING:
            answer = await news(watch)
            assert {status.process for status in answer.processes} == {"kernel"}
            states += [status.state for status in answer.processes if status.pid != killed]
        watch.cancel()
        again = stub.WatchNode(rpc.WatchNodeRequest(resume_token=first.resume_token), timeout=SECONDS)
        missed = await news(again)
        again.cancel()

        assert {status.process for status in first.processes} == {"log", "kernel", "mind"}
        assert health_pb2.HEALTH_STATE_RECOVERING in states
        assert [(status.process, status.restarts) for status in missed.processes] == [("kernel", 1)]
        assert missed.processes[0].last_exit.signal == "SIGKILL"


async def test_a_process_is_restarted_through_the_service(tmp_path: Path) -> None:
    """
    The next generation answers, with a new pid and no crash counted; asking for it again changes nothing.
    """
    async with node(tmp_path) as running, asking(tmp_path) as stub:
        await running.until("ready in ")
        before = (await processes(tmp_path))["log"]
        request = rpc.RestartProcessRequest(process="log", restart_id="a")
        answer = await stub.RestartProcess(request, timeout=SECONDS)
        again = await stub.RestartProcess(request, timeout=SECONDS)
        (after,) = answer.processes

        assert (after.generation, after.restarts, after.state) == (2, 0, health_pb2.HEALTH_STATE_SERVING)
        assert after.pid != before.pid
        assert not runs(before.pid)
        assert [status.pid for status in again.processes] == [after.pid]


async def reason(call: Awaitable[object]) -> tuple[grpc.StatusCode, list[str]]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(caught.value)
    info = error_details_pb2.ErrorInfo()
    return caught.value.code(), [info.reason for detail in (status.details if status else ()) if detail.Unpack(info)]


async def test_bad_requests_get_typed_errors(tmp_path: Path) -> None:
    """
    As from every other server of the node: the chain is the same.
    """
    async with node(tmp_path) as running, asking(tmp_path) as stub:
        await running.until("ready in ")
        unknown = rpc.RestartProcessRequest(process="kernal", restart_id="a")
        garbled = rpc.WatchNodeRequest(resume_token="rubbish")
        found = [
            await reason(stub.RestartProcess(unknown, timeout=SECONDS)),
            await reason(stub.RestartProcess(rpc.RestartProcessRequest(), timeout=SECONDS)),
            await reason(stub.WatchNode(garbled, timeout=SECONDS).read()),
        ]

        assert found == [
            (grpc.StatusCode.NOT_FOUND, ["NODE_ERROR_REASON_PROCESS_UNKNOWN"]),
            (grpc.StatusCode.INVALID_ARGUMENT, ["REQUEST_ERROR_REASON_INVALID"]),
            (grpc.StatusCode.INVALID_ARGUMENT, ["NODE_ERROR_REASON_RESUME_TOKEN"]),
        ]


async def test_diagnostics_have_versions_settings_processes_and_last_lines(tmp_path: Path) -> None:
    """
    Bounded, and enough to tell what runs where.
    """
    async with node(tmp_path) as running, asking(tmp_path) as stub:
        await running.until("ready in ")
        answer = await stub.GetDiagnostics(rpc.GetDiagnosticsRequest(line_limit=1), timeout=SECONDS)
        found = answer.diagnostics
        versions = {version.component: version.version for version in found.versions}
        logs = {log.process: list(log.lines) for log in found.logs}

        assert {"python", "sqlite", "grpcio"} <= versions.keys()
        assert {setting.setting: setting.value for setting in found.settings}["ARKALIA_HOME"] == str(tmp_path)
        assert {status.process for status in found.node.processes} == {"log", "kernel", "mind"}
        assert logs.keys() == {"log", "kernel", "mind", "sidecar"}
        assert [line.split()[0] for name in ("log", "kernel", "mind") for line in logs[name]] == ["serving"] * 3


async def test_a_watcher_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    """
    Its stream ends with the node.
    """
    async with node(tmp_path) as running, asking(tmp_path) as stub:
        await running.until("ready in ")
        watch = stub.WatchNode(rpc.WatchNodeRequest(), timeout=SECONDS)
        await watch.read()
        began = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        code, _ = await running.ends()

        assert code == 0
        assert time.monotonic() - began < 5
        with pytest.raises(grpc.aio.AioRpcError):
            await rest_of(watch)


@pytest.mark.mesh
async def test_a_node_behind_envoy_answers_as_soon_as_it_is_ready(tmp_path: Path) -> None:
    """
    The first request after the line is answered, Envoy is one of the processes, and it ends with the others.
    """
    async with node(tmp_path, ports=free_ports(3)) as running:
        line = await running.until("ready in ")
        address = (await running.until("  endpoint")).split()[1]
        answer = await asyncio.to_thread(get, f"{address}/v1/node")
        pids = {process["process"]: process["pid"] for process in answer["node"]["processes"]}
        refused = rpc.RestartProcessRequest(process="envoy", restart_id="a")
        async with asking(tmp_path) as stub:
            found = await reason(stub.RestartProcess(refused, timeout=SECONDS))
        running.process.terminate()
        code, said = await running.ends()

        assert "but" not in line
        assert pids.keys() == {"log", "kernel", "mind", "envoy"}
        assert found == (grpc.StatusCode.FAILED_PRECONDITION, ["NODE_ERROR_REASON_NOT_RESTARTABLE"])
        assert (code, said) == (0, "")
        assert not any(runs(pid) for pid in pids.values())


@pytest.mark.mesh
async def test_a_killed_envoy_is_back_and_none_outlives_a_killed_keeper(tmp_path: Path) -> None:
    """
    It is supervised like the others, and tied to its parent like the others.
    """
    async with node(tmp_path, ports=free_ports(3)) as running:
        await running.until("ready in ")
        first = (await processes(tmp_path))["envoy"].pid
        os.kill(first, signal.SIGKILL)
        await running.until("envoy-0 back after")
        second = (await processes(tmp_path))["envoy"].pid
        running.process.kill()
        await running.process.wait()
        until = time.monotonic() + 2
        while runs(second) and time.monotonic() < until:
            await asyncio.sleep(0.02)

        assert second != first
        assert not runs(second)


async def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """
    The message names the port and the setting that moves it.
    """
    port, *others = free_ports(3)
    with closing(socket.create_server(("127.0.0.1", port))):
        async with node(tmp_path, ports=[port, *others]) as running:
            code, said = await running.ends()

    assert code == ExitCode.PORT_TAKEN
    assert f"127.0.0.1:{port}" in said
    assert "ARKALIA_PORT" in said
    assert not list((tmp_path / "log").iterdir())


async def news(watch: "Watch") -> rpc.WatchNodeResponse:
    answer = await watch.read()
    assert isinstance(answer, rpc.WatchNodeResponse)
    return answer


async def rest_of(watch: "Watch") -> None:
    while await watch.read() is not grpc.aio.EOF:
        pass


def get(url: str) -> dict[str, dict[str, list[dict[str, int]]]]:
    with closing(urllib.request.urlopen(url, timeout=5)) as answer:  # noqa: S310  our own address
        return dict(json.load(answer))
