"""Writes the meter as Prometheus text."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from luna.transport.histogram import Histogram
from luna.transport.meter import Meter, MethodMeter

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_HISTOGRAMS: Final = (
    ("seconds", "grpc_server_call_duration_seconds", "How long calls took."),
    ("sent", "grpc_server_call_sent_total_compressed_message_size_bytes", "The bytes of responses, per call."),
    ("received", "grpc_server_call_rcvd_total_compressed_message_size_bytes", "The bytes of requests, per call."),
)


def render(meter: Meter, gauges: Mapping[str, float]) -> str:
    """Return all metrics as Prometheus text."""
    methods = sorted(meter.methods(), key=lambda method: method.method)
    return "\n".join([*_counters(methods), *_histograms(methods), *_gauges(gauges), ""])


def _counters(methods: Iterable[MethodMeter]) -> Iterator[str]:
    yield "# HELP grpc_server_call_started_total Calls that began."
    yield "# TYPE grpc_server_call_started_total counter"
    for method in methods:
        yield f'grpc_server_call_started_total{{grpc_method="{method.method}"}} {method.started}'
    yield "# HELP arkalia_server_calls_in_flight Calls under way."
    yield "# TYPE arkalia_server_calls_in_flight gauge"
    for method in methods:
        yield f'arkalia_server_calls_in_flight{{grpc_method="{method.method}"}} {method.in_flight}'
    yield "# HELP arkalia_server_calls_refused_total Calls turned away by the level, the load or a breaker."
    yield "# TYPE arkalia_server_calls_refused_total counter"
    for method in methods:
        yield f'arkalia_server_calls_refused_total{{grpc_method="{method.method}"}} {method.refused}'


def _histograms(methods: Iterable[MethodMeter]) -> Iterator[str]:
    methods = tuple(methods)
    for attribute, name, help in _HISTOGRAMS:
        yield f"# HELP {name} {help}"
        yield f"# TYPE {name} histogram"
        for method in methods:
            for outcomes in tuple(method.outcomes.values()):
                labels = f'grpc_method="{method.method}",grpc_status="{outcomes.status}"'
                yield from series(name, labels, getattr(outcomes, attribute))


def series(name: str, labels: str, histogram: Histogram) -> Iterator[str]:
    """Yield the lines of one histogram."""
    count = 0
    for bound, within in zip(histogram.bounds, histogram.counts, strict=False):
        count += within
        yield f'{name}_bucket{{{labels},le="{bound}"}} {count}'
    count += histogram.counts[-1]
    yield f'{name}_bucket{{{labels},le="+Inf"}} {count}'
    yield f"{name}_sum{{{labels}}} {histogram.total}"
    yield f"{name}_count{{{labels}}} {count}"


def _gauges(gauges: Mapping[str, float]) -> Iterator[str]:
    for name, value in gauges.items():
        yield f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"
        yield f"{name} {value}"
