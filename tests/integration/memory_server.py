"""A server with nothing but memory in it, behind the whole chain, on a log and an index that outlive it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import grpc.aio
from arkalia.events.v1 import event_error_pb2
from arkalia.memory.v1.memory_service_pb2_grpc import MemoryServiceStub
from arkalia.options.v1 import request_error_pb2

from arkalia_client import ArkaliaError, MemoryClient
from luna.adapters.consumer_groups import LogConsumers
from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.directory import Checked
from luna.kernel.embedding import Vectors
from luna.kernel.identity import Identity
from luna.kernel.memory_errors import IndexUnavailableError
from luna.kernel.memory_index import MemoryIndexes
from luna.kernel.memory_keys import MemoryKeys
from luna.kernel.memory_rows import Found, Where
from luna.kernel.memory_tools import MemoryTools
from luna.manifest import Health, Probe, Toolbox
from luna.modules.memory import MODULE
from luna.transport.chain import Chain, standard_steps
from luna.transport.circuits import Circuits
from luna.transport.meter import Meter
from tests.fake_memory_index import FakeMemoryIndex, FakeMemoryIndexes
from tests.fake_memory_keys import FakeMemoryKeys
from tests.fakes import HashEmbedder
from tests.machines import SteadyMachine, SteadyVitals, vitals


class ShakyIndex(FakeMemoryIndex):
    """An index of which ways to look can be made to fail."""

    broken: set[str]

    async def nearest(self, vector: Vectors, where: Where, limit: int, *, exact: bool = False) -> Found:
        self._check("flat" if exact else "indexed")
        return await super().nearest(vector, where, limit, exact=exact)

    async def matching(self, text: str, where: Where, limit: int) -> Found:
        self._check("words")
        return await super().matching(text, where, limit)

    def _check(self, way: str) -> None:
        if way in self.broken:
            raise IndexUnavailableError(f"{way} is broken for the test")


class ShakyIndexes(FakeMemoryIndexes):
    """Holds one such index."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()

    async def create(self, model_id: str, dimension: int) -> FakeMemoryIndex:
        self.index = made = ShakyIndex(model_id, dimension)
        made.broken = self.broken
        return made


@dataclass(kw_only=True)
class Node:
    """What outlives a restart of the server."""

    indexes: MemoryIndexes = field(default_factory=ShakyIndexes)
    keys: MemoryKeys = field(default_factory=FakeMemoryKeys)
    embedder: HashEmbedder = field(default_factory=HashEmbedder)
    clock: SystemClock = field(default_factory=SystemClock)
    circuits: Circuits = field(default_factory=lambda: Circuits("mind-0"))
    log: MemoryEventLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = MemoryEventLog(self.clock)

    def tools(self) -> Toolbox:
        def peers(service: str) -> grpc.aio.Channel:
            raise AssertionError(service)

        async def unchecked(service: str) -> Checked:
            raise AssertionError(service)

        @asynccontextmanager
        async def embedder() -> AsyncIterator[HashEmbedder]:
            yield self.embedder

        return Toolbox(
            identity=Identity(node="node", process="mind-0", version="0.1.0", started_ns=1),
            clock=self.clock,
            events=self.log,
            consumers=LogConsumers(self.log, self.log.consumer_storage, self.clock),
            machine=SteadyMachine(self.clock),
            vitals=SteadyVitals(vitals("mind-0")),
            peers=peers,
            directory=(),
            check=unchecked,
            breaker=self.circuits.around,
            memory=MemoryTools(embedder=embedder, indexes=self.indexes, keys=self.keys),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server with the module, its loops at work."""

    client: MemoryClient
    stub: "MemoryServiceStub"
    probes: Mapping[str, Probe]

    async def health(self) -> tuple[Health, str]:
        (probe,) = self.probes.values()
        return await probe()


@asynccontextmanager
async def running(node: Node, *, ask: bool = True) -> AsyncIterator[Running]:
    wired = MODULE.wire(node.tools())
    meter = Meter()
    reasons = [
        MODULE.errors,
        event_error_pb2.EventErrorReason.DESCRIPTOR,
        request_error_pb2.RequestErrorReason.DESCRIPTOR,
    ]
    chain = Chain(standard_steps(meter=meter, reasons=reasons), meter=meter, message_bytes_max=4 << 20)
    server = grpc.aio.server(interceptors=[chain])
    wired.register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    loops = [asyncio.create_task(loop()) for loop in wired.background]
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            found = Running(client=MemoryClient(channel), stub=MemoryServiceStub(channel), probes=wired.probes)
            if ask:
                await _opened(found)
            yield found
        # A loop never ends by itself; if one did, here is why.
        assert not [loop.result() for loop in loops if loop.done()]
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await server.stop(0)


async def _opened(found: Running) -> None:
    # Nothing is loaded before somebody asks.
    with suppress(ArkaliaError):
        await found.client.stats()
    async with asyncio.timeout(30):
        while "not open" in (await found.health())[1]:
            await asyncio.sleep(0.01)
