"""The connection to a node."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import grpc.aio
from arkalia.helloria.v1 import helloria_pb2, helloria_service_pb2
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from google.protobuf.duration_pb2 import Duration

from arkalia_client._errors import raising_arkalia_errors
from arkalia_client._events import EventClient
from arkalia_client._zeroia import DecisionClient

TIMEOUT_SECONDS: Final = 10.0

_OPTIONS: Final = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
)


class Arkalia:
    """A node, through one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.events = EventClient(channel)
        self.decisions = DecisionClient(channel)
        self._helloria = HelloriaServiceStub(channel)

    async def echo(self, message: str) -> helloria_service_pb2.EchoResponse:
        """Send *message* there and back."""
        with raising_arkalia_errors():
            return await self._helloria.Echo(helloria_service_pb2.EchoRequest(message=message), timeout=TIMEOUT_SECONDS)

    async def status(self) -> helloria_pb2.NodeStatus:
        """Return the state of the node, asked of every service now."""
        with raising_arkalia_errors():
            answer = await self._helloria.GetStatus(helloria_service_pb2.GetStatusRequest(), timeout=TIMEOUT_SECONDS)
        return answer.status

    async def watch_status(self, *, interval_seconds: float = 2.0) -> AsyncGenerator[helloria_pb2.NodeStatus, None]:
        """Yield the state of the node, again and again."""
        interval = Duration()
        interval.FromNanoseconds(round(interval_seconds * 1e9))
        call = self._helloria.WatchStatus(helloria_service_pb2.WatchStatusRequest(interval=interval))
        try:
            with raising_arkalia_errors():
                async for answer in call:
                    yield answer.status
        finally:
            # Leaving the loop does not hang up by itself.
            call.cancel()


@asynccontextmanager
async def connect(target: str = "127.0.0.1:8080") -> AsyncIterator[Arkalia]:
    """Open a connection to the node at *target*, and close it afterwards."""
    async with grpc.aio.insecure_channel(target, options=_OPTIONS) as channel:
        yield Arkalia(channel)
