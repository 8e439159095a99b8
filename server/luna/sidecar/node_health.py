"""Answers ``grpc.health.v1`` for the whole node, by asking the process that serves what is asked about."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.sidecar.places import socket_link
from luna.topology import Topology

ASK_SECONDS: Final = 1.0
WATCH_SECONDS: Final = 1.0
"""How often a watched status is looked at."""
NODE_SERVICE: Final = "arkalia.node.v1.NodeService"
OWN_SERVICES: Final = frozenset({NODE_SERVICE, "arkalia.recovery.v1.RecoveryService"})
"""What the sidecar serves itself."""

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_UNKNOWN: Final = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
_OPTIONS: Final = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
)


class NodeHealth(health_pb2_grpc.HealthServicer):
    """The health of the node and of every service on it.

    Envoy cannot see which service a health check is about, so it sends them all here. Nothing is kept: each answer is
    that of the process in question, now. The node as a whole is serving when all of its processes are.
    """

    def __init__(self, topology: Topology, run: Path) -> None:
        self._topology = topology
        self._channels = {
            process.name: [
                grpc.aio.insecure_channel(f"unix:{socket_link(run, process.name, replica)}", options=_OPTIONS)
                for replica in range(process.replicas)
            ]
            for process in topology.processes
        }

    async def Check(  # noqa: N802, D102  the contract names it, and says what it does
        self, request: health_pb2.HealthCheckRequest, context: object
    ) -> health_pb2.HealthCheckResponse:
        del context
        return health_pb2.HealthCheckResponse(status=await self._status(request.service))

    async def Watch(  # noqa: N802, D102
        self, request: health_pb2.HealthCheckRequest, context: object
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        del context
        told = None
        while True:
            status = await self._status(request.service)
            if status != told:
                yield health_pb2.HealthCheckResponse(status=status)
                told = status
            await asyncio.sleep(WATCH_SECONDS)

    async def aclose(self) -> None:
        """Let go of the connections to the processes."""
        for channels in self._channels.values():
            for channel in channels:
                await channel.close()

    async def _status(self, service: str) -> health_pb2.HealthCheckResponse.ServingStatus.ValueType:
        if service in OWN_SERVICES:
            return _SERVING
        if not service:
            answers = await asyncio.gather(*(self._process_status(name, "") for name in self._channels))
            return _SERVING if all(answer == _SERVING for answer in answers) else _NOT_SERVING
        process = _homes(self._topology).get(_module(service))
        return _UNKNOWN if process is None else await self._process_status(process, service)

    async def _process_status(
        self, process: str, service: str
    ) -> health_pb2.HealthCheckResponse.ServingStatus.ValueType:
        # A process serves as long as one of its replicas does.
        answers = await asyncio.gather(*(_ask(channel, service) for channel in self._channels[process]))
        return _best(answers)


async def _ask(channel: grpc.aio.Channel, service: str) -> health_pb2.HealthCheckResponse.ServingStatus.ValueType:
    request = health_pb2.HealthCheckRequest(service=service)
    try:
        answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=ASK_SECONDS)
    except grpc.aio.AioRpcError as error:
        return _UNKNOWN if error.code().name == "NOT_FOUND" else _NOT_SERVING
    status: health_pb2.HealthCheckResponse.ServingStatus.ValueType = answer.status
    return status


def _best(
    answers: Sequence[health_pb2.HealthCheckResponse.ServingStatus.ValueType],
) -> health_pb2.HealthCheckResponse.ServingStatus.ValueType:
    for status in (_SERVING, _NOT_SERVING):
        if status in answers:
            return status
    return _UNKNOWN


def _homes(topology: Topology) -> Mapping[str, str]:
    return {module: process.name for process in topology.processes for module in process.modules}


def _module(service: str) -> str:
    parts = service.split(".")
    return parts[1] if len(parts) > 2 and parts[0] == "arkalia" else ""  # noqa: PLR2004  arkalia.<module>.v1.XService
