"""What happens on a node that its log should know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from luna.sidecar.state import Exit, ReplicaStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStarted:
    """Every process serves for the first time."""

    seconds: float
    unreached: Sequence[str] = ()
    """Processes that serve, and that Envoy does not reach yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAdopted:
    """A sidecar came up after another, and took over what ran on without one."""

    exit: Exit | None
    """How the one before ended."""
    outage_seconds: float
    """How long there was none."""
    adopted: Sequence[ReplicaStatus]
    """What it found running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStopping:
    """The node was told to stop."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStarted:
    """A process was started."""

    status: ReplicaStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExited:
    """A process ended."""

    status: ReplicaStatus
    """As it was before."""
    exit: Exit
    expected: bool
    said: Sequence[str]
    """The last lines it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRestarted:
    """A process serves again."""

    status: ReplicaStatus
    rolling: bool
    outage_seconds: float


ProcessFact: TypeAlias = ProcessStarted | ProcessExited | ProcessRestarted
Fact: TypeAlias = NodeStarted | NodeAdopted | NodeStopping | ProcessFact

Record: TypeAlias = Callable[[Fact], None]
"""Takes note of a fact. Never waits, never fails."""
