"""The events module behind the whole chain, on a Unix socket: in this process, or as one of its own."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

import grpc.aio
import structlog
from arkalia.events.v1 import event_service_pb2_grpc as stubs

from luna.adapters.consumer_groups import LogConsumers
from luna.adapters.machine import PsutilMachine
from luna.adapters.sqlite_log import SqliteEventLog
from luna.contracts import load_contracts
from luna.kernel.clock import Clock, SystemClock
from luna.kernel.directory import Checked
from luna.kernel.identity import Identity
from luna.manifest import Toolbox
from luna.modules.events import MODULE, payloads, wire
from luna.transport.chain import Chain, standard_steps
from luna.transport.meter import Meter
from luna.transport.vitals import ProcessWatch

IDENTITY = Identity(node="test", process="log-0", version="0", started_ns=0)
MESSAGE_BYTES_MAX = 4 * 1024 * 1024

Stub: TypeAlias = "stubs.EventServiceAsyncStub"
T = TypeVar("T")
RequestT = TypeVar("RequestT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A log that is served."""

    target: str
    consumers: LogConsumers


@asynccontextmanager
async def serving(
    log: SqliteEventLog,
    socket: Path,
    *,
    clock: Clock | None = None,
    checkpoint_seconds: float = 15,
    sweeping: bool = True,
    check: Callable[[str, bytes], None] = payloads.check,
) -> AsyncIterator[Served]:
    """Serve *log* on *socket*."""
    load_contracts()
    clock = clock or SystemClock()
    meter = Meter()
    steps = standard_steps(meter=meter, reasons=[MODULE.errors])
    chain = Chain(steps, meter=meter, message_bytes_max=MESSAGE_BYTES_MAX)
    server = grpc.aio.server(interceptors=[chain], options=[("grpc.max_receive_message_length", 2 * MESSAGE_BYTES_MAX)])
    async with LogConsumers(log, log.consumer_storage, clock) as consumers:
        tools = Toolbox(
            identity=IDENTITY,
            clock=clock,
            events=log,
            consumers=consumers,
            machine=PsutilMachine(clock, [socket.parent]),
            vitals=ProcessWatch(meter, IDENTITY),
            peers=_no_peers,
            directory=(),
            check=_no_check,
            checkpoint_seconds=checkpoint_seconds,
        )
        wired = wire(tools, check=check)
        wired.register(server)
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        async with AsyncExitStack() as stack:
            for loop in wired.background if sweeping else ():
                stack.callback(asyncio.ensure_future(loop()).cancel)
            try:
                yield Served(target=f"unix:{socket}", consumers=consumers)
            finally:
                chain.end_streams()
                await server.stop(1)


@asynccontextmanager
async def connected(target: str) -> AsyncIterator[Stub]:
    """Yield a stub for a server."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 2 * MESSAGE_BYTES_MAX)]
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        yield stubs.EventServiceStub(channel)


async def receive(
    call: "grpc.aio.UnaryStreamCall[RequestT, T] | grpc.aio.StreamStreamCall[RequestT, T]",
) -> T:
    """Return the next response of a stream that has not ended."""
    response = await call.read()
    assert response is not grpc.aio.EOF
    return cast("T", response)


def channel_to(target: str) -> grpc.aio.Channel:
    """Return a channel that comes back soon after its server does."""
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.min_reconnect_backoff_ms", 50),
        ("grpc.max_reconnect_backoff_ms", 200),
    ]
    return grpc.aio.insecure_channel(target, options=options)


@asynccontextmanager
async def process(home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Serve the log in *home* from a process of its own, and kill that at the end."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.events_server", str(home)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        assert child.stdout
        await child.stdout.readline()
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def _no_peers(service: str) -> grpc.aio.Channel:
    raise LookupError(service)


async def _no_check(service: str) -> Checked:
    raise LookupError(service)


async def _main(home: Path) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with await SqliteEventLog.open(home / "events.db") as log, serving(log, home / "log.sock"):
        print("serving", flush=True)  # noqa: T201  whoever started this waits for it
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
