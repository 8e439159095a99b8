"""Memory, the record of decisions and the assistant in one server, which call each other over a channel."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import grpc.aio
from arkalia.assistantia.v1 import assistant_service_pb2 as rpc
from arkalia.events.v1 import event_error_pb2
from arkalia.options.v1 import request_error_pb2

from arkalia_client import Arkalia
from luna.kernel.language_model import ModelServer
from luna.kernel.model_tools import ModelTools
from luna.manifest import Toolbox
from luna.modules.assistantia import MODULE as ASSISTANTIA
from luna.modules.memory import MODULE as MEMORY
from luna.modules.zeroia import MODULE as ZEROIA
from luna.transport.chain import Chain, standard_steps
from luna.transport.meter import Meter
from tests.integration.memory_server import Node


class Whole(Arkalia):
    """A node whose modules call each other over a channel, and what is behind it."""

    behind: Node
    away: set[str]
    """Modules that cannot be reached."""
    level: int
    """The degradation level that modules are told."""

    async def say(self, message: str, conversation_id: str = "", model: str = "") -> Sequence[rpc.ChatResponse]:
        parts = self.assistant.chat(message, conversation_id=conversation_id, model=model)
        return [part async for part in parts]


@asynccontextmanager
async def whole_node(*servers: ModelServer, tokens_daily: int = 0) -> AsyncIterator[Whole]:
    """Serve them, with the models of *servers*."""
    behind, meter = Node(), Meter()
    reasons = [each.errors for each in (ASSISTANTIA, MEMORY, ZEROIA)]
    reasons += [event_error_pb2.EventErrorReason.DESCRIPTOR, request_error_pb2.RequestErrorReason.DESCRIPTOR]
    chain = Chain(standard_steps(meter=meter, reasons=reasons), meter=meter, message_bytes_max=4 << 20)
    server = grpc.aio.server(interceptors=[chain])
    port = server.add_insecure_port("127.0.0.1:0")
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        grpc.aio.insecure_channel("unix:/nonexistent.sock") as nowhere,
    ):
        whole = Whole(channel)
        whole.behind, whole.away = behind, set()
        whole.level = 1
        tools = replace(
            _with_peers(behind.tools(), channel, nowhere, whole.away),
            models=ModelTools(servers=servers, tokens_daily=tokens_daily),
            level=lambda: whole.level,
        )
        wired = [MEMORY.wire(tools), ZEROIA.wire(tools), ASSISTANTIA.wire(tools)]
        for each in wired:
            each.register(server)
        await server.start()
        loops = [asyncio.create_task(loop()) for each in wired[:1] for loop in each.background]
        try:
            yield whole
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await server.stop(0)


def _with_peers(tools: Toolbox, channel: grpc.aio.Channel, nowhere: grpc.aio.Channel, away: set[str]) -> Toolbox:
    def peers(service: str) -> grpc.aio.Channel:
        return nowhere if service.split(".")[1] in away else channel

    return replace(tools, peers=peers)
