"""What a call to a peer takes over from the call that it is made for."""

import time
from collections.abc import Sequence
from typing import Any, Final

from luna.kernel.context import CallContext
from luna.transport.observe import CORRELATION
from luna.transport.peer_errors import PeerDeadlineError
from luna.transport.rpc import Rpc
from luna.transport.trace import TRACEPARENT, new_trace_id, unrecorded

PRIORITY: Final = "x-arkalia-priority"
"""How much the work matters that a call is made for. Envoy takes it from whoever calls from outside."""
PROBE: Final = "x-arkalia-probe"
"""Present where a probe of the node asks. Envoy takes it from whoever calls from outside."""
BUDGET_SECONDS: Final = 0.02
"""What a call keeps of its deadline for itself, to be able to answer when a peer does not."""


def timeout_for(behind: CallContext, rpc: Rpc, asked: float | None) -> float | None:
    """Return how long a call may take: what was asked for, the method's own limit, what is left — the least.

    Raises:
        PeerDeadlineError: nothing is left.

    """
    limits = [rpc.deadline_seconds if asked is None else asked]
    if behind.deadline is not None:
        limits.append(behind.deadline - time.monotonic() - BUDGET_SECONDS)
    seconds = min((limit for limit in limits if limit is not None), default=None)
    if seconds is not None and seconds <= 0:
        raise PeerDeadlineError
    return seconds


def headers_for(behind: CallContext, given: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, str]]:
    """Return the headers that tie a call to the one behind it, except those that are *given*."""
    known = {key for key, _ in given}
    headers = {
        TRACEPARENT: behind.traceparent or unrecorded(behind.trace_id or new_trace_id()),
        PRIORITY: str(behind.priority),
    }
    if behind.correlation_id:
        headers[CORRELATION] = behind.correlation_id
    if behind.probe:
        headers[PROBE] = "1"
    return tuple((key, value) for key, value in headers.items() if key not in known)
