"""Sends traces and metrics to an OpenTelemetry collector, if there is one."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from luna.kernel.identity import Identity
from luna.transport.meter import Meter
from luna.transport.otlp import metrics_data
from luna.transport.otlp_spans import OpenTelemetrySpans
from luna.transport.spans import Spans

EXPORT_SECONDS: Final = 15.0
_FLUSH_SECONDS: Final = 2.0

log = structlog.stdlib.get_logger(__name__)


@asynccontextmanager
async def telemetry(
    endpoint: str, *, meter: Meter, identity: Identity, trace_ratio: float, export_seconds: float = EXPORT_SECONDS
) -> AsyncIterator[Spans]:
    """Send what *meter* counts and the spans of calls to *endpoint*, such as ``http://127.0.0.1:4317``.

    Open this only if there is an endpoint. A collector that does not answer
    costs nothing but what it would have been told.
    """
    resource = Resource.create(_attributes(identity))
    provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(trace_ratio)))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, insecure=_plain(endpoint))))
    exporter = OTLPMetricExporter(endpoint=endpoint, insecure=_plain(endpoint), timeout=_FLUSH_SECONDS)

    async def export() -> None:
        data = metrics_data(meter, resource, started_ns=identity.started_ns, now_ns=time.time_ns())
        await asyncio.to_thread(exporter.export, data)

    async def export_forever() -> None:
        while True:
            await asyncio.sleep(export_seconds)
            await export()

    task = asyncio.create_task(export_forever())
    try:
        yield OpenTelemetrySpans(provider.get_tracer("luna"))
    finally:
        task.cancel()
        await asyncio.wait({task})
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _FLUSH_SECONDS):
                await asyncio.gather(export(), asyncio.to_thread(provider.shutdown))
        await asyncio.to_thread(exporter.shutdown, 1000 * _FLUSH_SECONDS)


def _attributes(identity: Identity) -> Mapping[str, str]:
    return {
        "service.namespace": "arkalia",
        "service.name": identity.process.rpartition("-")[0] or identity.process,
        "service.instance.id": identity.source,
        "service.version": identity.version,
        "host.name": identity.node,
    }


def _plain(endpoint: str) -> bool:
    return not endpoint.startswith("https:")
