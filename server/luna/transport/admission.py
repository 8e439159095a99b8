"""The step that decides whether there is room for a call."""

from collections.abc import Callable
from typing import TypeAlias

from luna.transport.call import Call
from luna.transport.rpc import Rpc
from luna.transport.step import Start, Step

Admit: TypeAlias = Callable[[Call, int], None]
"""Takes a call and the priority of its rpc, and raises if there is no room for it."""


class Admission(Step):
    """Asks its gates about each call, by the priority that the contract gives the rpc. Without a gate, all pass."""

    name = "admission"
    inside = frozenset({"errors", "identity"})

    def __init__(self, *gates: Admit) -> None:
        self._gates = gates

    def on_start(self, rpc: Rpc) -> Start | None:
        """Ask the gates."""
        gates, priority = self._gates, rpc.priority
        if not gates:
            return None

        def start(call: Call) -> None:
            for admit in gates:
                admit(call, priority)

        return start
