"""A kubelet for tests: runs the pod that is deployed, its containers as processes of this machine.

As the real one, it starts native sidecars one after the other, each once the startup probe of the one before says yes;
starts again what ends, after waits that grow; knows nothing of what runs inside; and, at the end, runs all hooks at
once, then ends the containers, and then the native sidecars in the reverse order.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
from arkalia.node.v1.node_pb2 import Node as NodeMessage
from arkalia.node.v1.node_service_pb2 import GetNodeRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub

from luna.settings import Settings
from luna.sidecar.attached import stopping_marker
from luna.sidecar.places import run_directory, sidecar_socket
from tests import manifest
from tests.node import free_ports

BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0)
"""As the kubelet's, but for what these tests have time for: 0, 10, 20, … 300 s."""
STOP_SECONDS = 20.0
START_SECONDS = 60.0


@dataclass(kw_only=True)
class Container:
    """One of a pod: a command that is started again whenever it ends."""

    name: str
    command: Sequence[str]
    startup: Sequence[str] | None
    pre_stop: Sequence[str] | None
    environ: Mapping[str, str]
    log: Path
    starts: int = 0
    process: asyncio.subprocess.Process | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    codes: list[int] = field(default_factory=list)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def run(self) -> None:
        """Keep it running, as `restartPolicy: Always` does."""
        while not self.stopping.is_set():
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command, env=self.environ, stdout=log, stderr=log, start_new_session=True
                )
            self.starts += 1
            self.codes.append(await self.process.wait())
            wait = BACKOFF_SECONDS[min(self.starts, len(BACKOFF_SECONDS)) - 1]
            try:
                await asyncio.wait_for(self.stopping.wait(), wait)
            except TimeoutError:
                continue

    async def ask(self, command: Sequence[str]) -> int:
        """Run a probe or a hook in it, and return the exit code."""
        process = await asyncio.create_subprocess_exec(
            *command, env=self.environ, stderr=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        return await process.wait()

    async def started(self) -> None:
        """Wait for its startup probe."""
        async with asyncio.timeout(START_SECONDS):
            while self.startup and await self.ask(self.startup):
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Ask it to end, and make it when that takes too long."""
        self.stopping.set()
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@dataclass(kw_only=True)
class Pod:
    """The containers of a node, by name."""

    settings: Settings
    environ: Mapping[str, str]
    containers: dict[str, Container]
    ended: bool = False

    @property
    def stopping(self) -> Path:
        return stopping_marker(run_directory(self.settings))

    async def node(self) -> NodeMessage:
        """Return what the sidecar says of the node, asked at its own socket."""
        target = f"unix:{sidecar_socket(self.settings)}"
        async with grpc.aio.insecure_channel(target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            return (await NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=5)).node

    async def end(self) -> list[int]:
        """End the pod, and return what the hooks said."""
        if self.ended:
            return []
        self.ended = True
        all = self.containers.values()
        codes = await asyncio.gather(*(each.ask(each.pre_stop) for each in all if each.pre_stop and each.starts))
        # There is one container that is no native sidecar, and it is the last to be started.
        for each in reversed(all):
            await each.stop()
        return codes


@asynccontextmanager
async def pod(home: Path, **settings: str) -> AsyncIterator[Pod]:
    """Run the pod, with its data in *home* and on ports that are free here."""
    running = _pod(home, settings)
    async with asyncio.TaskGroup() as group:
        try:
            for container in running.containers.values():
                group.create_task(container.run())
                await container.started()
            yield running
        finally:
            await running.end()


def _pod(home: Path, settings: Mapping[str, str]) -> Pod:
    home.mkdir(exist_ok=True)
    port, admin_port, metrics_port = free_ports(3)
    given = {
        **settings,
        "home": str(home),
        "host": "127.0.0.1",
        "drain_seconds": "1",
        "port": str(port),
        "admin_port": str(admin_port),
        "metrics_port": str(metrics_port),
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("ARKALIA_")}
    there = manifest.settings()["ARKALIA_HOME"]

    def here(command: Sequence[str] | None) -> list[str] | None:
        """Return *command* as it is to be run on this machine."""
        if command is None:
            return None
        program = [sys.executable, "-m", "luna"] if command[0] == "arkalia" else [command[0]]
        return [*program, *(argument.replace(there, str(home)) for argument in command[1:])]

    found = {}
    for each in manifest.containers():
        environ = {**inherited, **each.environ, **{f"ARKALIA_{key.upper()}": value for key, value in given.items()}}
        found[each.name] = Container(
            name=each.name,
            command=here(each.command) or [],
            startup=here(each.startup),
            pre_stop=here(each.pre_stop),
            environ=environ,
            log=home / f"{each.name}.out",
        )
    shared = next(iter(found.values())).environ
    return Pod(settings=Settings.from_env(shared), environ=shared, containers=found)
