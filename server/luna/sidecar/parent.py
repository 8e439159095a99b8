"""The port to whoever the processes of a node are started by, and what a sidecar is told when it comes up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from luna.sidecar.spawner import Found, Spawner
from luna.sidecar.state import Exit


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """What a sidecar finds when it comes up."""

    keeper_pid: int
    """The process through which the node is stopped."""
    life: int
    """Which sidecar of this node it is, counted from 1."""
    began: float
    """When the node did, on the monotonic clock."""
    began_ns: int
    outage_seconds: float
    """How long there was no sidecar."""
    exit: Exit | None
    """How the one before ended."""
    memo: Mapping[str, Any]
    found: Sequence[Found]
    on_purpose: bool = False
    """Whether the one before ended because it was told to, and had not fallen."""


class Parent(Spawner, Protocol):
    """Has processes started, and remembers for a later sidecar what this one knows."""

    async def hello(self) -> Inheritance:
        """Take charge, and return what there is to take charge of."""
        ...

    def remember(self, memo: Mapping[str, object]) -> None:
        """Keep *memo* for a later sidecar."""
        ...

    def say_goodbye(self, code: int) -> None:
        """Say that this sidecar ends on purpose, and the exit code that it ends with."""
        ...

    async def beat(self) -> None:
        """Show again and again that this process is well, forever."""
        ...
