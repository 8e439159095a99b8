"""The one interceptor: its steps, outermost first, are those of `standard_steps`, fused around every call."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeAlias

import grpc
import grpc.aio
from google.protobuf.descriptor import EnumDescriptor

from luna.transport.admission import Admission, Admit
from luna.transport.breaker import CircuitBreak
from luna.transport.deadline import Deadline
from luna.transport.error_step import ErrorReporting
from luna.transport.errors import Errors
from luna.transport.faults import FaultBoard
from luna.transport.identity import Identity
from luna.transport.meter import Meter
from luna.transport.observe import Observe
from luna.transport.parts import Parts
from luna.transport.plan import Plan, arrived, decoder, steps_of
from luna.transport.rpc import Rpc, describe
from luna.transport.sabotage import sabotaged
from luna.transport.spans import Spans
from luna.transport.step import ChainOrderError, Step, in_order
from luna.transport.streaming import Streaming
from luna.transport.unary import serve_unary
from luna.transport.validate import Validate

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Found: TypeAlias = "Handler | None"
Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Found]]"


def standard_steps(
    *,
    meter: Meter,
    reasons: Iterable[EnumDescriptor],
    gates: Sequence[Admit] = (),
    spans: Spans | None = None,
    verbose: bool = False,
    parts: Parts | None = None,
) -> tuple[Step, ...]:
    """Return the steps of every server process, outermost first. Without *parts* it has some of its own."""
    parts = parts or Parts()
    return (
        Observe(meter, spans=spans, verbose=verbose, level=parts.level),
        ErrorReporting(parts.failures, parts.circuits.process),
        Errors(reasons),
        Deadline(),
        Identity(),
        Admission(*gates, level=parts.level, limiter=parts.limiter, pacing=parts.pacing),
        Validate(),
        CircuitBreak(parts.circuits),
    )


class Chain(grpc.aio.ServerInterceptor):
    """Runs steps around every call, fused into one handler per method at its first call."""

    def __init__(
        self, steps: Sequence[Step], *, meter: Meter, message_bytes_max: int, faults: FaultBoard | None = None
    ) -> None:
        """Take the steps, outermost first. With *faults*, handlers meet those that are under way.

        Raises:
            ChainOrderError: a step is not inside of one that must surround it, or there is not one `Errors`.

        """
        self._steps = in_order(steps)
        errors = [step for step in self._steps if isinstance(step, Errors)]
        if len(errors) != 1:
            raise ChainOrderError(f"a chain has one step that answers errors, not {len(errors)}")
        self._errors = errors[0]
        self._outside = self._steps.index(self._errors)
        self._meter = meter
        self._message_bytes_max = message_bytes_max
        self._faults = faults
        self._handlers: dict[str, Handler] = {}
        self._stops: set[Callable[[], None]] = set()

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Found:
        """Return the fused handler of the method that is called."""
        handler = self._handlers.get(handler_call_details.method)
        if handler is None:
            inner = await continuation(handler_call_details)
            if inner is None:
                self._meter.refused()
                return None
            handler = self._handlers[handler_call_details.method] = self._fuse(inner, handler_call_details.method)
        arrived.set(handler_call_details.invocation_metadata)
        return handler

    def end_streams(self) -> None:
        """End the streams under way, with an error that tells their clients to connect again."""
        for stop in tuple(self._stops):
            stop()

    def _fuse(self, handler: Handler, path: str) -> Handler:
        unary = not (handler.request_streaming or handler.response_streaming)
        plan = self._plan(handler, describe(path, unary=unary))
        function = _function(handler)
        if self._faults is not None:
            function = sabotaged(function, plan.rpc, self._faults)
        if unary:
            return grpc.unary_unary_rpc_method_handler(serve_unary(plan, function))
        factory: Callable[..., Handler] = {
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }[handler.request_streaming, handler.response_streaming]
        streaming = Streaming(
            plan=plan,
            function=function,
            many_requests=handler.request_streaming,
            many_responses=handler.response_streaming,
        )
        return factory(streaming.handle)

    def _plan(self, handler: Handler, rpc: Rpc) -> Plan:
        outer, inner = self._steps[: self._outside], self._steps[self._outside :]
        starts, checks, _ = steps_of(inner, rpc)
        return Plan(
            rpc=rpc,
            watches=steps_of(outer, rpc)[0],
            starts=starts,
            enters=tuple(enter for step in inner if (enter := step.on_enter(rpc)) is not None),
            ends=steps_of(self._steps, rpc)[2],
            decode=decoder(handler, rpc, checks, self._message_bytes_max),
            encode=handler.response_serializer or bytes,
            refuse=self._errors.refusal,
            stops=self._stops,
        )


def _function(handler: Handler) -> Callable[..., Any]:
    functions = (handler.unary_unary, handler.unary_stream, handler.stream_unary, handler.stream_stream)
    return next(function for function in functions if function is not None)
