"""One rpc in flight, as the steps of the chain see it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from luna.resilience.limiter import CRITICAL
from luna.transport.rpc import Rpc

Context: TypeAlias = Any
"""A servicer's context. grpc.aio's own class has no public base that a wrapper could share."""


class Call:
    """What the steps learn about a call.

    It has every attribute of `CallContext`, and is the current one while the
    call is served. Mutable and hand-written, because one is made for each call.
    """

    __slots__ = (
        "admitted",
        "circuit_token",
        "context",
        "correlation_id",
        "deadline",
        "going_away",
        "headers",
        "method",
        "on_answer",
        "priority",
        "probe",
        "received_bytes",
        "refusal",
        "rpc",
        "scopes",
        "sent_bytes",
        "span",
        "started",
        "subject",
        "trace_id",
        "traceparent",
        "trailers",
        "waiting",
    )

    trailers: tuple[tuple[str, str], ...]
    """What every response carries, whatever becomes of the call."""
    waiting: Awaitable[None] | None
    """What has to be awaited before the call may go on."""
    admitted: float | None
    """Since when the call has a place to give back, on the monotonic clock."""
    circuit_token: int | None
    """What the circuit breaker let the call in with."""
    on_answer: Callable[[], None] | None
    """What is called once, when a stream of responses has begun."""
    refusal: Any
    """The `luna.transport.errors.Refusal` that the call was answered with."""

    def __init__(self, rpc: Rpc, context: Context, metadata: Sequence[tuple[str, Any]]) -> None:
        self.rpc = rpc
        self.context: Context = context
        """``None`` after a call that ended well: a task that it started may live on and keep this object."""
        self.method = rpc.method
        self.priority = CRITICAL if rpc.control else rpc.priority
        """How much the work matters. What is done for a call that steers the node matters as much as that."""
        self.headers: dict[str, Any] = dict(metadata)
        self.started = time.monotonic()
        self.deadline: float | None = None
        """On the monotonic clock."""
        self.going_away = self.probe = False
        """Whether the call was ended because the server stops."""
        self.trace_id = ""
        self.traceparent = ""
        self.correlation_id = ""
        self.subject = ""
        self.scopes: frozenset[str] = frozenset()
        self.span: Any = None
        self.trailers = ()
        self.waiting = self.admitted = self.circuit_token = self.on_answer = self.refusal = None
        self.received_bytes = 0
        self.sent_bytes = 0
