"""The step that reports calls which failed through no fault of their callers, and that they succeed again."""

import time
from typing import Final
from uuid import uuid4

from google.rpc import code_pb2

from luna.kernel.error_reports import ErrorReport, ErrorSink, ErrorTarget, ErrorType
from luna.transport.call import Call
from luna.transport.errors import Refusal
from luna.transport.meter import FAILURES
from luna.transport.rpc import Rpc
from luna.transport.step import End, Step

HURRIED_SHARE: Final = 0.5
"""Of the rpc's deadline. Who gives a call less cannot say that it took too long."""
PEER_REASON: Final = "REQUEST_ERROR_REASON_PEER_UNAVAILABLE"
"""Reported where the peer was called, with its name."""
MESSAGE_LENGTH_MAX: Final = 1000
_TYPES: Final = {code_pb2.DEADLINE_EXCEEDED: ErrorType.TIMEOUT, code_pb2.DATA_LOSS: ErrorType.STATE_CORRUPTED}


class ErrorReporting(Step):
    """Tells what keeps the node together of failed calls."""

    name = "report"
    inside = frozenset({"observe"})

    def __init__(self, sink: ErrorSink, process: str) -> None:
        self._sink = sink
        self._process = process

    def on_end(self, rpc: Rpc) -> End:
        """Report a failure, or the first success after one."""
        target = ErrorTarget(process=self._process, service=rpc.service, method=rpc.method)
        failing: set[ErrorType] = set()

        def end(call: Call, code: int) -> None:
            if not code:
                while failing:
                    self._sink.report(resolved(failing.pop(), target, self._process))
            elif code in FAILURES and is_worth_telling(call, code):
                failing.add(kind := type_of(code, call.refusal))
                self._sink.report(_failure(call, code, kind, target))

        return end


def is_worth_telling(call: Call, code: int) -> bool:
    """Tell whether a failure is one of the server: no refusal, hurried caller, peer or outsider."""
    refusal: Refusal | None = call.refusal
    if refusal is not None and (refusal.excused or refusal.reason == PEER_REASON):
        return False
    usual = call.rpc.deadline_seconds
    if code != code_pb2.DEADLINE_EXCEEDED or usual is None or call.deadline is None:
        return True
    return call.deadline - call.started >= HURRIED_SHARE * usual


def type_of(code: int, refusal: Refusal | None) -> ErrorType:
    """Return what kind of failure it is."""
    if refusal is not None and refusal.kind == MemoryError.__name__:
        return ErrorType.MEMORY
    return _TYPES.get(code, ErrorType.UNKNOWN)


def resolved(kind: ErrorType, target: ErrorTarget, reporter: str) -> ErrorReport:
    """Return the report that *target* works again."""
    now = time.time_ns()
    return ErrorReport(
        error_id=str(uuid4()), type=kind, target=target, reporter=reporter, first_ns=now, last_ns=now, resolved=True
    )


def _failure(call: Call, code: int, kind: ErrorType, target: ErrorTarget) -> ErrorReport:
    now = time.time_ns()
    refusal: Refusal | None = call.refusal
    return ErrorReport(
        error_id=str(uuid4()),
        type=kind,
        target=target,
        reporter=target.process,
        first_ns=now,
        last_ns=now,
        code=code,
        reason="" if refusal is None else refusal.reason,
        message="" if refusal is None else f"{refusal.kind}: {refusal.message}"[:MESSAGE_LENGTH_MAX],
        trace_id=call.trace_id,
        correlation_id=call.correlation_id,
    )
