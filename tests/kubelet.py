"""A kubelet for tests: starts the containers of one pod as processes, and starts again what ends.

As the real one, it starts native sidecars one after the other, each once the probe of the one before says yes; waits
before a second start and longer before a third; knows nothing of what runs inside; and ends what it started in order.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
from arkalia.node.v1.node_pb2 import Node as NodeMessage
from arkalia.node.v1.node_service_pb2 import GetNodeRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub

from luna.settings import Settings
from luna.sidecar.places import run_directory, sidecar_socket, socket_path
from tests.node import free_ports

BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0)
STOP_SECONDS = 20.0
START_SECONDS = 60.0


@dataclass(kw_only=True)
class Container:
    """One of a pod: a command that is started again whenever it ends."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    starts: int = 0
    process: asyncio.subprocess.Process | None = None
    stopping: bool = False
    codes: list[int] = field(default_factory=list)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def run(self) -> None:
        """Keep it running, as `restartPolicy: Always` does."""
        while not self.stopping:
            await asyncio.sleep(BACKOFF_SECONDS[min(self.starts, len(BACKOFF_SECONDS)) - 1] if self.starts else 0.0)
            if self.stopping:
                return
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command, env=self.environ, stdout=log, stderr=log, start_new_session=True
                )
            self.starts += 1
            self.codes.append(await self.process.wait())

    async def stop(self) -> None:
        """End it as a pod ends: asked, and made to when it takes too long."""
        self.stopping = True
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            await self.process.wait()


@dataclass(kw_only=True)
class Pod:
    """The containers of a node, by name."""

    settings: Settings
    environ: Mapping[str, str]
    containers: dict[str, Container]

    @property
    def run(self) -> Path:
        return run_directory(self.settings)

    @property
    def stopping(self) -> Path:
        return self.run / "stopping"

    async def node(self) -> NodeMessage:
        """Return what the sidecar says of the node, asked at its own socket."""
        target = f"unix:{sidecar_socket(self.settings)}"
        async with grpc.aio.insecure_channel(target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            return (await NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=5)).node

    async def probe(self, name: str) -> int:
        """Return what the probe of a container says: 0 is yes."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "luna", "probe", name), env=self.environ, stderr=asyncio.subprocess.DEVNULL
        )
        return await process.wait()

    async def until_started(self, name: str) -> None:
        async with asyncio.timeout(START_SECONDS):
            while await self.probe(name):
                await asyncio.sleep(0.1)


@asynccontextmanager
async def pod(home: Path, **settings: str) -> AsyncIterator[Pod]:
    """Run the pod of a node, in the order of its manifest, and end it in the reverse order."""
    port, admin_port, metrics_port = free_ports(3)
    environ = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ARKALIA_")},
        "ARKALIA_HOME": str(home),
        "ARKALIA_PORT": str(port),
        "ARKALIA_ADMIN_PORT": str(admin_port),
        "ARKALIA_METRICS_PORT": str(metrics_port),
        "ARKALIA_DRAIN_SECONDS": "1",
        **{f"ARKALIA_{key.upper()}": value for key, value in settings.items()},
    }
    running = Pod(settings=Settings.from_env(environ), environ=environ, containers={})
    home.mkdir(exist_ok=True)
    commands = {
        "sidecar": ["sidecar"],
        **{name: ["serve", name, "--socket", str(socket_path(running.run, name, 0, 1))] for name in ("log", "kernel")},
        "envoy": ["envoy"],
    }
    async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
        for name, command in commands.items():
            running.containers[name] = container = Container(
                name=name,
                command=[sys.executable, "-m", "luna", *command],
                environ=environ,
                log=home / f"{name}.out",
            )
            group.create_task(container.run())
            stack.push_async_callback(container.stop)
            if name != "envoy":
                await running.until_started(name)
        yield running
