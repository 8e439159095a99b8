"""The port to asking a process how it is, and the pace at which that is done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from luna.sidecar.restarts import RestartPolicy
from luna.sidecar.state import ReplicaStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a process said when asked."""

    answered: bool
    """Whether it said anything. One that does not for long is frozen."""
    serving: bool = False
    reason: str = ""


class Probe(Protocol):
    """Asks one process how it is."""

    async def ask(self, *, seconds: float) -> Answer:
        """Ask, and wait up to *seconds*. Never raises."""
        ...

    async def aclose(self) -> None:
        """Let go of the connection."""
        ...


ProbeFor: TypeAlias = Callable[[ReplicaStatus], Probe]
"""Builds the probe of a replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often to look, and how long to wait for what."""

    restart: RestartPolicy = field(default_factory=RestartPolicy)
    poll_seconds: float = 0.03
    """Between two looks at a process that is coming up."""
    probe_seconds: float = 0.3
    """Between two looks at one that serves."""
    ask_seconds: float = 1.0
    frozen_seconds: float = 1.5
    """A process that has not answered for this long is killed and started again, unless it has an excuse."""
    starved_seconds: float = 10.0
    """How long the want of a processor or of the disk is one."""
    busy_seconds: float = 30.0
    """How long it is one that the event loop turns and has too much to do."""
    start_seconds: float = 60.0
    """How long a process may take to come up."""
    inherit_seconds: float = 2.0
    """How long the replacement of the log's owner may take to serve before the old one has let go of the log."""
    settle_seconds: float = 5.0
    """How long the mesh may take to follow a change of endpoints."""
    linger_seconds: float = 0.3
    """How long the old process goes on after that, for the mesh still sends it a call now and then."""
    stop_seconds: float = 10.0
    """How long a process may take to end when asked to."""
