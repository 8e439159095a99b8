"""The server behind Envoy in the mesh benchmark: Echo and health, and nothing else."""

import asyncio
import sys

import grpc.aio
import uvloop
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest, EchoResponse
from arkalia.helloria.v1.helloria_service_pb2_grpc import (
    HelloriaServiceServicer,
    add_HelloriaServiceServicer_to_server,
)
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse


class Echo(HelloriaServiceServicer):
    """Answers as fast as it can."""

    async def Echo(self, request: EchoRequest, context: object) -> EchoResponse:  # noqa: N802
        """Send the message back."""
        del context
        return EchoResponse(message=request.message)


async def serve(socket: str) -> None:
    """Serve on *socket* until killed."""
    server, health = grpc.aio.server(), HealthServicer()
    await health.set("arkalia.helloria.v1.HelloriaService", HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    add_HelloriaServiceServicer_to_server(Echo(), server)  # type: ignore[abstract]  # only Echo is called
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
