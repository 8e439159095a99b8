"""What a step of the chain looks like, and the rule about their order."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

from luna.transport.call import Call
from luna.transport.rpc import Rpc

Start: TypeAlias = Callable[[Call], None]
"""Runs when a call begins. Raising refuses the call."""
Check: TypeAlias = Callable[[Any], None]
"""Runs for each request message, also for those of a stream. Raising refuses the call."""
End: TypeAlias = Callable[[Call, int], None]
"""Runs once when the call has ended, with its status code. Never raises."""


class Step:
    """One concern around every call.

    The chain asks a step once per method what it wants to do there, and keeps
    the answers. What a step does not override costs nothing.
    """

    name: ClassVar[str]
    inside: ClassVar[frozenset[str]] = frozenset()
    """The steps that must surround this one."""

    def on_start(self, rpc: Rpc) -> Start | None:
        """Return what to do when a call of *rpc* begins."""
        del rpc
        return None

    def on_message(self, rpc: Rpc) -> Check | None:
        """Return what to do with each request message of *rpc*."""
        del rpc
        return None

    def on_enter(self, rpc: Rpc) -> Start | None:
        """Return what to do just before the handler of *rpc* runs; where that is one request, it has been checked."""
        del rpc
        return None

    def on_end(self, rpc: Rpc) -> End | None:
        """Return what to do when a call of *rpc* has ended."""
        del rpc
        return None


class ChainOrderError(Exception):
    """A step sits outside one that must surround it."""


def in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return *steps*, outermost first, if each is inside of those that it names.

    Raises:
        ChainOrderError: one is not, or is there twice.

    """
    outer: set[str] = set()
    for step in steps:
        if missing := step.inside - outer:
            raise ChainOrderError(f"{step.name} must run inside {sorted(missing)}")
        if step.name in outer:
            raise ChainOrderError(f"{step.name} is in the chain twice")
        outer.add(step.name)
    return tuple(steps)
