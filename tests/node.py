"""A whole node for tests: real processes behind the real Envoy, on free ports, in a folder of its own."""

import asyncio
import json
import os
import random
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
from arkalia.events.v1.event_service_pb2 import GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.node.v1.node_service_pb2 import GetNodeRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub

START_SECONDS_MAX = 180
STOP_SECONDS_MAX = 60
PORTS = range(20_000, 32_000)
"""Below those that the system picks for connections, so that none of these takes one before a node listens on it."""


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, and that the system gives to nobody by itself until they are used."""
    sockets: list[socket.socket] = []
    try:
        for port in random.SystemRandom().sample(PORTS, 100):
            if len(sockets) == count:
                break
            sockets.append(socket.socket())
            try:
                sockets[-1].bind(("127.0.0.1", port))
            except OSError:
                sockets.pop().close()
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def alive(pid: int) -> bool:
    """Tell whether a process runs, and is not merely waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A running node."""

    process: asyncio.subprocess.Process
    home: Path
    port: int
    admin_port: int
    metrics_port: int
    environ: Mapping[str, str]
    ready_seconds: float

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.target}"

    def channel(self) -> grpc.aio.Channel:
        return grpc.aio.insecure_channel(self.target, options=[("grpc.use_local_subchannel_pool", 1)])

    async def pids(self) -> dict[str, int]:
        """Return the pid of every process, by name."""
        async with self.channel() as channel:
            answer = await NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=10)
        return {f"{process.process}-{process.replica}": process.pid for process in answer.node.processes}

    async def sidecar_pid(self) -> int:
        """Return the pid of the sidecar. That of the keeper is `process.pid`."""
        async with self.channel() as channel:
            answer = await NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=10)
        return answer.node.pid

    async def envoy_stat(self, name: str) -> int:
        """Return one of Envoy's counters, summed over clusters where *name* has a ``*``."""
        head, _, tail = name.partition("*")
        text = await asyncio.to_thread(self._admin, "/stats?format=json")
        return sum(
            stat["value"]
            for stat in json.loads(text)["stats"]
            if stat.get("name", "").startswith(head) and stat["name"].endswith(tail) and "value" in stat
        )

    def _admin(self, path: str) -> bytes:
        with closing(urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5)) as answer:
            return bytes(answer.read())


@asynccontextmanager
async def running_node(home: Path, *arguments: str, **settings: str) -> AsyncIterator[Node]:
    """Start a node with ``arkalia up``, and stop it as Ctrl-C would."""
    port, admin_port, metrics_port = free_ports(3)
    environ = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ARKALIA_")},
        "ARKALIA_HOME": str(home),
        "ARKALIA_PORT": str(port),
        "ARKALIA_ADMIN_PORT": str(admin_port),
        "ARKALIA_METRICS_PORT": str(metrics_port),
        # An Ollama of this machine has nothing to say in tests.
        "ARKALIA_OLLAMA_URL": "",
        **{f"ARKALIA_{key.upper()}": value for key, value in settings.items()},
    }
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "luna", "up", *arguments, env=environ, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await _until(_echo, process, port)
        ready_seconds = time.monotonic() - started
        # The log may be up a moment later, and an append is not sent twice.
        await _until(_stats, process, port)
        yield Node(
            process=process,
            home=home,
            port=port,
            admin_port=admin_port,
            metrics_port=metrics_port,
            environ=environ,
            ready_seconds=ready_seconds,
        )
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                async with asyncio.timeout(STOP_SECONDS_MAX):
                    await process.wait()
            except TimeoutError:
                process.kill()
                raise


def _echo(channel: grpc.aio.Channel) -> Awaitable[object]:
    return HelloriaServiceStub(channel).Echo(EchoRequest(message="ready?"), timeout=1)


def _stats(channel: grpc.aio.Channel) -> Awaitable[object]:
    return EventServiceStub(channel).GetStats(GetStatsRequest(), timeout=1)


async def _until(
    answers: Callable[[grpc.aio.Channel], Awaitable[object]], process: asyncio.subprocess.Process, port: int
) -> None:
    # Otherwise a channel rests for a second, then longer, before it tries again to connect.
    soon = [(f"grpc.{name}_reconnect_backoff_ms", 50) for name in ("initial", "min", "max")]
    async with (
        asyncio.timeout(START_SECONDS_MAX),
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=soon) as channel,
    ):
        while process.returncode is None:
            try:
                await answers(channel)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)
            else:
                return
    raise RuntimeError(f"the node ended with {process.returncode} before it answered")
