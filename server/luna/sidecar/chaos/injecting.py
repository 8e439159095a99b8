"""Makes things go wrong in the processes of a node on this machine."""

import signal
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import grpc.aio
from arkalia.chaos.v1 import chaos_pb2 as pb
from arkalia.chaos.v1 import chaos_service_pb2 as rpc
from arkalia.chaos.v1.chaos_service_pb2_grpc import ChaosServiceStub
from arkalia.node.v1.node_pb2 import Node
from arkalia.node.v1.node_service_pb2 import GetNodeRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub
from arkalia.recovery.v1 import recovery_pb2
from arkalia.recovery.v1.recovery_service_pb2 import ReportErrorRequest
from arkalia.recovery.v1.recovery_service_pb2_grpc import RecoveryServiceStub

from luna.kernel.times import duration
from luna.settings import Settings
from luna.sidecar.chaos.victims import ImpossibleError, pids, strike
from luna.sidecar.places import run_directory, socket_link

TIMEOUT_SECONDS: Final = 5.0
_OPTIONS: Final = (("grpc.use_local_subchannel_pool", 1),)


class Injector:
    """One node, reached through the sockets of its processes, past Envoy."""

    def __init__(self, settings: Settings) -> None:
        self.home = settings.home.absolute()
        """Where the node keeps its data."""
        self._run = run_directory(settings)

    async def node(self) -> Node:
        """Return the node and its processes, as the sidecar knows them."""
        async with self._channel("sidecar") as channel:
            return (await NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=TIMEOUT_SECONDS)).node

    async def signal(self, process: str, signum: signal.Signals) -> int:
        """Send a signal to a process, such as ``kernel-0``, ``envoy-0`` or ``sidecar``; return its pid.

        Raises:
            ImpossibleError: the node has no such process, or does not allow it, or does not answer.

        """
        running = pids(await self.node())
        if process not in running:
            raise ImpossibleError(f"there is no process {process!r}; there are {', '.join(sorted(running))}")
        strike(running[process], signum, home=self.home)
        return running[process]

    async def inject(self, process: str, fault: pb.Fault) -> pb.Fault:
        """Begin *fault* in a process, such as ``kernel``."""
        async with self._channel(process) as channel:
            request = rpc.InjectFaultRequest(fault=fault)
            return (await ChaosServiceStub(channel).InjectFault(request, timeout=TIMEOUT_SECONDS)).fault

    async def report_fatal(self, process: str, message: str) -> str:
        """Report that *process* has met what only a human can mend, and return the id of the recovery."""
        error = recovery_pb2.ErrorReport(
            error_id=str(uuid.uuid4()),
            type="ERROR_TYPE_UNKNOWN",
            severity="SEVERITY_FATAL",
            target=recovery_pb2.ErrorTarget(process=process),
            message=message,
        )
        async with self._channel("sidecar") as channel:
            request = ReportErrorRequest(error=error)
            return (await RecoveryServiceStub(channel).ReportError(request, timeout=TIMEOUT_SECONDS)).recovery_id

    async def clear(self, process: str) -> Sequence[pb.Fault]:
        """End all faults in a process."""
        async with self._channel(process) as channel:
            answer = await ChaosServiceStub(channel).ClearFaults(rpc.ClearFaultsRequest(), timeout=TIMEOUT_SECONDS)
            return list(answer.faults)

    def processes(self) -> Sequence[str]:
        """Return the names of the server processes that have a socket."""
        names = {path.name.rpartition("-")[0] for path in self._run.glob("*-0.sock")}
        return sorted(names - {"", "sidecar"})

    @asynccontextmanager
    async def _channel(self, process: str) -> AsyncIterator[grpc.aio.Channel]:
        target = socket_link(self._run, process, 0)
        async with grpc.aio.insecure_channel(f"unix:{target}", options=_OPTIONS) as channel:
            try:
                yield channel
            except grpc.aio.AioRpcError as error:
                hint = "; start the node with ARKALIA_CHAOS=true" if error.code().name == "UNIMPLEMENTED" else ""
                raise ImpossibleError(f"{process}: {error.details()}{hint}") from error


def fault(
    kind: str,
    *,
    seconds: float,
    target: str = "",
    ratio: float = 1.0,
    delay_seconds: float = 0.0,
    code: int = 0,
    size_bytes: int = 0,
) -> pb.Fault:
    """Return a fault of *kind*, such as ``SLOW``, with an id of its own."""
    return pb.Fault(
        fault_id=str(uuid.uuid4()),
        kind=f"FAULT_KIND_{kind}",
        duration=duration(seconds),
        target=target,
        ratio=ratio,
        delay=duration(delay_seconds),
        code=code,
        bytes=size_bytes,
    )


def injector_of(home: Path) -> Injector:
    """Return the injector for the node that keeps its data in *home*."""
    return Injector(Settings(home=home))
