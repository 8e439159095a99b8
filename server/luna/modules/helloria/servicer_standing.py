"""Asks those who know how much of its work the node does, and what it does not even try."""

import asyncio
from collections.abc import Callable

import grpc.aio
from arkalia.node.v1 import health_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as circuits
from arkalia.resilience.v1 import circuit_breaker_service_pb2_grpc as circuit_stubs
from arkalia.resilience.v1 import degradation_service_pb2 as degradation
from arkalia.resilience.v1 import degradation_service_pb2_grpc as degradation_stubs

from luna.modules.helloria.domain import Standing

PAGE_SIZE = 1000

_CIRCUITS = circuits.DESCRIPTOR.services_by_name["CircuitBreakerService"].full_name
_DEGRADATION = degradation.DESCRIPTOR.services_by_name["DegradationService"].full_name


class PeerStanding:
    """Implements `luna.modules.helloria.service.Stand` through the module that keeps the level and the breakers."""

    def __init__(self, peers: Callable[[str], grpc.aio.Channel], *, patience: float) -> None:
        self._peers = peers
        self._patience = patience

    async def __call__(self) -> Standing:
        """Ask for both at the same time. What is not answered is not known."""
        level, opened, forced = await asyncio.gather(
            self._level(), self._count(pb.CIRCUIT_STATE_OPEN), self._count(pb.CIRCUIT_STATE_FORCED_OPEN)
        )
        return Standing(level=level, open_breakers=None if opened is None or forced is None else opened + forced)

    async def _level(self) -> health_pb2.DegradationLevel:
        try:
            stub = degradation_stubs.DegradationServiceStub(self._peers(_DEGRADATION))
            answer = await stub.GetDegradation(degradation.GetDegradationRequest(), timeout=self._patience)
        except Exception:  # noqa: BLE001  however the way there fails, the rest of the status is shown
            return health_pb2.DEGRADATION_LEVEL_UNSPECIFIED
        return answer.degradation.level

    async def _count(self, state: pb.CircuitState) -> int | None:
        request = circuits.ListCircuitBreakersRequest(state=state, page_size=PAGE_SIZE)
        try:
            stub = circuit_stubs.CircuitBreakerServiceStub(self._peers(_CIRCUITS))
            answer = await stub.ListCircuitBreakers(request, timeout=self._patience)
        except Exception:  # noqa: BLE001  however the way there fails, the rest of the status is shown
            return None
        return len(answer.circuit_breakers)
