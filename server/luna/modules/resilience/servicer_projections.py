"""Translates between the contract of projections and their shelf."""

from typing import Final, TypeAlias

import grpc.aio
from arkalia.recovery.v1 import recovery_pb2, recovery_service_pb2, recovery_service_pb2_grpc
from arkalia.resilience.v1 import projection_service_pb2 as rpc
from arkalia.resilience.v1 import projection_service_pb2_grpc as stubs

from luna.manifest import Toolbox
from luna.modules.resilience.shelf import ProjectionShelf
from luna.modules.resilience.vigil import Report

REPORT_SECONDS: Final = 2.0
_RECOVERY: Final = recovery_service_pb2.DESCRIPTOR.services_by_name["RecoveryService"].full_name

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class ProjectionServicer(stubs.ProjectionServiceServicer):
    """Implements ``arkalia.resilience.v1.ProjectionService``."""

    def __init__(self, shelf: ProjectionShelf) -> None:
        self._shelf = shelf

    async def ListProjections(
        self, request: rpc.ListProjectionsRequest, context: Context
    ) -> rpc.ListProjectionsResponse:
        return rpc.ListProjectionsResponse(projections=await self._shelf.list())

    async def RebuildProjection(
        self, request: rpc.RebuildProjectionRequest, context: Context
    ) -> rpc.RebuildProjectionResponse:
        return rpc.RebuildProjectionResponse(projection=await self._shelf.rebuild(request.name))


def reporting(tools: Toolbox) -> Report:
    """Return how damage is reported to the node's recovery."""

    async def report(error: recovery_pb2.ErrorReport) -> None:
        stub = recovery_service_pb2_grpc.RecoveryServiceStub(tools.peers(_RECOVERY))
        await stub.ReportError(recovery_service_pb2.ReportErrorRequest(error=error), timeout=REPORT_SECONDS)

    return report
