"""Breakers and degradation of the whole node: shown, steered, kept in the log."""

from dataclasses import dataclass
from typing import Final

import grpc.aio
from arkalia.resilience.v1 import circuit_breaker_service_pb2, resilience_error_pb2, resilience_event_pb2
from arkalia.resilience.v1 import circuit_breaker_service_pb2_grpc as circuit_stubs
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.events import Event
from luna.manifest import Health, Module, Toolbox, Wired
from luna.modules.resilience.circuit_policy import circuit_kind
from luna.modules.resilience.circuits import CircuitService
from luna.modules.resilience.commands import CommandDesk
from luna.modules.resilience.feed import Feed
from luna.modules.resilience.follower import Follower
from luna.modules.resilience.record import CIRCUIT_POLICY_UPDATED, CIRCUIT_TRANSITION, Recorder
from luna.modules.resilience.revisions import RevisionBook
from luna.modules.resilience.servicer_circuits import CircuitBreakerServicer
from luna.modules.resilience.table import BreakerTable

__all__ = ["MODULE"]

_CIRCUITS: Final = circuit_breaker_service_pb2.DESCRIPTOR.services_by_name["CircuitBreakerService"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Servicers:
    circuits: CircuitBreakerServicer

    def register(self, server: grpc.aio.Server) -> None:
        circuit_stubs.add_CircuitBreakerServiceServicer_to_server(self.circuits, server)


def _wire(tools: Toolbox) -> Wired:
    events, clock = tools.events, tools.clock
    recorder = Recorder(tools.identity, clock)
    streams = recorder.streams
    feed = Feed(events, checkpoint_seconds=tools.checkpoint_seconds)
    table = BreakerTable(clock)
    circuit_book = RevisionBook(events, clock, recorder, circuit_kind(streams.breaker_policy))

    def moved(event: Event) -> None:
        table.change(facts.CircuitTransition.FromString(event.payload))

    async def begin() -> int:
        head = await events.head()
        await circuit_book.load()
        return head

    follower = Follower(
        events,
        clock,
        {
            (streams.breaker, CIRCUIT_TRANSITION): moved,
            (streams.breaker_policy, CIRCUIT_POLICY_UPDATED): circuit_book.apply,
        },
        begin,
        name="the table of breakers",
    )
    circuits = CircuitService(events, table, circuit_book, feed, follower, stream=streams.breaker)
    desk = CommandDesk(events, clock, recorder, table)

    async def circuit_probe() -> tuple[Health, str]:
        if follower.trouble:
            return Health.DEGRADED, f"the table of breakers {follower.trouble}"
        return Health.SERVING, ""

    servicers = _Servicers(circuits=CircuitBreakerServicer(circuits, desk, table, circuit_book, feed))
    return Wired(register=servicers.register, background=[follower.run], probes={_CIRCUITS.full_name: circuit_probe})


MODULE = Module(
    name="resilience",
    services=[_CIRCUITS],
    errors=resilience_error_pb2.ResilienceErrorReason.DESCRIPTOR,
    events=list(resilience_event_pb2.DESCRIPTOR.message_types_by_name.values()),
    wire=_wire,
)
