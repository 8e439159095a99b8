"""The supervisor, with real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import grpc.aio
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.kernel.clock import SystemClock
from luna.settings import Settings
from luna.sidecar.commands import replica_specs
from luna.sidecar.errors import NodeStoppingError, ProcessUnknownError, ReplacementError
from luna.sidecar.facts import Fact, ProcessExited, ProcessRestarted, ProcessStarted
from luna.sidecar.places import prepare, run_directory, socket_link
from luna.sidecar.probing import Pace
from luna.sidecar.restarts import RestartPolicy
from luna.sidecar.runner import Tools
from luna.sidecar.start_errors import ChildNotServingError, ChildRefusedError
from luna.sidecar.state import ReplicaStatus, State
from luna.sidecar.supervisor import Supervisor
from luna.topology import Process, Topology
from tests.keeper import kept

SCRIPT = str(Path(__file__).with_name("health_server.py"))
PACE = Pace(
    restart=RestartPolicy(first_seconds=0.05, cap_seconds=0.2, healthy_seconds=30, crash_loop_exits=3),
    probe_seconds=0.1,
    ask_seconds=0.3,
    frozen_seconds=1.0,
    start_seconds=20.0,
    settle_seconds=0.2,
    linger_seconds=0.0,
    stop_seconds=2.0,
)


@dataclass
class Published:
    """Endpoints that remember what they were told."""

    calls: list[tuple[str, list[Path]]] = field(default_factory=list)

    def publish(self, process: str, sockets: Sequence[Path]) -> None:
        self.calls.append((process, list(sockets)))

    async def settled(self, process: str, sockets: Sequence[Path], *, seconds: float) -> None:
        # Clients of these tests look up the sockets for each call, and may hold the old one for this long.
        await asyncio.sleep(seconds)


@dataclass(kw_only=True)
class Rig:
    """A supervisor and what it told."""

    supervisor: Supervisor
    run: Path
    log: Path
    published: Published
    facts: list[Fact]

    def status(self, process: str, replica: int = 0) -> ReplicaStatus:
        return self.supervisor.board.of(process)[replica]

    def pid(self, process: str) -> int:
        pid = self.status(process).pid
        assert pid is not None
        return pid

    async def until(self, holds: Callable[[], bool], *, seconds: float = 15.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.02)


def topology(*processes: str, replicas: int = 1) -> Topology:
    return Topology(
        processes=tuple(
            Process(name=name, modules=(f"{name}-module",), replicas=replicas, single_writer=name == "log")
            for name in processes
        )
    )


@asynccontextmanager
async def supervised(
    home: Path, wanted: Topology, behaviours: dict[str, list[str]] | None = None, *, pace: Pace = PACE
) -> AsyncIterator[Rig]:
    settings = Settings(home=home)
    prepare(settings)
    published, facts = Published(), list[Fact]()

    def command(status: ReplicaStatus) -> Sequence[str]:
        return [sys.executable, SCRIPT, str(status.socket), *(behaviours or {}).get(status.process, [])]

    async with kept() as link, asyncio.TaskGroup() as group:
        supervisor = Supervisor(
            list(replica_specs(settings, wanted, command)),
            node="test",
            endpoints=published,
            tools=Tools(clock=SystemClock(), pace=pace, record=facts.append, spawner=link),
            group=group,
        )
        await supervisor.start()
        try:
            yield Rig(
                supervisor=supervisor,
                run=run_directory(settings),
                log=home / "log",
                published=published,
                facts=facts,
            )
        finally:
            await supervisor.stop()
            await supervisor.stop_last()


async def ready(rig: Rig) -> None:
    assert await rig.supervisor.ready(unless=asyncio.Event())


async def check(socket: Path) -> bool:
    async with grpc.aio.insecure_channel(f"unix:{socket}", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid)


async def test_all_processes_serve_and_peers_find_them_by_a_stable_path(tmp_path: Path) -> None:
    """
    The mesh is told the real sockets; the link leads to the same server.
    """
    async with supervised(tmp_path, topology("log", "kernel", replicas=2)) as rig:
        await ready(rig)
        serving = [await check(socket_link(rig.run, name, replica)) for name in ("log", "kernel") for replica in (0, 1)]

        assert serving == [True] * 4
        assert ("kernel", [rig.run / "kernel-0.1.sock", rig.run / "kernel-1.1.sock"]) in rig.published.calls
        assert {status.state for status in rig.supervisor.board.all()} == {State.SERVING}


async def test_a_killed_process_is_started_again_on_the_same_socket(tmp_path: Path) -> None:
    """
    So the mesh does not have to be told, and how it ended is known.
    """
    async with supervised(tmp_path, topology("kernel")) as rig:
        await ready(rig)
        before, told = rig.status("kernel"), len(rig.published.calls)
        os.kill(rig.pid("kernel"), signal.SIGKILL)
        await rig.until(lambda: any(isinstance(fact, ProcessRestarted) for fact in rig.facts))
        after = rig.status("kernel")

        assert after.pid != before.pid
        assert (after.socket, after.generation, after.restarts) == (before.socket, 1, 1)
        assert after.last_exit is not None
        assert after.last_exit.signal == "SIGKILL"
        assert len(rig.published.calls) == told
        assert await check(socket_link(rig.run, "kernel", 0))
        exited = next(fact for fact in rig.facts if isinstance(fact, ProcessExited))
        assert not exited.expected
        assert exited.status.pid == before.pid


async def test_a_frozen_process_is_killed_and_started_again(tmp_path: Path) -> None:
    """
    It runs, and answers nobody: that is found out by asking.
    """
    async with supervised(tmp_path, topology("kernel")) as rig:
        await ready(rig)
        frozen = rig.pid("kernel")
        os.kill(frozen, signal.SIGSTOP)
        await rig.until(lambda: rig.status("kernel").restarts == 1 and rig.status("kernel").state is State.SERVING)
        exit = rig.status("kernel").last_exit

        assert gone(frozen)
        assert exit is not None
        assert "frozen" in exit.reason


async def test_a_process_that_keeps_ending_fails_the_start(tmp_path: Path) -> None:
    """
    At the third quick exit in a row, long before the time is up, with what the process wrote.
    """
    async with supervised(tmp_path, topology("kernel"), {"kernel": ["crash"]}) as rig:
        with pytest.raises(ChildNotServingError, match=r"(?s)kernel-0 .*cannot think"):
            await ready(rig)

        assert rig.status("kernel").crash_looping
        assert sum(isinstance(fact, ProcessExited) for fact in rig.facts) == 3


async def test_a_process_that_keeps_ending_later_is_flagged_and_tried_on(tmp_path: Path) -> None:
    """
    The node goes on without it, says so, and has it back once it can run.
    """
    async with supervised(tmp_path, topology("kernel"), {"kernel": ["late"]}) as rig:
        await ready(rig)
        (rig.run / "late").touch()
        os.kill(rig.pid("kernel"), signal.SIGKILL)
        await rig.until(lambda: rig.status("kernel").crash_looping)
        looping = rig.status("kernel")
        starts = sum(isinstance(fact, ProcessStarted) for fact in rig.facts)
        await rig.until(lambda: sum(isinstance(fact, ProcessStarted) for fact in rig.facts) > starts + 1)
        (rig.run / "late").unlink()
        await rig.until(lambda: rig.status("kernel").state is State.SERVING)

        assert looping.state is State.RECOVERING
        assert "keeps ending" in looping.reason
        assert not rig.status("kernel").crash_looping


async def test_a_process_that_never_serves_is_late(tmp_path: Path) -> None:
    """
    The start fails when the time is up.
    """
    pace = Pace(start_seconds=1.0, stop_seconds=2.0)
    async with supervised(tmp_path, topology("kernel"), {"kernel": ["mute"]}, pace=pace) as rig:
        with pytest.raises(ChildNotServingError, match="kernel-0 did not come up"):
            await ready(rig)


async def test_a_process_that_cannot_run_stops_the_node_with_its_own_words(tmp_path: Path) -> None:
    """
    A damaged log is not mended by starting again: one start, then the message and the exit code of the process.
    """
    async with supervised(tmp_path, topology("log", "kernel"), {"log": ["corrupt"]}) as rig:
        with pytest.raises(ChildRefusedError, match="corrupt after position 41") as caught:
            await ready(rig)

        assert caught.value.code == 65
        starts = [fact for fact in rig.facts if isinstance(fact, ProcessStarted) and fact.status.process == "log"]
        assert len(starts) == 1


async def test_a_rolling_restart_never_leaves_callers_alone(tmp_path: Path) -> None:
    """
    Callers who come through the published socket all get an answer, and nothing is left of the old process.
    """
    async with supervised(tmp_path, topology("kernel", replicas=2)) as rig:
        await ready(rig)
        old = [status.pid for status in rig.supervisor.board.of("kernel")]
        answers: list[bool] = []
        done = asyncio.Event()

        async def call() -> None:
            while not done.is_set():
                sockets = [sockets for process, sockets in rig.published.calls if process == "kernel"][-1]
                answers.extend([await check(socket) for socket in sockets])

        async with asyncio.TaskGroup() as group:
            group.create_task(call())
            statuses = await rig.supervisor.restart("kernel", "once")
            done.set()

        assert all(answers)
        assert len(answers) > 4
        assert [status.generation for status in statuses] == [2, 2]
        assert {status.pid for status in statuses}.isdisjoint(old)
        assert all(gone(pid) for pid in old if pid)
        assert rig.published.calls[-1] == ("kernel", [rig.run / "kernel-0.2.sock", rig.run / "kernel-1.2.sock"])
        assert await check(socket_link(rig.run, "kernel", 1))
        assert [status.restarts for status in statuses] == [0, 0]
        # The same id again is the same restart.
        again = await rig.supervisor.restart("kernel", "once")
        assert [status.pid for status in again] == [status.pid for status in statuses]


async def test_the_owner_of_the_log_hands_over_to_a_replacement_that_waits_for_it(tmp_path: Path) -> None:
    """
    The replacement cannot serve before the old one has let go, so answering is enough to be its heir.
    """
    pace = replace(PACE, inherit_seconds=0.3)
    async with supervised(tmp_path, topology("log"), {"log": ["heir"]}, pace=pace) as rig:
        await ready(rig)
        before = rig.pid("log")
        (after,) = await rig.supervisor.restart("log", "once")

        assert gone(before)
        assert (after.generation, after.state) == (2, State.SERVING)
        assert await check(socket_link(rig.run, "log", 0))


async def test_a_replacement_that_does_not_come_up_changes_nothing(tmp_path: Path) -> None:
    """
    The caller learns where to look, and the old process goes on.
    """
    async with supervised(tmp_path, topology("kernel"), {"kernel": ["late"]}) as rig:
        await ready(rig)
        before, told = rig.status("kernel"), len(rig.published.calls)
        (rig.run / "late").touch()
        with pytest.raises(ReplacementError) as caught:
            await rig.supervisor.restart("kernel", "once")

        assert caught.value.metadata["log"] == str(rig.log / "kernel.log")
        assert rig.status("kernel") == before
        assert len(rig.published.calls) == told
        assert await check(socket_link(rig.run, "kernel", 0))


async def test_an_unknown_process_cannot_be_restarted(tmp_path: Path) -> None:
    """
    The message names those that there are.
    """
    async with supervised(tmp_path, topology("kernel")) as rig:
        with pytest.raises(ProcessUnknownError, match="there are kernel"):
            await rig.supervisor.restart("kernal", "once")


async def test_the_log_ends_after_all_others_and_whoever_does_not_end_is_killed(tmp_path: Path) -> None:
    """
    A process that ignores SIGTERM holds the stop up for as long as it may, and no longer.
    """
    pace = Pace(probe_seconds=0.1, stop_seconds=0.5)
    async with supervised(tmp_path, topology("log", "kernel", "mind"), {"kernel": ["deaf"]}, pace=pace) as rig:
        await ready(rig)
        await rig.supervisor.stop()
        serving_still = await check(socket_link(rig.run, "log", 0))
        with pytest.raises(NodeStoppingError):
            await rig.supervisor.restart("log", "late")
        await rig.supervisor.stop_last()
        exits = {fact.status.process: fact for fact in rig.facts if isinstance(fact, ProcessExited)}

        assert serving_still
        assert list(exits) == ["mind", "kernel", "log"]
        assert exits["kernel"].exit.signal == "SIGKILL"
        assert (exits["log"].exit.code, exits["mind"].exit.code) == (0, 0)
        assert all(fact.expected for fact in exits.values())
        assert not list(rig.run.glob("*.1.sock"))


async def test_a_hurry_kills_who_is_still_ending(tmp_path: Path) -> None:
    """
    As a second Ctrl-C does.
    """
    pace = Pace(probe_seconds=0.1, stop_seconds=60)
    async with supervised(tmp_path, topology("kernel"), {"kernel": ["deaf"]}, pace=pace) as rig:
        await ready(rig)
        rig.supervisor.hurry()
        async with asyncio.timeout(5):
            await rig.supervisor.stop()

        assert rig.status("kernel").pid is None


async def test_a_follower_sees_each_replica_and_then_what_changes(tmp_path: Path) -> None:
    """
    A follower who resumes gets only what it missed.
    """
    async with supervised(tmp_path, topology("log", "kernel")) as rig:
        await ready(rig)
        async with aclosing(rig.supervisor.board.follow(after=0)) as changes:
            first, version = await anext(changes)
            os.kill(rig.pid("kernel"), signal.SIGKILL)
            await rig.until(lambda: rig.status("kernel").restarts == 1 and rig.status("kernel").state is State.SERVING)
            then, _ = await anext(changes)
        async with aclosing(rig.supervisor.board.follow(after=version)) as changes:
            missed, _ = await anext(changes)

        assert [status.process for status in first] == ["log", "kernel"]
        assert [status.process for status in then] == ["kernel"]
        assert [status.process for status in missed] == ["kernel"]
