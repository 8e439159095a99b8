"""One rpc in flight, as the steps of the chain see it."""

import time
from collections.abc import Sequence
from typing import Any, TypeAlias

from luna.transport.rpc import Rpc

Context: TypeAlias = Any
"""A servicer's context. grpc.aio's own class has no public base that a wrapper could share."""


class Call:
    """What the steps learn about a call.

    It has every attribute of `CallContext`, and is the current one while the
    call is served. Mutable and hand-written, because one is made for each call.
    """

    __slots__ = (
        "context",
        "correlation_id",
        "deadline",
        "going_away",
        "headers",
        "method",
        "received_bytes",
        "rpc",
        "scopes",
        "sent_bytes",
        "span",
        "started",
        "subject",
        "trace_id",
        "traceparent",
    )

    def __init__(self, rpc: Rpc, context: Context, metadata: Sequence[tuple[str, Any]]) -> None:
        self.rpc = rpc
        self.context: Context = context
        """``None`` after a call that ended well: a task that it started may live on and keep this object."""
        self.method = rpc.method
        self.headers: dict[str, Any] = dict(metadata)
        self.started = time.monotonic()
        self.deadline: float | None = None
        """On the monotonic clock."""
        self.going_away = False
        """Whether the call was ended because the server stops."""
        self.trace_id = ""
        self.traceparent = ""
        self.correlation_id = ""
        self.subject = ""
        self.scopes: frozenset[str] = frozenset()
        self.span: Any = None
        self.received_bytes = 0
        self.sent_bytes = 0
