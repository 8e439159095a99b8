"""The connection to a node."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import grpc.aio
from arkalia.assistantia.v1 import assistant_service_pb2, model_service_pb2, prompt_guard_service_pb2
from arkalia.events.v1 import event_service_pb2
from arkalia.helloria.v1 import helloria_pb2, helloria_service_pb2
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.memory.v1 import memory_service_pb2
from arkalia.node.v1 import node_service_pb2
from arkalia.recovery.v1 import recovery_service_pb2
from arkalia.reflexia.v1 import reflexia_service_pb2
from arkalia.resilience.v1 import circuit_breaker_service_pb2, degradation_service_pb2, projection_service_pb2
from arkalia.zeroia.v1 import zeroia_service_pb2

from arkalia_client._assistant import AssistantClient
from arkalia_client._breakers import BreakerClient
from arkalia_client._calls import ask, follow
from arkalia_client._degradation import DegradationClient
from arkalia_client._events import EventClient
from arkalia_client._guard import GuardClient
from arkalia_client._memory import MemoryClient
from arkalia_client._models import ModelClient
from arkalia_client._node import NodeClient
from arkalia_client._recovery import RecoveryClient
from arkalia_client._retries import service_config
from arkalia_client._times import duration
from arkalia_client._zeroia import DecisionClient

_CONTRACTS: Final = (
    event_service_pb2,
    assistant_service_pb2,
    model_service_pb2,
    prompt_guard_service_pb2,
    helloria_service_pb2,
    memory_service_pb2,
    node_service_pb2,
    recovery_service_pb2,
    reflexia_service_pb2,
    circuit_breaker_service_pb2,
    degradation_service_pb2,
    projection_service_pb2,
    zeroia_service_pb2,
)
OPTIONS: Final = (
    # A front door that restarts is back within a second.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.enable_retries", 1),
    ("grpc.service_config", service_config(module.DESCRIPTOR for module in _CONTRACTS)),
)
"""The options of a channel that survives the restart of any part of the node."""


class Arkalia:
    """A node, through one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.events = EventClient(channel)
        self.decisions = DecisionClient(channel)
        self.memories = MemoryClient(channel)
        self.breakers = BreakerClient(channel)
        self.degradation = DegradationClient(channel)
        self.recoveries = RecoveryClient(channel)
        self.node = NodeClient(channel)
        self.assistant = AssistantClient(channel)
        self.models = ModelClient(channel)
        self.guard = GuardClient(channel)
        self._helloria = HelloriaServiceStub(channel)

    async def echo(self, message: str) -> helloria_service_pb2.EchoResponse:
        """Send *message* there and back."""
        return await ask(self._helloria.Echo, helloria_service_pb2.EchoRequest(message=message))

    async def status(self) -> helloria_pb2.NodeStatus:
        """Return the state of the node, asked of every service now."""
        return (await ask(self._helloria.GetStatus, helloria_service_pb2.GetStatusRequest())).status

    async def watch_status(self, *, interval_seconds: float = 2.0) -> AsyncGenerator[helloria_pb2.NodeStatus, None]:
        """Yield the state of the node, again and again."""
        request = helloria_service_pb2.WatchStatusRequest(interval=duration(interval_seconds))
        async for answer in follow(self._helloria.WatchStatus, request):
            yield answer.status


@asynccontextmanager
async def connect(target: str = "127.0.0.1:8080") -> AsyncIterator[Arkalia]:
    """Open a connection to the node at *target*, and close it afterwards.

    Calls that may run twice are sent again when the connection breaks, and wait for a new one.
    """
    async with grpc.aio.insecure_channel(target, options=OPTIONS) as channel:
        yield Arkalia(channel)
