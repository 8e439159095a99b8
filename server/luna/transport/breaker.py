"""The innermost step: lets no call at a handler that keeps failing."""

import time

from luna.resilience.circuit import CircuitOpenError, CircuitState
from luna.resilience.engine import BreakerEngine
from luna.transport.call import Call
from luna.transport.circuits import Circuits
from luna.transport.on_behalf import PROBE
from luna.transport.rpc import Rpc
from luna.transport.step import End, Start, Step
from luna.transport.verdicts import settle


class CircuitBreak(Step):
    """Puts a circuit breaker around each handler, except those that steer the node.

    A stream is let in once, and counts when it ends: its first error ends it.
    A call of a probe is let in always. A breaker that is open tries again after one
    that is answered.
    """

    name = "breaker"
    inside = frozenset({"errors", "deadline", "admission", "validate"})

    def __init__(self, circuits: Circuits) -> None:
        self._circuits = circuits

    def on_enter(self, rpc: Rpc) -> Start | None:
        """Ask the breaker."""
        if rpc.control:
            return None
        engine = self._circuits.at_server(rpc)
        return _let_in(engine) if rpc.unary else _stream(engine, self._circuits)

    def on_end(self, rpc: Rpc) -> End | None:
        """Tell the breaker how it went, if the call got that far."""
        if rpc.control:
            return None
        circuits, engine = self._circuits, self._circuits.at_server(rpc)
        succeed = engine.succeed

        def end(call: Call, code: int) -> None:
            token = call.circuit_token
            if token is None:
                if not code:
                    circuits.passed(engine)
                return
            now = time.monotonic()
            if code and not (call.refusal is not None and call.refusal.outside):
                given = None if call.deadline is None else call.deadline - call.started
                settle(engine, token, code, now, now - call.started, given=given)
            else:
                succeed(token, now, now - call.started)

        return end


def _let_in(engine: BreakerEngine) -> Start:
    enter = engine.enter

    def start(call: Call) -> None:
        try:
            call.circuit_token = enter(call.started)
        except CircuitOpenError:
            if PROBE not in call.headers:
                raise

    return start


def _stream(engine: BreakerEngine, circuits: Circuits) -> Start:
    enter = _let_in(engine)

    def start(call: Call) -> None:
        def answered() -> None:
            call.circuit_token = circuits.answered(engine, call.circuit_token)

        enter(call)
        if engine.state is not CircuitState.CLOSED:
            call.on_answer = answered

    return start
