"""A spare process takes the place of one that falls."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.kernel.clock import SystemClock
from luna.settings import Settings
from luna.sidecar import commands
from luna.sidecar.link import KeeperLink
from luna.sidecar.places import log_directory, prepare, run_directory, socket_path
from luna.sidecar.spawner import Found, Order
from luna.sidecar.standby import Standby, remind
from luna.sidecar.state import ReplicaStatus
from tests.keeper import kept
from tests.node import Node, alive, running_node

SECONDS = 60


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.05)


class Bench:
    """A spare process, and everything it needs, without a node around it."""

    def __init__(self, home: Path, link: KeeperLink) -> None:
        self.settings = Settings(home=home)
        self.link = link
        prepare(self.settings)
        self.run = run_directory(self.settings)
        self.status = ReplicaStatus(
            process="log",
            replica=0,
            modules=("events",),
            generation=1,
            socket=socket_path(self.run, "log", 0, 1),
        )
        self.order = Order(key="log-0.1", command=["true"], log=log_directory(self.settings) / "log.log")

    def standby(self, found: tuple[Found, ...] = ()) -> Standby:
        return commands.standby(self.settings, spawner=self.link, clock=SystemClock(), calm=lambda: True, found=found)

    async def serving(self) -> bool:
        async with grpc.aio.insecure_channel(f"unix:{self.status.socket}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            async with asyncio.timeout(SECONDS):
                while True:
                    try:
                        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
                    except grpc.aio.AioRpcError:
                        await asyncio.sleep(0.05)
                    else:
                        if answer.status == health_pb2.HealthCheckResponse.SERVING:
                            return True


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    with TemporaryDirectory(prefix="luna") as home:
        async with kept() as link:
            yield Bench(Path(home), link)


async def test_a_spare_becomes_what_it_is_told_to_be(bench: Bench) -> None:
    """
    It serves on that socket and writes to that log; another spare is made.
    """
    standby = bench.standby()
    keeping = asyncio.create_task(standby.run())
    await until(lambda: standby.ready)
    child = await standby.take(bench.order, bench.status)
    served = await bench.serving()
    await until(lambda: standby.ready)
    found = {each.key: each for each in (await bench.link.hello()).found}
    keeping.cancel()

    assert child is not None
    assert served
    assert found.keys() == {"log-0.1", "standby-0.2"}
    assert found["log-0.1"].child is not None
    assert found["log-0.1"].child.pid == child.pid
    assert '"event"' in bench.order.log.read_text()


async def test_a_spare_that_was_named_and_not_told_is_reminded(bench: Bench) -> None:
    """
    The sidecar fell in between; the next one finds the role in the keeper's notes.
    """
    standby = bench.standby()
    keeping = asyncio.create_task(standby.run())
    await until(lambda: standby.ready)
    (spare,) = (await bench.link.hello()).found
    keeping.cancel()
    note = {"door": str(bench.run / "standby-0.1.sock"), "role": commands.serve_arguments(bench.status)}
    assert spare.child is not None
    order = Order(key="log-0.1", command=["true"], log=bench.order.log, note=note)
    await bench.link.assign(spare.key, spare.child, order)
    await remind((await bench.link.hello()).found)
    served = await bench.serving()
    # Whoever has a role is not disturbed.
    await remind((await bench.link.hello()).found)

    assert served
    assert alive(spare.child.pid)


async def test_a_spare_does_not_listen_to_just_anything(bench: Bench) -> None:
    """
    It waits for a role that makes sense.
    """
    standby = bench.standby()
    keeping = asyncio.create_task(standby.run())
    await until(lambda: standby.ready)
    for rubbish in (b"", b"{", b"[]", b'{"arguments": ["log"]}', b'{"log": "x"}'):
        with closing(socket.socket(socket.AF_UNIX)) as guest:
            guest.connect(str(bench.run / "standby-0.1.sock"))
            guest.sendall(rubbish)
            guest.shutdown(socket.SHUT_WR)
            assert await asyncio.to_thread(guest.recv, 10) == b""
    child = await standby.take(bench.order, bench.status)
    keeping.cancel()

    assert child is not None
    assert await bench.serving()


async def test_a_spare_that_does_not_react_is_done_without(bench: Bench) -> None:
    """
    It is ended, so that whoever is started instead can have its name.
    """
    standby = bench.standby()
    keeping = asyncio.create_task(standby.run())
    await until(lambda: standby.ready)
    (spare,) = (await bench.link.hello()).found
    assert spare.child is not None
    os.kill(spare.child.pid, signal.SIGSTOP)
    taken = await standby.take(bench.order, bench.status)
    instead = await bench.link.start(Order(key="log-0.1", command=["sleep", "60"], log=bench.order.log))
    keeping.cancel()

    assert taken is None
    assert not alive(spare.child.pid)
    assert alive(instead.pid)


async def test_a_spare_that_falls_is_replaced(bench: Bench) -> None:
    """
    There is none meanwhile.
    """
    standby = bench.standby()
    keeping = asyncio.create_task(standby.run())
    await until(lambda: standby.ready)
    (spare,) = (await bench.link.hello()).found
    assert spare.child is not None
    os.kill(spare.child.pid, signal.SIGKILL)
    await until(lambda: not standby.ready)
    taken = await standby.take(bench.order, bench.status)
    await until(lambda: standby.ready)
    keeping.cancel()

    assert taken is None


async def test_the_next_sidecar_has_the_same_spare(bench: Bench) -> None:
    """
    It is not made again.
    """
    first = bench.standby()
    keeping = asyncio.create_task(first.run())
    await until(lambda: first.ready)
    keeping.cancel()
    inheritance = await bench.link.hello()
    second = bench.standby(tuple(inheritance.found))
    child = await second.take(bench.order, bench.status)

    assert child is not None
    assert child.pid == inheritance.found[0].child.pid if inheritance.found[0].child else None
    assert await bench.serving()


def spares(node: Node) -> list[int]:
    found = []
    for process in psutil.Process(node.process.pid).children():
        try:
            if "--standby" in process.cmdline():
                found.append(process.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def doors(node: Node) -> list[Path]:
    return list((node.home / "run").glob("standby-*.sock"))


@pytest.mark.mesh
async def test_in_a_node_the_spare_takes_the_place_of_whoever_falls() -> None:
    """
    The kernel, then the log; the command line of each tells where it came from, and nothing is left at the end.
    """
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            for name in ("kernel-0", "log-0"):
                await until(lambda: doors(node))
                (spare,) = set(spares(node)) - set((await node.pids()).values())
                before = (await node.pids())[name]
                os.kill(before, signal.SIGKILL)
                async with asyncio.timeout(SECONDS):
                    while (await node.pids()).get(name) in {before, 0}:
                        await asyncio.sleep(0.05)
                assert (await node.pids())[name] == spare
            await until(lambda: doors(node))
            left = {*(await node.pids()).values(), *spares(node), await node.sidecar_pid()}

    assert len(left) == 6
    assert not any(alive(pid) for pid in left)


@pytest.mark.mesh
@pytest.mark.parametrize(("arguments", "settings"), [(("--all-in-one",), {}), ((), {"standby": "false"})])
async def test_without_a_spare_there_is_none(arguments: tuple[str, ...], settings: dict[str, str]) -> None:
    """
    On a small machine, or where an operator does not want it.
    """
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), *arguments, **settings) as node:
            await asyncio.sleep(4)

            assert spares(node) == []
