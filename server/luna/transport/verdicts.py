"""What the end of a call says about whoever answered it."""

from typing import Final

from google.rpc import code_pb2

from luna.resilience.engine import BreakerEngine

COUNTED: Final = frozenset(
    {
        code_pb2.UNAVAILABLE,
        code_pb2.DEADLINE_EXCEEDED,
        code_pb2.RESOURCE_EXHAUSTED,
        code_pb2.INTERNAL,
        code_pb2.UNKNOWN,
    }
)
"""The codes that count as failures."""


def settle(engine: BreakerEngine, token: int, code: int, now: float, seconds: float, *, given: float | None) -> None:
    """Tell *engine* how a call ended that took *seconds* of the *given* ones.

    Who gave up has no verdict. Who was given less time than a call may take
    that is not slow cannot say that it took too long: the hurried must not
    shut others out.
    """
    if code == code_pb2.CANCELLED or (code == code_pb2.DEADLINE_EXCEEDED and is_hurried(engine, given)):
        engine.abandon(token)
    elif code in COUNTED:
        engine.fail(token, now, seconds)
    else:
        engine.succeed(token, now, seconds)


def is_hurried(engine: BreakerEngine, given: float | None) -> bool:
    """Tell whether *given* seconds were too few to call the peer slow."""
    slow = engine.policy.slow_call_seconds
    return given is not None and slow is not None and given < slow
