"""Translates between the helloria contract and the front door."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final, TypeAlias

import grpc.aio
from arkalia.helloria.v1 import helloria_pb2 as pb
from arkalia.helloria.v1 import helloria_service_pb2 as rpc
from arkalia.helloria.v1 import helloria_service_pb2_grpc as stubs

from luna.kernel.clock import Clock
from luna.kernel.identity import Identity
from luna.kernel.times import seconds_of, timestamp
from luna.modules.helloria.domain import Capability, page
from luna.modules.helloria.service import HelloriaService
from luna.modules.helloria.translate import status_to_pb

INTERVAL_SECONDS_DEFAULT: Final = 2.0

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class HelloriaServicer(stubs.HelloriaServiceServicer):
    """Implements ``arkalia.helloria.v1.HelloriaService``."""

    def __init__(
        self, service: HelloriaService, capabilities: Sequence[Capability], identity: Identity, clock: Clock
    ) -> None:
        self._service = service
        self._capabilities = capabilities
        self._identity = identity
        self._clock = clock

    async def Echo(self, request: rpc.EchoRequest, context: Context) -> rpc.EchoResponse:
        return rpc.EchoResponse(
            message=request.message, process=self._identity.process, time=timestamp(self._clock.wall_ns())
        )

    async def GetStatus(self, request: rpc.GetStatusRequest, context: Context) -> rpc.GetStatusResponse:
        return rpc.GetStatusResponse(status=await self._status())

    async def WatchStatus(
        self, request: rpc.WatchStatusRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchStatusResponse, None]:
        seconds = seconds_of(request.interval) or INTERVAL_SECONDS_DEFAULT
        while True:
            yield rpc.WatchStatusResponse(status=await self._status())
            await self._clock.sleep(seconds)

    async def ListCapabilities(
        self, request: rpc.ListCapabilitiesRequest, context: Context
    ) -> rpc.ListCapabilitiesResponse:
        found, next_token = page(self._capabilities, request.page_size, request.page_token)
        return rpc.ListCapabilitiesResponse(
            capabilities=[
                pb.Capability(
                    method=capability.method,
                    rest=capability.rest,
                    scope=capability.scope,
                    idempotent=capability.idempotent,
                    client_streaming=capability.client_streaming,
                    server_streaming=capability.server_streaming,
                )
                for capability in found
            ],
            next_page_token=next_token,
        )

    async def _status(self) -> pb.NodeStatus:
        return status_to_pb(await self._service.look(), self._identity, self._clock.wall_ns())
