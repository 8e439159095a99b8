"""Breakers and degradation of the whole node: shown, steered, kept in the log."""

from dataclasses import dataclass
from typing import Final

import grpc.aio
from arkalia.resilience.v1 import (
    circuit_breaker_service_pb2,
    circuit_breaker_service_pb2_grpc,
    degradation_service_pb2,
    degradation_service_pb2_grpc,
    projection_service_pb2,
    projection_service_pb2_grpc,
    resilience_error_pb2,
    resilience_event_pb2,
)

from luna.manifest import Health, Module, Toolbox, Wired
from luna.modules.resilience.parts import Parts
from luna.modules.resilience.servicer_circuits import CircuitBreakerServicer
from luna.modules.resilience.servicer_degradation import DegradationServicer
from luna.modules.resilience.servicer_projections import ProjectionServicer, reporting
from luna.modules.resilience.vigil import Vigil

__all__ = ["MODULE"]

_CIRCUITS: Final = circuit_breaker_service_pb2.DESCRIPTOR.services_by_name["CircuitBreakerService"]
_DEGRADATION: Final = degradation_service_pb2.DESCRIPTOR.services_by_name["DegradationService"]
_PROJECTIONS: Final = projection_service_pb2.DESCRIPTOR.services_by_name["ProjectionService"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Servicers:
    circuits: CircuitBreakerServicer
    degradation: DegradationServicer
    projections: ProjectionServicer

    def register(self, server: grpc.aio.Server) -> None:
        circuit_breaker_service_pb2_grpc.add_CircuitBreakerServiceServicer_to_server(self.circuits, server)
        degradation_service_pb2_grpc.add_DegradationServiceServicer_to_server(self.degradation, server)
        projection_service_pb2_grpc.add_ProjectionServiceServicer_to_server(self.projections, server)


def _wire(tools: Toolbox) -> Wired:
    parts = Parts(tools)
    degrading = parts.degrading
    vigil = Vigil(tools.clock, tools.identity, parts.shelf, parts.folding, reporting(tools))

    async def circuit_probe() -> tuple[Health, str]:
        if parts.follower.trouble:
            return Health.DEGRADED, f"the table of breakers {parts.follower.trouble}"
        return Health.SERVING, ""

    servicers = _Servicers(
        circuits=CircuitBreakerServicer(
            parts.circuits,
            parts.desk,
            table=parts.table,
            book=parts.book,
            feed=parts.feed,
            signals=degrading.signals,
        ),
        degradation=DegradationServicer(
            degrading.keeper, degrading.holds, degrading.book, parts.feed, stream=parts.streams.degradation
        ),
        projections=ProjectionServicer(parts.shelf),
    )
    return Wired(
        register=servicers.register,
        background=[
            parts.follower.run,
            parts.folding.run,
            degrading.steering.run,
            degrading.steering.look,
            vigil.run,
        ],
        probes={
            _CIRCUITS.full_name: circuit_probe,
            _DEGRADATION.full_name: degrading.steering.probe,
            _PROJECTIONS.full_name: vigil.probe,
        },
    )


MODULE = Module(
    name="resilience",
    services=[_CIRCUITS, _DEGRADATION, _PROJECTIONS],
    errors=resilience_error_pb2.ResilienceErrorReason.DESCRIPTOR,
    events=list(resilience_event_pb2.DESCRIPTOR.message_types_by_name.values()),
    wire=_wire,
)
