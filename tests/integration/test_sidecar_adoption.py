"""The sidecar of a node falls, and everything else goes on."""

import asyncio
import os
import pty
import signal
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
import pytest
from arkalia.node.v1 import health_pb2 as pb
from arkalia.node.v1 import node_pb2
from arkalia.node.v1 import node_service_pb2 as rpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from arkalia_client import connect
from luna.settings import Settings
from luna.sidecar.places import run_directory, sidecar_socket, socket_link
from tests.integration.small_node import SCRIPT, SECONDS, asking, node, processes, runs, sidecar_pid
from tests.node import free_ports

if TYPE_CHECKING:
    from arkalia.node.v1.node_service_pb2_grpc import NodeServiceAsyncStub


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.02)


async def serves(home: Path, process: str) -> bool:
    path = socket_link(run_directory(Settings(home=home)), process, 0)
    async with grpc.aio.insecure_channel(f"unix:{path}", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def test_a_killed_sidecar_is_back_and_takes_over_what_runs(tmp_path: Path) -> None:
    """
    Every process is the very one that it was, serves, and counts no restart.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before, first = await processes(tmp_path), await sidecar_pid(tmp_path)
        os.kill(first, signal.SIGKILL)
        line = await running.until("the sidecar is back after")
        after, second = await processes(tmp_path), await sidecar_pid(tmp_path)
        states = {status.state for status in (await settled(tmp_path)).values()}
        running.process.terminate()
        code, said = await running.ends()

        assert "took over log-0, kernel-0, mind-0" in line
        assert second != first
        assert {name: status.pid for name, status in after.items()} == {
            name: status.pid for name, status in before.items()
        }
        assert [(status.generation, status.restarts) for status in after.values()] == [(1, 0)] * 3
        assert [status.start_time for status in after.values()] == [status.start_time for status in before.values()]
        assert states == {pb.HEALTH_STATE_SERVING}
        assert (code, said) == (0, "arkalia: the sidecar ended with signal 9; it is started again in 0.0 s\n")
        assert not any(runs(status.pid) for status in after.values())


async def test_whoever_watches_is_told_what_happened_without_a_sidecar(tmp_path: Path) -> None:
    """
    The stream of the client goes on with the next sidecar.
    """
    async with (
        node(tmp_path) as running,
        connect(f"unix:{sidecar_socket(Settings(home=tmp_path))}") as client,
        aclosing(client.node.watch()) as changes,
    ):
        await running.until("ready in ")
        before = await anext(changes)
        (tmp_path / "hold").touch()
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        (kernel,) = [status.pid for status in before if status.process == "kernel"]
        os.kill(kernel, signal.SIGKILL)
        (tmp_path / "hold").unlink()
        async with asyncio.timeout(SECONDS):
            async for statuses in changes:
                if any(status.process == "kernel" and status.pid not in {0, kernel} for status in statuses):
                    break

        assert (await processes(tmp_path))["kernel"].restarts == 1


async def settled(home: Path) -> dict[str, node_pb2.ProcessStatus]:
    async with asyncio.timeout(SECONDS):
        while any(status.state != pb.HEALTH_STATE_SERVING for status in (await processes(home)).values()):
            await asyncio.sleep(0.02)
    return await processes(home)


async def test_what_ends_while_there_is_no_sidecar_is_started_again(tmp_path: Path) -> None:
    """
    By the keeper; the sidecar that comes then counts it, and knows how it ended.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await processes(tmp_path)
        (tmp_path / "hold").touch()
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        os.kill(before["kernel"].pid, signal.SIGKILL)
        await until(lambda: not runs(before["kernel"].pid))
        async with asyncio.timeout(SECONDS):
            while not await serves(tmp_path, "kernel"):
                await asyncio.sleep(0.05)
        (tmp_path / "hold").unlink()
        await running.until("the sidecar is back after")
        after = await settled(tmp_path)

        assert after["log"].pid == before["log"].pid
        assert after["kernel"].pid != before["kernel"].pid
        assert (after["kernel"].restarts, after["kernel"].generation) == (1, 1)
        assert after["kernel"].last_exit.signal == "SIGKILL"


async def test_a_process_that_fell_with_the_sidecar_is_started_again(tmp_path: Path) -> None:
    """
    Also when both are killed at the same moment, and the log too.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await processes(tmp_path)
        for pid in (await sidecar_pid(tmp_path), *(status.pid for status in before.values())):
            os.kill(pid, signal.SIGKILL)
        await running.until("the sidecar is back after")
        after = await settled(tmp_path)

        assert {status.restarts for status in after.values()} == {1}
        assert not any(runs(status.pid) for status in before.values())


async def test_restarts_are_counted_over_the_lives_of_sidecars(tmp_path: Path) -> None:
    """
    What one knew, the next knows.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        for _ in range(2):
            os.kill((await processes(tmp_path))["kernel"].pid, signal.SIGKILL)
            await running.until("kernel-0 back after")
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        await running.until("the sidecar is back after")

        assert (await processes(tmp_path))["kernel"].restarts == 2


async def test_a_generation_that_was_replaced_stays_the_one_in_service(tmp_path: Path) -> None:
    """
    The next sidecar finds the second generation, and the next restart makes a third.
    """
    async with node(tmp_path) as running, asking(tmp_path) as stub:
        await running.until("ready in ")
        await restart(stub, "kernel", "a")
        before = (await processes(tmp_path))["kernel"]
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        await running.until("the sidecar is back after")
        after = (await settled(tmp_path))["kernel"]
        async with asking(tmp_path) as again:
            third = await restart(again, "kernel", "b")

        assert (after.pid, after.generation, after.socket) == (before.pid, 2, before.socket)
        assert third == 3
        assert await serves(tmp_path, "kernel")


async def restart(stub: "NodeServiceAsyncStub", process: str, restart_id: str) -> int:
    request = rpc.RestartProcessRequest(process=process, restart_id=restart_id)
    answer = await stub.RestartProcess(request, timeout=SECONDS)
    return answer.processes[0].generation


async def test_a_replacement_that_was_under_way_is_undone(tmp_path: Path) -> None:
    """
    The replacement never serves, the sidecar is killed meanwhile: the old process stays, and nothing else.
    """
    async with node(tmp_path, "kernel=slow") as running, asking(tmp_path) as stub:
        await running.until("ready in ")
        before = await processes(tmp_path)
        run = run_directory(Settings(home=tmp_path))
        (run / "slow").touch()
        restarting = asyncio.ensure_future(restart(stub, "kernel", "a"))
        second = run / "kernel-0.2.sock"
        await until(second.exists)
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        with pytest.raises(grpc.aio.AioRpcError):
            await restarting
        await running.until("the sidecar is back after")
        after = await settled(tmp_path)
        await until(lambda: not second.exists())

        assert after["kernel"].pid == before["kernel"].pid
        assert after["kernel"].generation == 1


async def test_a_sidecar_that_keeps_falling_is_tried_on_and_harms_nobody(tmp_path: Path) -> None:
    """
    Later and later, without end; and once it can run, it takes over.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await processes(tmp_path)
        (tmp_path / "crash").touch()
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        assert running.process.stderr is not None
        falls = [(await running.process.stderr.readline()).decode() for _ in range(4)]
        serving = [await serves(tmp_path, name) for name in before]
        (tmp_path / "crash").unlink()
        await running.until("the sidecar is back after")
        after = await settled(tmp_path)

        assert ["signal 9" in fall for fall in falls] == [True, False, False, False]
        assert all("exit code 3" in fall for fall in falls[1:])
        assert serving == [True] * 3
        assert {status.pid for status in after.values()} == {status.pid for status in before.values()}


async def test_a_sidecar_that_cannot_start_at_all_ends_the_node_with_its_exit_code(tmp_path: Path) -> None:
    """
    Nothing runs yet that would be worth waiting for.
    """
    (tmp_path / "crash").touch()
    async with node(tmp_path) as running:
        assert await running.ends() == (3, "")


async def test_a_stop_waits_for_a_sidecar_that_is_coming_up(tmp_path: Path) -> None:
    """
    It does it in order.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await processes(tmp_path)
        (tmp_path / "hold").touch()
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        await asyncio.sleep(0.5)
        running.process.terminate()
        await asyncio.sleep(0.2)
        waited = [runs(status.pid) for status in before.values()]
        (tmp_path / "hold").unlink()
        code, _ = await running.ends()

        assert waited == [True] * 3
        assert code == 0
        assert any(line.startswith("stopping (SIGTERM)") for line in running.printed)
        assert not any(runs(status.pid) for status in before.values())


async def test_whoever_is_in_a_hurry_does_not_wait_for_a_sidecar(tmp_path: Path) -> None:
    """
    A second signal ends everything.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await processes(tmp_path)
        (tmp_path / "hold").touch()
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        await asyncio.sleep(0.5)
        for _ in range(2):
            running.process.send_signal(signal.SIGINT)
            await asyncio.sleep(0.2)
        code, _ = await running.ends()

        assert code == 130
        assert not any(runs(status.pid) for status in before.values())


async def test_a_stop_without_any_sidecar_ends_everything_in_good_time(tmp_path: Path) -> None:
    """
    The processes are asked, not killed: they remove their sockets.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await processes(tmp_path)
        (tmp_path / "crash").touch()
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        # By now it is tried again after seconds only.
        await asyncio.sleep(6)
        running.process.terminate()
        code, _ = await running.ends()

        assert code == 0
        assert not any(runs(status.pid) for status in before.values())
        assert not list(run_directory(Settings(home=tmp_path)).glob("kernel-0.1.sock"))


async def test_a_frozen_sidecar_is_replaced(tmp_path: Path) -> None:
    """
    It runs, and says nothing to the keeper any more.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await processes(tmp_path)
        os.kill(await sidecar_pid(tmp_path), signal.SIGSTOP)
        await running.until("the sidecar is back after")

        assert {status.pid for status in (await processes(tmp_path)).values()} == {
            status.pid for status in before.values()
        }


async def test_a_stopped_keeper_blames_nobody_when_it_goes_on(tmp_path: Path) -> None:
    """
    As after Ctrl-Z and fg: it has not heard from the sidecar, for it was not listening.
    """
    async with node(tmp_path) as running:
        await running.until("ready in ")
        before = await sidecar_pid(tmp_path)
        running.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(12)
        running.process.send_signal(signal.SIGCONT)
        await asyncio.sleep(1)

        assert await sidecar_pid(tmp_path) == before


async def test_ctrl_c_in_a_terminal_stops_the_node_once_and_in_order(tmp_path: Path) -> None:
    """
    The terminal signals the whole group; only the keeper is in it.
    """
    ours, theirs = pty.openpty()
    script = (
        "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, sys.executable, SCRIPT, str(tmp_path), ""),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "GRPC_VERBOSITY": "ERROR", "TERM": "dumb"},
    )
    os.close(theirs)
    said = await asyncio.to_thread(read_until, ours, "ready in ")
    pids = [status.pid for status in (await processes(tmp_path)).values()]
    os.write(ours, b"\x03")
    said += await asyncio.to_thread(read_until, ours, "")
    async with asyncio.timeout(SECONDS):
        code = await process.wait()
    os.close(ours)

    assert code == 0
    assert said.count("stopping (SIGINT)") == 1
    assert "Traceback" not in said
    assert not any(runs(pid) for pid in pids)


def read_until(terminal: int, mark: str) -> str:
    """Read until *mark*, or until nobody has the terminal open any more."""
    said, until = "", time.monotonic() + SECONDS
    while not (mark and mark in said) and time.monotonic() < until:
        try:
            said += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
    return said


@pytest.mark.mesh
async def test_envoy_outlives_the_sidecar(tmp_path: Path) -> None:
    """
    It is the same process, on the same configuration, and its port was not asked about again.
    """
    port, *others = free_ports(3)
    async with node(tmp_path, ports=[port, *others]) as running:
        await running.until("ready in ")
        before = (await processes(tmp_path))["envoy"]
        os.kill(await sidecar_pid(tmp_path), signal.SIGKILL)
        line = await running.until("the sidecar is back after")
        after = (await settled(tmp_path))["envoy"]

        assert "took over log-0, kernel-0, mind-0, envoy-0" in line
        assert (after.pid, after.restarts) == (before.pid, 0)
