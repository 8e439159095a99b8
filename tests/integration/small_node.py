"""A node of small real processes in a process of its own, for tests of the sidecar and the keeper."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
from arkalia.node.v1 import node_pb2
from arkalia.node.v1 import node_service_pb2 as rpc
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub

from luna.settings import Settings
from luna.sidecar.places import sidecar_socket

if TYPE_CHECKING:
    from arkalia.node.v1.node_service_pb2_grpc import NodeServiceAsyncStub

SCRIPT = str(Path(__file__).with_name("run_node.py"))
SECONDS = 30


@dataclass(kw_only=True)
class Running:
    """A node in a process of its own, and what it has printed."""

    process: asyncio.subprocess.Process
    home: Path
    printed: list[str] = field(default_factory=list)

    async def until(self, start: str) -> str:
        """Read lines until one begins with *start*."""
        assert self.process.stdout is not None
        async with asyncio.timeout(SECONDS):
            while line := (await self.process.stdout.readline()).decode():
                self.printed.append(line.rstrip())
                if line.startswith(start):
                    return line
        raise AssertionError(f"no {start!r} in {self.printed}: {(await self.ends())[1]}")

    async def ends(self) -> tuple[int, str]:
        """Wait for the end, and return the exit code and what was said on stderr."""
        async with asyncio.timeout(SECONDS):
            out, said = await self.process.communicate()
        self.printed += out.decode().splitlines()
        assert self.process.returncode is not None
        return self.process.returncode, said.decode()


@asynccontextmanager
async def node(home: Path, *behaviours: str, ports: Sequence[int] = ()) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, SCRIPT, str(home), ",".join(map(str, ports)), *behaviours),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "GRPC_VERBOSITY": "ERROR"},
    )
    try:
        yield Running(process=process, home=home)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def asking(home: Path) -> AsyncIterator["NodeServiceAsyncStub"]:
    async with grpc.aio.insecure_channel(f"unix:{sidecar_socket(Settings(home=home))}") as channel:
        yield NodeServiceStub(channel)


async def processes(home: Path) -> dict[str, node_pb2.ProcessStatus]:
    async with asking(home) as stub:
        answer = await stub.GetNode(rpc.GetNodeRequest(), timeout=5)
        return {status.process: status for status in answer.node.processes}


async def sidecar_pid(home: Path) -> int:
    async with asking(home) as stub:
        return (await stub.GetNode(rpc.GetNodeRequest(), timeout=5)).node.pid


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
