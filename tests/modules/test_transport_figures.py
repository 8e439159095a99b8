"""What the process counts, and how it reads it."""

import pytest
from arkalia.helloria.v1 import helloria_service_pb2
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics.export import HistogramDataPoint
from opentelemetry.sdk.resources import Resource

from luna.kernel.identity import Identity
from luna.resilience.circuit import CircuitState
from luna.transport.circuits import Circuits
from luna.transport.exposition import render
from luna.transport.histogram import Histogram, quantile
from luna.transport.meter import SECONDS_BOUNDS, Meter
from luna.transport.otlp import metrics_data
from luna.transport.parts import Parts
from luna.transport.rpc import describe
from luna.transport.vitals import ProcessWatch

CLOSED, OPEN, HALF_OPEN, FORCED_OPEN = (
    CircuitState.CLOSED,
    CircuitState.OPEN,
    CircuitState.HALF_OPEN,
    CircuitState.FORCED_OPEN,
)
ECHO = describe(f"/{helloria_service_pb2.DESCRIPTOR.services_by_name['HelloriaService'].full_name}/Echo")


def test_a_bucket_includes_its_upper_bound() -> None:
    """
    As Prometheus and OpenTelemetry both define it.
    """
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.observe(value)

    assert histogram.counts == [2, 2, 1]
    assert histogram.total == 7.5


def test_nothing_observed_has_no_quantile() -> None:
    """
    A reading that could not be taken is absent.
    """
    assert quantile((1.0,), [0, 0], 0.5) is None


@given(values=st.lists(st.floats(min_value=1e-6, max_value=99.0), min_size=1), share=st.sampled_from([0.5, 0.99]))
def test_a_quantile_is_right_up_to_its_bucket(values: list[float], share: float) -> None:
    """
    The true value and the one read off lie between the same two bounds.
    """
    histogram = Histogram(SECONDS_BOUNDS)
    for value in values:
        histogram.observe(value)
    found = quantile(SECONDS_BOUNDS, histogram.counts, share)
    rank = max(0, -int(-share * len(values) // 1) - 1)
    true = sorted(values)[rank]
    index = next(n for n, bound in enumerate(SECONDS_BOUNDS) if true <= bound)

    assert found is not None
    assert (SECONDS_BOUNDS[index - 1] if index else 0.0) <= found <= SECONDS_BOUNDS[index]


def test_both_exports_tell_the_same() -> None:
    """
    There is one aggregation.
    """
    meter = Meter()
    for code, seconds in ((code_pb2.OK, 0.002), (code_pb2.OK, 0.2), (code_pb2.UNAVAILABLE, 3.0)):
        meter.of(ECHO).start()
        meter.of(ECHO).end(code, seconds, sent=10, received=20)
    meter.of(ECHO).start()
    text = render(meter, {})
    scope = metrics_data(meter, Resource({}), started_ns=1, now_ns=2).resource_metrics[0].scope_metrics[0]
    points = {
        str(point.attributes["grpc.status"]): point
        for metric in scope.metrics
        if metric.name == "grpc.server.call.duration"
        for point in metric.data.data_points
        if isinstance(point, HistogramDataPoint) and point.attributes
    }
    labels = 'grpc_method="arkalia.helloria.v1.HelloriaService/Echo"'

    assert f"grpc_server_call_started_total{{{labels}}} 4" in text
    assert f"arkalia_server_calls_in_flight{{{labels}}} 1" in text
    for status, count in (("OK", 2), ("UNAVAILABLE", 1)):
        assert f'grpc_server_call_duration_seconds_count{{{labels},grpc_status="{status}"}} {count}' in text
        assert points[status].count == count


def test_the_first_vitals_are_absent_rather_than_zero() -> None:
    """
    No call, no latency.
    """
    meter = Meter()
    identity = Identity(node="n", process="p-0", version="1", started_ns=1)
    watch = ProcessWatch(meter, identity, resident=lambda: 42)
    meter.of(ECHO).start()
    before = watch.read()
    meter.of(ECHO).end(code_pb2.INTERNAL, 0.01)
    after = watch.read()

    assert before.services[0].latency_p50_seconds is None
    assert (before.services[0].calls, before.services[0].in_flight) == (0, 1)
    assert (after.services[0].calls, after.services[0].errors, after.services[0].in_flight) == (1, 1, 0)
    assert after.services[0].latency_p50_seconds == pytest.approx(0.01, rel=0.3)
    assert after.rss_bytes == 42


def test_breakers_that_refuse_and_calls_that_wait_are_counted() -> None:
    """
    One that is half open lets calls through, so it is not open.
    """
    parts = Parts(circuits=Circuits("p-0"))
    watch = ProcessWatch(Meter(), Identity(node="n", process="p-0", version="1", started_ns=1), parts=parts)
    before = watch.read()
    for peer, state in (("a", OPEN), ("b", FORCED_OPEN), ("c", HALF_OPEN), ("d", CLOSED)):
        parts.circuits.at_client(ECHO, peer).force(state, 1.0, cause="an experiment")
    parts.limiter.queue("a call", ECHO.priority)
    after = watch.read()

    assert (before.circuit_breakers, before.open_circuit_breakers, before.queued_calls) == (0, 0, 0)
    assert (after.circuit_breakers, after.open_circuit_breakers, after.queued_calls) == (4, 2, 1)
