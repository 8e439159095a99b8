"""Serves gRPC: opens the socket, runs the background loops, and stops in a written order.

health NOT_SERVING → wait lameduck_seconds, so that the balancer sees it
→ no new calls, those under way have drain_seconds, streams are ended early
→ background loops are cancelled → done
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc.aio
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.transport import reflection
from luna.transport.chain import Chain
from luna.transport.health import HealthMonitor
from luna.transport.health_servicer import HealthServicer
from luna.transport.heartbeat import Heartbeat, beat_path
from luna.transport.sockets import AddressError, prepare, private

OPTIONS: Final[Sequence[tuple[str, int]]] = (
    # Two processes never share a port by accident.
    ("grpc.so_reuseport", 0),
    # Clients may ping every 10 s, also when they have no call under way.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)
_CORE_LIMIT: Final = 4
"""How many times the allowed size the core lets in, so that the chain can say what is wrong."""
_STREAM_SHARE: Final = 0.2
"""The part of the drain that streams have to end by themselves."""
_STOP_SECONDS: Final = 5.0
"""What stopping may take beyond the times it is meant to take."""
_UNIX: Final = "unix:"

Loop = Callable[[], Coroutine[None, None, None]]

log = structlog.stdlib.get_logger(__name__)


class LoopEndedError(Exception):
    """A background loop returned, and those run as long as the server does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Where and how to serve."""

    address: str
    """``unix:/path/to.sock``, or ``127.0.0.1:0`` for a port that is free."""
    urgent_addresses: Sequence[str] = ()
    """Others that serve the same. Calls are accepted one after the other at each address, before anything is known
    of them: who calls at these does not queue behind those who call at the first."""
    message_bytes_max: int
    drain_seconds: float
    lameduck_seconds: float = 0.0
    channelz: bool = False


@asynccontextmanager
async def serve(
    config: ServerConfig,
    *,
    chain: Chain,
    health: HealthMonitor,
    registrations: Sequence[Callable[[grpc.aio.Server], None]],
    services: Sequence[str],
    background: Sequence[Loop] = (),
    answers: health_pb2_grpc.HealthServicer | None = None,
) -> AsyncIterator[str]:
    """Serve what *registrations* add, with health and reflection of *services*; yield the address that was bound.

    *answers* speaks about health, where that is about more than this process.
    The health monitor's loop and the heartbeat run with *background*. When one of the loops
    ends, the body is cancelled and everything stops.

    Raises:
        AddressError: the address is taken or impossible.
        ExceptionGroup: a background loop failed.

    """
    loops = (health.run, *_heartbeat(config.address), *background)
    answers = answers or HealthServicer(health)
    servers: dict[str, grpc.aio.Server] = {}
    for address in (*config.urgent_addresses, config.address):
        servers[address] = server = _build(config, chain)
        for register in registrations:
            register(server)
        _register_own(server, config, answers, services)
    with ExitStack() as stack:
        # The last one is the address that others look for: when it is there, so is the rest.
        *_, address = [stack.enter_context(_bound(server, address)) for address, server in servers.items()]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_forever(loop)) for loop in loops]
            try:
                for server in servers.values():
                    await server.start()
                yield address
            finally:
                await _stop([*servers.values()], config, chain, health)
                for task in tasks:
                    task.cancel()


def _build(config: ServerConfig, chain: Chain) -> grpc.aio.Server:
    sizes = (("grpc.max_receive_message_length", _CORE_LIMIT * config.message_bytes_max),)
    own = (("grpc.enable_channelz", 1),) if config.channelz else ()
    return grpc.aio.server(interceptors=[chain], options=(*OPTIONS, *sizes, *own))


def _heartbeat(address: str) -> Iterator[Loop]:
    """Yield the loop that shows, beside a Unix socket, that this process is not stuck."""
    if address.startswith(_UNIX):
        yield Heartbeat(beat_path(Path(address.removeprefix(_UNIX)))).run


def _register_own(
    server: grpc.aio.Server, config: ServerConfig, answers: health_pb2_grpc.HealthServicer, services: Sequence[str]
) -> None:
    health_pb2_grpc.add_HealthServicer_to_server(answers, server)
    names = [*services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
    if config.channelz:
        # Two megabytes that a node without it does not have to hold.
        from grpc_channelz.v1 import channelz  # noqa: PLC0415

        channelz.add_channelz_servicer(server)
        names.append("grpc.channelz.v1.Channelz")
    reflection.register(server, names)


@contextmanager
def _bound(server: grpc.aio.Server, address: str) -> Iterator[str]:
    """Open *address*, and remove the socket afterwards if it is still ours."""
    if not address.startswith(_UNIX):
        yield f"{address.rpartition(':')[0]}:{_open(server, address)}"
        return
    path = Path(address.removeprefix(_UNIX))
    prepare(path)
    with private():
        _open(server, address)
    ours = path.lstat().st_ino
    try:
        yield address
    finally:
        with suppress(FileNotFoundError):
            if path.lstat().st_ino == ours:
                path.unlink()


def _open(server: grpc.aio.Server, address: str) -> int:
    try:
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise AddressError(f"cannot listen on {address}: {error}") from error


async def _forever(loop: Loop) -> None:
    name = getattr(loop, "__qualname__", repr(loop))
    try:
        await loop()
    except Exception:
        log.exception("a background loop failed; the server stops", loop=name)
        raise
    log.error("a background loop ended; the server stops", loop=name)
    raise LoopEndedError(name)


async def _stop(servers: Sequence[grpc.aio.Server], config: ServerConfig, chain: Chain, health: HealthMonitor) -> None:
    health.shut_down()
    try:
        async with asyncio.timeout(config.lameduck_seconds + config.drain_seconds + _STOP_SECONDS):
            await asyncio.sleep(config.lameduck_seconds)
            stopping = asyncio.gather(*(server.stop(config.drain_seconds) for server in servers))
            await asyncio.wait({stopping}, timeout=_STREAM_SHARE * config.drain_seconds)
            chain.end_streams()
            await stopping
    except TimeoutError:
        log.exception("the server did not stop in time; it is left to the end of the process")
