"""Turns the meter into OpenTelemetry's metrics, so that nothing is counted twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Histogram as HistogramData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from luna.transport.histogram import Histogram
from luna.transport.meter import Meter

_HISTOGRAMS: Final = (
    ("seconds", "grpc.server.call.duration", "s", "How long calls took."),
    ("sent", "grpc.server.call.sent_total_compressed_message_size", "By", "The bytes of responses, per call."),
    ("received", "grpc.server.call.rcvd_total_compressed_message_size", "By", "The bytes of requests, per call."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The time that the counts cover."""

    started_ns: int
    now_ns: int


def metrics_data(meter: Meter, resource: Resource, *, started_ns: int, now_ns: int) -> MetricsData:
    """Return all that *meter* has counted since *started_ns*."""
    span = _Span(started_ns=started_ns, now_ns=now_ns)
    scope = ScopeMetrics(
        scope=InstrumentationScope("luna"), metrics=[_started(meter, span), *_histograms(meter, span)], schema_url=""
    )
    return MetricsData(resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[scope], schema_url="")])


def _started(meter: Meter, span: _Span) -> Metric:
    points = [
        NumberDataPoint(
            attributes={"grpc.method": method.method},
            start_time_unix_nano=span.started_ns,
            time_unix_nano=span.now_ns,
            value=method.started,
        )
        for method in meter.methods()
    ]
    counts = Sum(data_points=points, aggregation_temporality=AggregationTemporality.CUMULATIVE, is_monotonic=True)
    return Metric(name="grpc.server.call.started", description="Calls that began.", unit="{call}", data=counts)


def _histograms(meter: Meter, span: _Span) -> Iterator[Metric]:
    for attribute, name, unit, description in _HISTOGRAMS:
        points = [
            _point(getattr(outcomes, attribute), {"grpc.method": method.method, "grpc.status": outcomes.status}, span)
            for method in meter.methods()
            for outcomes in method.outcomes.values()
        ]
        data = HistogramData(data_points=points, aggregation_temporality=AggregationTemporality.CUMULATIVE)
        yield Metric(name=name, description=description, unit=unit, data=data)


def _point(histogram: Histogram, attributes: Mapping[str, str], span: _Span) -> HistogramDataPoint:
    filled = [index for index, count in enumerate(histogram.counts) if count]
    bounds = (0.0, *histogram.bounds, histogram.bounds[-1])
    return HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=span.started_ns,
        time_unix_nano=span.now_ns,
        count=sum(histogram.counts),
        sum=histogram.total,
        bucket_counts=tuple(histogram.counts),
        explicit_bounds=histogram.bounds,
        # The extremes are known as well as their buckets are.
        min=bounds[filled[0]] if filled else 0.0,
        max=bounds[filled[-1] + 1] if filled else 0.0,
    )
