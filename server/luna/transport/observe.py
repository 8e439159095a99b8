"""The outermost step: measures, traces and logs every call."""

import time
from typing import Final

import structlog
from google.rpc import code_pb2

from luna.transport.call import Call
from luna.transport.levels import CurrentLevel
from luna.transport.meter import FAILURES, Meter
from luna.transport.rpc import Rpc
from luna.transport.spans import Spans
from luna.transport.step import End, Start, Step
from luna.transport.trace import TRACEPARENT, new_trace_id, trace_id_of

TRACE_TRAILER: Final = "x-arkalia-trace"
CORRELATION: Final = "x-correlation-id"
CORRELATION_LENGTH_MAX: Final = 128

log = structlog.stdlib.get_logger(__name__)


class Observe(Step):
    """Counts calls, gives each its trace, and logs those worth a line."""

    name = "observe"

    def __init__(
        self,
        meter: Meter,
        *,
        spans: Spans | None = None,
        verbose: bool = False,
        slow_seconds: float = 1.0,
        level: CurrentLevel | None = None,
    ) -> None:
        """With *verbose*, successful fast calls are logged too; every response says the *level*."""
        self._level = level or CurrentLevel()
        self._meter = meter
        self._spans = spans
        self._verbose = verbose
        self._slow_seconds = slow_seconds

    def on_start(self, rpc: Rpc) -> Start:
        """Count the call, and find or make its trace."""
        meter = self._meter.of(rpc)
        spans, level = self._spans, self._level

        def start(call: Call) -> None:
            meter.started += 1
            meter.in_flight += 1
            headers = call.headers
            if TRACEPARENT in headers and (trace_id := trace_id_of(headers[TRACEPARENT])):
                call.trace_id, call.traceparent = trace_id, headers[TRACEPARENT]
            else:
                call.trace_id = new_trace_id()
            if CORRELATION in headers and len(headers[CORRELATION]) <= CORRELATION_LENGTH_MAX:
                call.correlation_id = headers[CORRELATION]
            if spans is not None:
                spans.start(call)
            call.trailers = ((TRACE_TRAILER, call.trace_id), level.trailer)
            call.context.set_trailing_metadata(call.trailers)

        return start

    def on_end(self, rpc: Rpc) -> End:
        """Count the outcome, end the span, and log if there is something to tell."""
        meter = self._meter.of(rpc)
        spans, verbose = self._spans, self._verbose
        quiet_seconds = self._slow_seconds

        def end(call: Call, code: int) -> None:
            seconds = time.monotonic() - call.started
            meter.end(code, seconds, call.sent_bytes, call.received_bytes)
            if call.refusal is not None and call.refusal.excused:
                # Whoever is turned away in a flood must not cost a line each.
                meter.refused += 1
                return
            if spans is not None:
                spans.end(call, code)
            if code or seconds > quiet_seconds or verbose:
                _tell(call, code, seconds, slow=rpc.unary and seconds > quiet_seconds)

        return end


def _tell(call: Call, code: int, seconds: float, *, slow: bool) -> None:
    write = (
        log.error
        if code in FAILURES
        else log.warning
        if slow
        else log.info
        if code or not call.rpc.unary
        else log.debug
    )
    write(
        "call ended",
        method=call.rpc.method,
        status=code_pb2.Code.Name(code),
        seconds=round(seconds, 6),
        trace_id=call.trace_id,
        sent_bytes=call.sent_bytes,
        received_bytes=call.received_bytes,
        **({"subject": call.subject} if call.subject else {}),
        **({"correlation_id": call.correlation_id} if call.correlation_id else {}),
    )
