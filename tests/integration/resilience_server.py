"""A server with nothing but resilience in it, behind the whole chain, and a process that reports to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import grpc.aio
from arkalia.events.v1 import event_error_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1 import circuit_breaker_service_pb2_grpc as stubs
from arkalia.resilience.v1 import degradation_service_pb2_grpc, projection_service_pb2_grpc
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.events import Append, EventFilter, NewEvent, StreamWrite
from luna.kernel.times import duration, seconds_of, timestamp
from luna.manifest import Probe, Toolbox
from luna.modules.resilience import MODULE
from luna.modules.resilience.record import CIRCUIT_COMMANDED, CIRCUIT_TRANSITION, Streams
from luna.resilience.breaker import Breaker
from luna.resilience.circuit import CircuitKey, CircuitPolicy, Side, Transition
from luna.resilience.circuit_messages import (
    key_of,
    key_to_pb,
    policy_to_pb,
    selector_of,
    state_of,
    state_to_pb,
    window_to_pb,
)
from luna.transport.chain import Chain, standard_steps
from luna.transport.meter import Meter
from tests.integration.zeroia_server import Node
from tests.zeroia import NODE

STREAMS = Streams(NODE)
APPEND = "arkalia.events.v1.EventService/Append"
READ = "arkalia.events.v1.EventService/Read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server with the module, its loops at work."""

    circuits: "stubs.CircuitBreakerServiceAsyncStub"
    degradation: "degradation_service_pb2_grpc.DegradationServiceAsyncStub"
    projections: "projection_service_pb2_grpc.ProjectionServiceAsyncStub"
    probes: Mapping[str, Probe]
    address: str


@asynccontextmanager
async def running(node: Node, tools: Toolbox | None = None, *, address: str = "127.0.0.1:0") -> AsyncIterator[Running]:
    wired = MODULE.wire(tools or replace(node.tools(), checkpoint_seconds=0.2))
    meter = Meter()
    chain = Chain(
        standard_steps(meter=meter, reasons=[MODULE.errors, event_error_pb2.EventErrorReason.DESCRIPTOR]),
        meter=meter,
        message_bytes_max=4 << 20,
    )
    server = grpc.aio.server(interceptors=[chain])
    wired.register(server)
    port = server.add_insecure_port(address)
    address = address.replace(":0", f":{port}")
    await server.start()
    loops = [asyncio.create_task(loop()) for loop in wired.background]
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield Running(
                circuits=stubs.CircuitBreakerServiceStub(channel),
                degradation=degradation_service_pb2_grpc.DegradationServiceStub(channel),
                projections=projection_service_pb2_grpc.ProjectionServiceStub(channel),
                probes=wired.probes,
                address=address,
            )
        # A loop never ends by itself; if one did, here is why.
        assert not [loop.result() for loop in loops if loop.done()]
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await server.stop(0)


@dataclass(kw_only=True)
class Reporter:
    """A process with breakers: it does what the log commands, and tells of it."""

    node: Node
    stub: "stubs.CircuitBreakerServiceAsyncStub"
    process: str = "log-0"
    breakers: dict[str, Breaker] = field(default_factory=dict)
    transitions: list[facts.CircuitTransition] = field(default_factory=list)
    limiter: rpc.LimiterFigures = field(default_factory=rpc.LimiterFigures)

    def breaker(self, method: str = APPEND, *, peer: str = "log", policy: CircuitPolicy | None = None) -> Breaker:
        key = CircuitKey(process=self.process, side=Side.CLIENT, peer=peer, method=method, priority=2)
        breaker = Breaker(key, policy or CircuitPolicy(), on_transition=lambda what: self._moved(key, what))
        self.breakers[key.name] = breaker
        return breaker

    async def report(self) -> None:
        now, wall_ns = self.node.clock.monotonic(), self.node.clock.wall_ns()
        await self.stub.ReportCircuitBreakers(
            rpc.ReportCircuitBreakersRequest(
                process=self.process,
                report_time_ns=wall_ns,
                limiter=self.limiter,
                circuit_breakers=[
                    pb.CircuitBreaker(
                        name=name,
                        key=key_to_pb(breaker.key),
                        state=state_to_pb(breaker.state),
                        window=window_to_pb(breaker.window(now)),
                        policy=policy_to_pb(breaker.policy),
                        refused_calls=breaker.refused,
                        transitions=breaker.transitions,
                    )
                    for name, breaker in self.breakers.items()
                ],
            )
        )

    async def tell(self) -> None:
        """Record the transitions that are not on record yet."""
        told, self.transitions = self.transitions, []
        for what in told:
            event = NewEvent(type=CIRCUIT_TRANSITION, payload=what.SerializeToString())
            await self.node.log.append(Append(writes=(StreamWrite(stream=STREAMS.breaker, events=(event,)),)))

    @asynccontextmanager
    async def obeying(self) -> AsyncIterator[None]:
        """Follow commands meanwhile, and report afterwards, as every process does."""
        after = await self.node.log.head()
        task = asyncio.create_task(self._obey(after))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _obey(self, after: int) -> None:
        wanted = EventFilter(stream=STREAMS.breaker, types=frozenset({CIRCUIT_COMMANDED}))
        async for page in self.node.log.follow(wanted, after=after):
            for event in page.events:
                command = facts.CircuitBreakerCommanded.FromString(event.payload)
                self._do(command)
                await self.tell()
            if page.events:
                await self.report()

    def _do(self, command: facts.CircuitBreakerCommanded) -> None:
        state, selector = state_of(command.state), selector_of(command.selector)
        assert state is not None
        seconds = seconds_of(command.duration) if command.HasField("duration") else None
        for breaker in self.breakers.values():
            if selector.matches(breaker.key):
                breaker.force(state, self.node.clock.monotonic(), seconds=seconds, cause=command.reason)

    def _moved(self, key: CircuitKey, what: Transition) -> None:
        self.transitions.append(
            facts.CircuitTransition(
                name=key.name,
                key=key_to_pb(key),
                previous_state=state_to_pb(what.before),
                state=state_to_pb(what.after),
                cause=what.cause,
                window=window_to_pb(what.window),
                open=None if what.open_seconds is None else duration(what.open_seconds),
                change_time=timestamp(self.node.clock.wall_ns()),
            )
        )

    def fail(self, breaker: Breaker, times: int) -> None:
        now = self.node.clock.monotonic()
        for _ in range(times):
            breaker.fail(breaker.enter(now), now, 0.01)


def name_of(process: str, method: str = APPEND, peer: str = "log") -> str:
    return key_of(
        pb.CircuitKey(process=process, side=pb.CIRCUIT_SIDE_CLIENT, peer=peer, method=method, priority="PRIORITY_HIGH")
    ).name
