"""A service that does what it is told, and a server that serves it through the chain."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
import grpc.aio
import pytest
from arkalia.options.v1 import error_pb2, field_pb2, method_pb2  # noqa: F401  the probe imports them
from buf.validate import validate_pb2  # noqa: F401  the probe imports it
from google.rpc import error_details_pb2, status_pb2

from luna.kernel.context import CallContext, current_call
from luna.transport.chain import Chain, standard_steps
from luna.transport.errors import DETAILS_TRAILER
from luna.transport.health import HealthMonitor
from luna.transport.meter import Meter
from luna.transport.parts import Parts
from luna.transport.server import ServerConfig, serve
from tests.integration.transport_contract import (
    SERVICE,
    LaterError,
    NoError,
    OutsideError,
    answer,
    contract,
    message,
    question,
    reasons,
)

STREAMING: Final = ("Talk", "TalkWriting")
REFUSALS: Final = {
    "refuse": lambda: NoError("no means no", id=7),
    "later": lambda: LaterError("come back"),
    "outside": lambda: OutsideError("somebody else fell"),
}
ALL: Final = ("Ask", "Tell", "Collect", "TellWriting", *STREAMING)


@dataclass
class Probe:
    """Does what the text of a question says."""

    seen: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    contexts: list[CallContext] = field(default_factory=list)

    async def ask(self, request: Any, context: Any) -> Any:
        self.contexts.append(current_call())
        await self._do(request, context)
        return answer(request.text, ballast=bytes(request.count))

    async def tell(self, request: Any, context: Any) -> AsyncGenerator[Any, None]:
        try:
            for number in range(request.count):
                yield answer(request.text, count=number)
            await self._do(request, context)
        finally:
            self.ended.append(request.text)

    async def collect(self, requests: AsyncIterator[Any], context: Any) -> Any:
        texts = []
        async for request in requests:
            texts.append(request.text)
            await self._do(request, context)
        return answer(" ".join(texts))

    async def talk(self, requests: AsyncIterator[Any], context: Any) -> AsyncGenerator[Any, None]:
        try:
            async for request in requests:
                await self._do(request, context)
                yield answer(request.text)
        finally:
            self.ended.append("talk")

    async def tell_writing(self, request: Any, context: Any) -> None:
        for number in range(request.count):
            await context.write(answer(request.text, count=number))
        await self._do(request, context)

    async def talk_writing(self, requests: object, context: Any) -> None:
        del requests
        while (request := await context.read()) is not grpc.aio.EOF:
            await self._do(request, context)
            await context.write(answer(request.text))

    async def _do(self, request: Any, context: Any) -> None:
        self.seen.append(request.text)
        if request.text in REFUSALS:
            refusal = REFUSALS[request.text]()
            raise refusal
        match request.text:
            case "refuse in a group":
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(60))
                    group.create_task(self._do(question("refuse"), context))
            case "break":
                raise RuntimeError("the password is hunter2")
            case "hang":
                await self._hang()

    async def _hang(self) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            self.ended.append("hang")

    def register(self, server: grpc.aio.Server) -> None:
        """Add the service to *server*, as generated code would."""
        handlers: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
            "Ask": (grpc.unary_unary_rpc_method_handler, self.ask),
            "Look": (grpc.unary_unary_rpc_method_handler, self.ask),
            "Put": (grpc.unary_unary_rpc_method_handler, self.ask),
            "Tell": (grpc.unary_stream_rpc_method_handler, self.tell),
            "Collect": (grpc.stream_unary_rpc_method_handler, self.collect),
            "Talk": (grpc.stream_stream_rpc_method_handler, self.talk),
            "TellWriting": (grpc.unary_stream_rpc_method_handler, self.tell_writing),
            "TalkWriting": (grpc.stream_stream_rpc_method_handler, self.talk_writing),
        }
        methods = {
            name: factory(function, message("Question").FromString, message("Answer").SerializeToString)
            for name, (factory, function) in handlers.items()
        }
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, methods)])


class Stub:
    """Calls the probe, as generated code would."""

    def __init__(self, channel: grpc.aio.Channel, *, service: str = SERVICE) -> None:
        kinds = {
            "Ask": channel.unary_unary,
            "Look": channel.unary_unary,
            "Put": channel.unary_unary,
            "Tell": channel.unary_stream,
            "Collect": channel.stream_unary,
            "Talk": channel.stream_stream,
            "TellWriting": channel.unary_stream,
            "TalkWriting": channel.stream_stream,
        }
        self._calls: Mapping[str, Any] = {
            name: kind(
                f"/{service}/{name}",
                request_serializer=_serialized,
                response_deserializer=message("Answer").FromString,
            )
            for name, kind in kinds.items()
        }

    def __getitem__(self, name: str) -> Any:
        return self._calls[name]


@dataclass
class Node:
    """A served probe, and what looks at it."""

    address: str
    channel: grpc.aio.Channel
    stub: Stub
    probe: Probe
    meter: Meter
    health: HealthMonitor
    chain: Chain
    parts: Parts


@asynccontextmanager
async def probe_node(
    *,
    address: str = "127.0.0.1:0",
    urgent_addresses: Sequence[str] = (),
    message_bytes_max: int = 1024,
    drain_seconds: float = 0.5,
    lameduck_seconds: float = 0.0,
    background: Sequence[Any] = (),
    channelz: bool = False,
    spans: Any = None,
    meter: Meter | None = None,
    options: Sequence[tuple[str, Any]] = (),
    parts: Parts | None = None,
) -> AsyncIterator[Node]:
    """Serve the probe."""
    contract()
    probe, meter, parts = Probe(), meter or Meter(), parts or Parts()
    steps = standard_steps(meter=meter, reasons=[reasons()], spans=spans, parts=parts)
    chain = Chain(steps, meter=meter, message_bytes_max=message_bytes_max)
    health = HealthMonitor({}, every_seconds=0.02)
    config = ServerConfig(
        address=address,
        urgent_addresses=urgent_addresses,
        message_bytes_max=message_bytes_max,
        drain_seconds=drain_seconds,
        lameduck_seconds=lameduck_seconds,
        channelz=channelz,
    )
    async with (
        serve(
            config,
            chain=chain,
            health=health,
            registrations=[probe.register],
            services=[SERVICE],
            background=background,
        ) as bound,
        grpc.aio.insecure_channel(bound, options=[("grpc.enable_http_proxy", 0), *options]) as channel,
    ):
        yield Node(bound, channel, Stub(channel), probe, meter, health, chain, parts)


def details(error: grpc.aio.AioRpcError, kind: Any = error_details_pb2.ErrorInfo) -> Any:
    """Return the detail of that *kind* that came with *error*."""
    raw = dict(error.trailing_metadata() or ())[DETAILS_TRAILER]
    for packed in status_pb2.Status.FromString(raw).details:
        found = kind()
        if packed.Unpack(found):
            return found
    raise AssertionError(f"no {kind} in {error}")


async def until(condition: Callable[[], bool], *, seconds: float = 5.0) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def invoke(node: Node, method: str, *requests: Any, **kwargs: Any) -> list[Any]:
    """Call *method* of whatever shape, and return the responses."""
    streams = method in {"Collect", *STREAMING}
    call = node.stub[method](iter(requests) if streams else requests[0], **kwargs)
    return [await call] if method in {"Ask", "Collect"} else [response async for response in call]


async def refused(node: Node, method: str, *requests: Any, **kwargs: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await invoke(node, method, *requests, **kwargs)
    return caught.value


def _serialized(request: Any) -> bytes:
    """Let tests send rubbish."""
    return request if isinstance(request, bytes) else request.SerializeToString()
