"""What is known about the call that is being served."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """The call on whose behalf code runs. Empty where there is no call, as in a background loop."""

    trace_id: str = ""
    """The W3C trace, 32 hexadecimal digits."""
    subject: str = ""
    """Who calls, as the identity step found out."""
    deadline: float | None = None
    """The `Clock.monotonic` time by which the caller wants its answer; ``None``: it can wait."""
    method: str = ""
    """The rpc, such as ``arkalia.events.v1.EventService/Append``."""
    scopes: frozenset[str] = frozenset()
    """What the caller's token allows, as the identity step found out."""
    correlation_id: str = ""
    """What the caller named the larger piece of work that this call belongs to."""
    priority: int = 1
    """How much the work matters: a value of `arkalia.options.v1.Priority`. What the node does by itself is CRITICAL."""
    probe: bool = False
    """Whether the node asks or notes how things are. What it calls answers it, whatever circuit breakers say."""
    traceparent: str = ""
    """The W3C header that calls made on behalf of this one carry, if a span of theirs is known."""


NO_CALL: Final = CallContext()
PROBE: Final = CallContext(probe=True)

_current: Final[ContextVar[CallContext]] = ContextVar("luna_call", default=NO_CALL)

enter = _current.set
"""Make a context the current one; returns the token for `leave`."""
leave = _current.reset
"""Go back to the context before the `enter` that returned this token."""


def current_call() -> CallContext:
    """Return the context of the call being served, `NO_CALL` outside of one."""
    return _current.get()
