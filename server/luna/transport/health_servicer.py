"""Speaks `grpc.health.v1` for the health monitor."""

from collections.abc import AsyncGenerator
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.transport.errors import NotFoundError
from luna.transport.health import HealthMonitor

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


class HealthServicer(health_pb2_grpc.HealthServicer):
    """Check, List and Watch. A slow watcher holds up nobody, unlike with the servicer of the package."""

    def __init__(self, monitor: HealthMonitor) -> None:
        self._monitor = monitor

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802, D102  the contract names and describes it
        del context
        status = self._status(request.service)
        if status == _UNKNOWN:
            raise NotFoundError(f"unknown service {request.service!r}")
        return health_pb2.HealthCheckResponse(status=status)

    async def List(self, request: Any, context: Any) -> Any:  # noqa: N802, D102  the contract names and describes it
        del request, context
        services = self._monitor.snapshot()
        statuses = {service: health_pb2.HealthCheckResponse(status=self._status(service)) for service in services}
        return health_pb2.HealthListResponse(statuses=statuses)

    async def Watch(self, request: Any, context: Any) -> AsyncGenerator[Any, None]:  # noqa: N802, D102
        del context
        last = None
        while True:
            status = self._status(request.service)
            if status != last:
                last = status
                yield health_pb2.HealthCheckResponse(status=status)
                # The status may have changed while the watcher was slow to take this one.
                continue
            await self._monitor.changed()

    def _status(self, service: str) -> Any:
        checkup = self._monitor.snapshot().get(service)
        if checkup is None:
            return _UNKNOWN
        return _SERVING if checkup.serving else _NOT_SERVING
