"""Tells Reflexia how this process is doing, again and again."""

from typing import Final

import grpc.aio
import structlog
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from arkalia.reflexia.v1 import reflexia_service_pb2 as rpc
from arkalia.reflexia.v1 import reflexia_service_pb2_grpc as stubs

from luna.kernel.times import duration, timestamp
from luna.kernel.vitals import ProcessVitals, ServiceVitals
from luna.manifest import Toolbox

SERVICE: Final = rpc.DESCRIPTOR.services_by_name["ReflexiaService"].full_name
SERVICES_MAX: Final = 128
"""How many services the contract lets a report have; the busiest are told."""

_log = structlog.stdlib.get_logger(__name__)


class VitalsReport:
    """Reports the vitals of a process that Reflexia does not live in."""

    def __init__(self, tools: Toolbox) -> None:
        self._tools = tools
        self._failing = False

    async def run(self) -> None:
        """Report once an interval, forever. A report that was lost is not missed: the next one says it all."""
        stub: stubs.ReflexiaServiceAsyncStub = stubs.ReflexiaServiceStub(self._tools.peers(SERVICE))
        while True:
            await self._tools.clock.sleep(self._tools.sample_seconds)
            request = report_of(
                self._tools.vitals.read(), node=self._tools.identity.node, take_ns=self._tools.clock.wall_ns()
            )
            try:
                await stub.ReportVitals(request, timeout=max(1.0, self._tools.sample_seconds))
            except grpc.aio.AioRpcError as error:
                self._settle(error.details() or "no answer")
            else:
                self._settle("")

    def _settle(self, trouble: str) -> None:
        if trouble and not self._failing:
            _log.warning("vitals cannot be reported", why=trouble)
        self._failing = bool(trouble)


def report_of(vitals: ProcessVitals, *, node: str, take_ns: int) -> rpc.ReportVitalsRequest:
    """Return *vitals*, taken at *take_ns*, as a report."""
    named = [service for service in vitals.services if service.service and (service.calls or service.in_flight)]
    busiest = sorted(named, key=lambda service: service.calls, reverse=True)[:SERVICES_MAX]
    return rpc.ReportVitalsRequest(
        node=node,
        process=vitals.process,
        pid=vitals.pid,
        start_time=timestamp(vitals.started_ns),
        take_time=timestamp(take_ns),
        window=duration(vitals.window_seconds),
        loop_lag=duration(vitals.loop_lag_seconds),
        rss_bytes=vitals.rss_bytes,
        cpu_ratio=max(0.0, vitals.cpu_ratio),
        services=[_service(service) for service in busiest],
        circuit_breakers=vitals.circuit_breakers,
        open_circuit_breakers=vitals.open_circuit_breakers,
        queued_calls=vitals.queued_calls,
    )


def _service(service: ServiceVitals) -> pb.ServiceReading:
    p50, p99 = service.latency_p50_seconds, service.latency_p99_seconds
    return pb.ServiceReading(
        service=service.service,
        calls=service.calls,
        error_ratio=min(1.0, service.errors / service.calls) if service.calls else None,
        latency_p50=None if p50 is None else duration(p50),
        latency_p99=None if p99 is None else duration(p99),
        in_flight=service.in_flight,
    )
