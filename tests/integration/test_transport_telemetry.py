"""What leaves a process about itself: Prometheus text, vitals, spans and metrics."""

import asyncio
import time
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from luna.kernel.identity import Identity
from luna.resilience.levels import Level
from luna.transport.client_meter import ClientMeter
from luna.transport.error_reports import ErrorReporter
from luna.transport.exposition import render
from luna.transport.exposition_guards import render_guards
from luna.transport.meter import Meter
from luna.transport.metrics import serve_metrics
from luna.transport.peers import Peers
from luna.transport.spool import Spool
from luna.transport.telemetry import telemetry
from luna.transport.vitals import ProcessWatch
from tests.integration.transport_contract import SERVICE, question
from tests.integration.transport_probe import Stub, probe_node, until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


async def test_prometheus_reads_the_metrics(tmp_path: Path) -> None:
    """
    Over HTTP on a private socket, in gRPC's standard names.
    """
    path = tmp_path / "metrics.sock"
    async with probe_node() as node:
        await node.stub["Ask"](question("hello", count=500))
        with pytest.raises(grpc.aio.AioRpcError):
            await node.stub["Ask"](question("refuse"))
        watch = ProcessWatch(node.meter, _identity())
        async with (
            serve_metrics(path, lambda: render(node.meter, watch.gauges())),
            httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path))) as client,
        ):
            response = await client.get("http://node/metrics")
            missing = await client.get("http://node/else")
            refused = await client.post("http://node/metrics")
            mode = path.stat().st_mode & 0o777
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    ask = ("grpc_method", f"{SERVICE}/Ask")

    assert (mode, missing.status_code, refused.status_code) == (0o600, 404, 405)
    assert samples["grpc_server_call_started_total", ask] == 2
    assert samples["grpc_server_call_duration_seconds_count", ask, ("grpc_status", "OK")] == 1
    assert samples["grpc_server_call_duration_seconds_count", ask, ("grpc_status", "FAILED_PRECONDITION")] == 1
    assert samples["grpc_server_call_sent_total_compressed_message_size_bytes_sum", ask, ("grpc_status", "OK")] > 500
    assert samples["process_resident_memory_bytes",] > 1e6


async def test_the_vitals_are_what_happened(tmp_path: Path) -> None:
    """
    Calls, failures, latencies, and a loop that was held up.
    """
    del tmp_path
    async with probe_node() as node:
        watch = ProcessWatch(node.meter, _identity())
        task = asyncio.create_task(watch.run())
        for _ in range(10):
            await node.stub["Ask"](question("hello"))
        with pytest.raises(grpc.aio.AioRpcError):
            await node.stub["Ask"](question("break"))
        call = node.stub["Tell"](question("hang"))
        await until(lambda: "hang" in node.probe.seen)
        await asyncio.sleep(0.1)
        time.sleep(0.15)  # noqa: ASYNC251  this is the point
        await asyncio.sleep(0.1)
        vitals = watch.read()
        call.cancel()
        task.cancel()
    service = vitals.services[0]

    assert (service.service, service.calls, service.errors, service.in_flight) == (SERVICE, 11, 1, 1)
    assert service.latency_p50_seconds is not None
    assert service.latency_p99_seconds is not None
    assert 0 < service.latency_p50_seconds <= service.latency_p99_seconds
    assert 0.05 < vitals.loop_lag_seconds < vitals.window_seconds
    assert vitals.rss_bytes > 1e6


class Collector(
    trace_service_pb2_grpc.TraceServiceServicer,
    metrics_service_pb2_grpc.MetricsServiceServicer,
):
    """Keeps what is exported to it."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.metrics: dict[str, Any] = {}

    def Export(self, request: Any, context: object) -> Any:  # noqa: N802
        if isinstance(request, trace_service_pb2.ExportTraceServiceRequest):
            for resource in request.resource_spans:
                self.spans += [span for scope in resource.scope_spans for span in scope.spans]
            return trace_service_pb2.ExportTraceServiceResponse()
        for resource in request.resource_metrics:
            self.metrics |= {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}
        return metrics_service_pb2.ExportMetricsServiceResponse()


@pytest.fixture
def collector() -> Any:
    server = grpc.server(futures.ThreadPoolExecutor(2))
    collector = Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield collector, f"http://127.0.0.1:{port}"
    server.stop(0).wait()


async def test_a_collector_gets_spans_and_metrics(collector: Any) -> None:
    """
    The span continues the caller's trace, and the metrics are those that Prometheus reads.
    """
    received, endpoint = collector
    meter = Meter()
    async with (
        telemetry(endpoint, meter=meter, identity=_identity(), trace_ratio=1.0) as spans,
        probe_node(spans=spans, meter=meter) as node,
    ):
        await node.stub["Ask"](question("hello"), metadata=(("traceparent", PARENT),))
        with pytest.raises(grpc.aio.AioRpcError):
            await node.stub["Ask"](question("break"))
        downstream = node.probe.contexts[0].traceparent
    span = next(span for span in received.spans if span.trace_id.hex() == TRACE)

    assert len(received.spans) == 2
    assert span.parent_span_id.hex() == "b7ad6b7169203331"
    assert downstream == f"00-{TRACE}-{span.span_id.hex()}-01"
    assert sum(point.count for point in received.metrics["grpc.server.call.duration"].histogram.data_points) == 2
    assert received.metrics["grpc.server.call.started"].sum.data_points[0].as_int == 2


def _identity() -> Identity:
    return Identity(node="here", process="probe-0", version="1", started_ns=time.time_ns())


async def test_prometheus_reads_what_keeps_the_process_up(tmp_path: Path) -> None:
    """
    The breakers, the limiter, the level, and the calls to peers under the names that gRPC gives them.
    """
    async with probe_node() as node:
        meter, reporter = ClientMeter(), ErrorReporter(Spool(tmp_path / "x.errors"))
        node.parts.level.set(Level.LIGHT)
        peers = Peers(
            {SERVICE: node.address},
            message_bytes_max=1024,
            processes={SERVICE: "probe"},
            parts=node.parts,
            meter=meter,
        )
        await Stub(peers(SERVICE))["Ask"](question("hello"))
        families = {
            it.name: it
            for it in text_string_to_metric_families(render_guards(node.parts, meter, peers.all(), reporter))
        }
        await peers.aclose()

    (started,) = families["grpc_client_attempt_started"].samples
    assert (started.labels, started.value) == ({"grpc_method": f"{SERVICE}/Ask", "grpc_target": "probe"}, 1)
    durations = families["grpc_client_attempt_duration_seconds"].samples
    assert [it.value for it in durations if it.name.endswith("_count")] == [1]
    told = families["arkalia_circuit_breaker_state"].samples
    states = {(it.labels["side"], it.labels["state"]): it.value for it in told}
    assert (states["client", "closed"], states["server", "closed"], states["client", "open"]) == (1, 1, 0)
    assert families["arkalia_degradation_level"].samples[0].value == 2
    assert families["arkalia_limiter_limit"].samples[0].value > 1
    assert {"grpc_client_call_retries", "grpc_client_call_hedges", "arkalia_retry_budget_taken"} <= families.keys()
