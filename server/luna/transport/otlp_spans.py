"""Makes spans of OpenTelemetry, without its generic instrumentation."""

from typing import Final

from google.rpc import code_pb2
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from luna.transport.call import Call
from luna.transport.meter import FAILURES
from luna.transport.trace import TRACEPARENT

_W3C: Final = TraceContextTextMapPropagator()


class OpenTelemetrySpans:
    """Implements `luna.transport.spans.Spans`."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def start(self, call: Call) -> None:
        """Begin the span of *call*, as a child of the one that its headers name."""
        parent = _W3C.extract({TRACEPARENT: call.traceparent}) if call.traceparent else None
        attributes = {"rpc.system.name": "grpc", "rpc.method": call.rpc.method}
        span = self._tracer.start_span(
            call.rpc.method, context=parent, kind=trace.SpanKind.SERVER, attributes=attributes
        )
        own = span.get_span_context()
        call.span = span
        call.trace_id = f"{own.trace_id:032x}"
        call.traceparent = f"00-{call.trace_id}-{own.span_id:016x}-{own.trace_flags:02x}"

    def end(self, call: Call, code: int) -> None:
        """End the span of *call* with its status."""
        if call.span.is_recording():
            call.span.set_attribute("rpc.response.status_code", code_pb2.Code.Name(code))
            if code in FAILURES:
                call.span.set_status(trace.StatusCode.ERROR)
        call.span.end()
