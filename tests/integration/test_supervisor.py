"""The supervisor, with real processes."""

import asyncio
import os
import signal
import sys
import time
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
from luna.sidecar.observation import Kind, Observation
from luna.sidecar.places import prepare, run_directory, socket_link
from luna.sidecar.probing import Pace
from luna.sidecar.restarts import RestartPolicy
from luna.sidecar.start_errors import ChildNotServingError, ChildRefusedError
from luna.sidecar.state import ReplicaStatus, State
from luna.sidecar.supervisor import Supervisor
from luna.sidecar.tools import Tools
from luna.sidecar.watch import Vitals
from luna.topology import Process, Topology
from luna.transport.heartbeat import Heartbeat
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

NOTHING = Vitals(rss_bytes=0, cpu_ratio=0.0)


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
    seen: list[Observation]

    def observed(self, *kinds: Kind) -> list[Observation]:
        return [observation for observation in self.seen if observation.kind in kinds]

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
    home: Path,
    wanted: Topology,
    behaviours: dict[str, list[str]] | None = None,
    *,
    pace: Pace = PACE,
    memory_bytes_max: int = 2**40,
) -> AsyncIterator[Rig]:
    settings = Settings(home=home)
    prepare(settings)
    published, facts, seen = Published(), list[Fact](), list[Observation]()

    def command(status: ReplicaStatus) -> Sequence[str]:
        return [sys.executable, SCRIPT, str(status.socket), *(behaviours or {}).get(status.process, [])]

    async with kept() as link, asyncio.TaskGroup() as group:
        supervisor = Supervisor(
            list(replica_specs(settings, wanted, command)),
            node="test",
            endpoints=published,
            tools=Tools(
                clock=SystemClock(),
                pace=pace,
                record=facts.append,
                spawner=link,
                memory_bytes_max=memory_bytes_max,
            ),
            group=group,
        )
        supervisor.observations.subscribe(seen.append)
        await supervisor.start()
        try:
            yield Rig(
                supervisor=supervisor,
                run=run_directory(settings),
                log=home / "log",
                published=published,
                facts=facts,
                seen=seen,
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


async def test_a_process_that_is_stopped_while_it_starts_is_not_waited_for(tmp_path: Path) -> None:
    """
    It will never come up, and is found out as soon as one that served.
    """
    async with supervised(tmp_path, topology("kernel")) as rig:
        await rig.until(lambda: rig.status("kernel").pid is not None)
        stopped = rig.pid("kernel")
        os.kill(stopped, signal.SIGSTOP)
        assert rig.status("kernel").state is State.STARTING
        await rig.until(lambda: rig.status("kernel").restarts == 1 and rig.status("kernel").state is State.SERVING)
        exit = rig.status("kernel").last_exit

        assert gone(stopped)
        assert exit is not None
        assert "frozen" in exit.reason


async def test_what_happens_to_a_process_is_observed_in_order(tmp_path: Path) -> None:
    """
    That it froze, when it answered last and what speaks for it; that it exited therefore; that it serves again.
    """
    async with supervised(tmp_path, topology("kernel")) as rig:
        await ready(rig)
        frozen, before = rig.pid("kernel"), time.time_ns()
        os.kill(frozen, signal.SIGSTOP)
        await rig.until(lambda: bool(rig.observed(Kind.SERVING_AGAIN)))
        first, second, third = rig.seen

        assert [seen.kind for seen in rig.seen] == [Kind.FROZEN, Kind.EXITED, Kind.SERVING_AGAIN]
        assert [seen.status.pid == frozen for seen in rig.seen] == [True, True, False]
        assert first.evidence["state"] == "T"
        assert float(first.evidence["silent_seconds"]) >= PACE.frozen_seconds
        # It is as old as the silence, not as the moment at which that was noticed.
        assert first.noticed_ns - first.time_ns >= PACE.frozen_seconds * 1e9
        assert before < first.noticed_ns <= second.time_ns < third.time_ns
        assert "frozen" in second.evidence["exit"]
        assert float(third.evidence["outage_seconds"]) > 0


async def test_a_loop_that_stands_still_is_told_from_one_that_has_too_much_to_do(tmp_path: Path) -> None:
    """
    Neither answers; the one whose event loop turns is left alone.
    """
    async with supervised(tmp_path, topology("kernel", "mind"), {"kernel": ["beating"], "mind": ["beating"]}) as rig:
        await ready(rig)
        stuck, busy = rig.pid("kernel"), rig.pid("mind")
        # Both stand still, and somebody else shows a heartbeat for one of them.
        beating = asyncio.ensure_future(Heartbeat(rig.run / "mind-0.1.beat").run())
        os.kill(stuck, signal.SIGUSR1)
        os.kill(busy, signal.SIGUSR1)
        await rig.until(lambda: bool(rig.observed(Kind.FROZEN)))
        await rig.until(lambda: rig.status("kernel").state is State.SERVING and rig.pid("kernel") != stuck)
        await asyncio.sleep(1)
        left_alone = rig.pid("mind")
        beating.cancel()
        await rig.until(lambda: rig.status("mind").state is State.SERVING and rig.pid("mind") != busy)

        assert left_alone == busy
        assert [seen.status.process for seen in rig.observed(Kind.FROZEN)] == ["kernel", "mind"]
        assert float(rig.observed(Kind.FROZEN)[0].evidence["beat_age_seconds"]) > 0.8


async def test_a_process_that_holds_too_much_is_reported_once(tmp_path: Path) -> None:
    """
    And left alone: what to do about it is not decided here.
    """
    async with supervised(tmp_path, topology("kernel"), memory_bytes_max=96 * 2**20) as rig:
        await ready(rig)
        pid = rig.pid("kernel")
        for _ in range(2):
            os.kill(pid, signal.SIGUSR2)
            await rig.until(lambda: bool(rig.observed(Kind.OVER_MEMORY)))
            await asyncio.sleep(0.5)
        (seen,) = rig.observed(Kind.OVER_MEMORY)
        await rig.until(lambda: (rig.supervisor.vitals("kernel", 0) or NOTHING).rss_bytes > 128 * 2**20)

        assert int(seen.evidence["rss_bytes"]) > int(seen.evidence["limit_bytes"]) == 96 * 2**20
        assert rig.pid("kernel") == pid


async def test_an_observer_that_fails_disturbs_nobody(tmp_path: Path) -> None:
    """
    The others are told, and the process is started again.
    """

    def fail(observation: Observation) -> None:
        raise RuntimeError(observation.kind)

    async with supervised(tmp_path, topology("kernel")) as rig:
        await ready(rig)
        unsubscribe = rig.supervisor.observations.subscribe(fail)
        os.kill(rig.pid("kernel"), signal.SIGKILL)
        await rig.until(lambda: bool(rig.observed(Kind.SERVING_AGAIN)))
        unsubscribe()


async def test_a_process_is_killed_and_restarted_for_a_reason(tmp_path: Path) -> None:
    """
    At once, which counts as no crash loop; its exit tells the reason, and the new process serves when that is done.
    """
    async with supervised(tmp_path, topology("kernel")) as rig:
        await ready(rig)
        before = rig.pid("kernel")
        for number in range(3):
            await rig.supervisor.kill_and_restart("kernel", 0, f"experiment {number}")
        after = await rig.supervisor.kill_and_restart("kernel", 0, "experiment 3")

        assert after.state is State.SERVING
        assert after.pid != before
        assert not rig.observed(Kind.CRASH_LOOPING)
        assert "experiment 3" in str(after.last_exit)
        with pytest.raises(ProcessUnknownError):
            await rig.supervisor.kill_and_restart("kernel", 1, "")


async def test_a_process_that_waits_for_its_next_start_is_started_at_once_when_asked(tmp_path: Path) -> None:
    """
    As somebody does who has mended what kept it from running.
    """
    pace = replace(PACE, restart=RestartPolicy(first_seconds=60, cap_seconds=60, crash_loop_exits=1))
    async with supervised(tmp_path, topology("kernel"), {"kernel": ["late"]}, pace=pace) as rig:
        await ready(rig)
        (rig.run / "late").touch()
        os.kill(rig.pid("kernel"), signal.SIGKILL)
        await rig.until(lambda: rig.status("kernel").state is State.RECOVERING)
        (rig.run / "late").unlink()
        after = await rig.supervisor.kill_and_restart("kernel", 0, "mended")

        assert after.state is State.SERVING
        assert [seen.kind for seen in rig.seen] == [Kind.EXITED, Kind.CRASH_LOOPING, Kind.SERVING_AGAIN]


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
