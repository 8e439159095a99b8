"""Asks the services of the node whether they serve."""

import time
from collections.abc import Callable
from typing import Final

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.kernel.directory import Checked

CHECK_SECONDS: Final = 2.0


class PeerCheck:
    """Implements `luna.kernel.directory.Check` through each service's own connection."""

    def __init__(self, peers: Callable[[str], grpc.aio.Channel]) -> None:
        self._peers = peers

    async def __call__(self, service: str) -> Checked:
        """Ask *service*, by its full name."""
        stub = health_pb2_grpc.HealthStub(self._peers(service))
        started = time.monotonic()
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=CHECK_SECONDS)
        except grpc.aio.AioRpcError as error:
            reason = error.details() or error.code().name.lower()
        else:
            serving = answer.status == health_pb2.HealthCheckResponse.SERVING
            reason = "" if serving else "its probe does not pass"
        return Checked(serving=not reason, reason=reason, latency_seconds=time.monotonic() - started)
