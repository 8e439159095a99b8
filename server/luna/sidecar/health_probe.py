"""Asks a server process how it is, through ``grpc.health.v1``."""

from pathlib import Path
from typing import Final

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.sidecar.probing import Answer
from luna.transport.sockets import urgent_sockets

_SILENT: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})
_OPTIONS: Final = (
    # Channels to one path must not share a connection: generations come and go.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
)


class HealthProbe:
    """Asks the process behind one Unix socket."""

    def __init__(self, socket: Path, service: str = "") -> None:
        self._socket = socket
        self._service = service
        self._channel: grpc.aio.Channel | None = None

    async def ask(self, *, seconds: float) -> Answer:
        """Ask whether the server as a whole is serving, or the service in question."""
        # Before the process listens there is nothing to connect to, and looking is cheaper than trying.
        if self._channel is None and not self._socket.exists():
            return Answer(answered=False, reason="does not listen yet")
        self._channel = self._channel or grpc.aio.insecure_channel(f"unix:{self._door()}", options=_OPTIONS)
        try:
            answer = await health_pb2_grpc.HealthStub(self._channel).Check(
                health_pb2.HealthCheckRequest(service=self._service), timeout=seconds
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                # A channel rests before it tries again; a new one does not.
                await self.aclose()
            answered = error.code() not in _SILENT
            return Answer(answered=answered, reason=f"its health check failed: {error.code().name.lower()}")
        serving = answer.status == health_pb2.HealthCheckResponse.SERVING
        return Answer(answered=True, serving=serving, reason="" if serving else "says that it is not serving")

    def _door(self) -> Path:
        """Return where it does not queue behind the calls of everybody, if there is such a socket."""
        urgent, *_ = urgent_sockets(self._socket)
        return urgent if urgent.exists() else self._socket

    async def aclose(self) -> None:
        """Close the channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()
