"""One rpc in flight, as the steps of the chain see it."""

import time
from collections.abc import Sequence
from typing import Any, TypeAlias

from luna.transport.rpc import Rpc

Context: TypeAlias = Any
"""A servicer's context. grpc.aio's own class has no public base that a wrapper could share."""


class Call:
    """What the steps learn about a call. Mutable and hand-written: it is made for each one."""

    __slots__ = (
        "context",
        "correlation_id",
        "deadline",
        "going_away",
        "headers",
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
        self.context = context
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
