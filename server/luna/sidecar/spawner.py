"""The port through which the sidecar has processes started, and what it finds when it comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from luna.sidecar.child import Child
from luna.sidecar.state import Exit, ReplicaStatus


class SpawnError(Exception):
    """A process could not be started. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run."""

    key: str
    """What it is known by. No two that run share one."""
    command: Sequence[str]
    log: Path
    keep: bool = True
    """Whether to start it again when it ends while no sidecar is there to decide."""
    note: Mapping[str, object] = field(default_factory=dict)
    """What a later sidecar should know about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A process that an earlier sidecar had started."""

    key: str
    child: Child | None
    """``None``: it does not run."""
    keep: bool
    restarts: int
    """How often it was started again since, without anybody's order."""
    exits: Sequence[tuple[int, Exit]]
    """How it ended meanwhile, and the pid that it had."""
    note: Mapping[str, object]


class Spawner(Protocol):
    """Starts processes that do not end with the sidecar."""

    @property
    def attached(self) -> bool:
        """Whether somebody else starts them, again too, so that all there is to do is to wait for them."""
        ...

    @property
    def ending(self) -> bool:
        """Whether somebody else ends the whole node, so that it is no failure that they end."""
        ...

    async def start(self, order: Order) -> Child:
        """Start a process.

        Raises:
            SpawnError: it could not be started.

        """
        ...

    async def assign(self, key: str, child: Child, order: Order) -> None:
        """Let *child*, which runs as *key*, be what *order* asks for from now on.

        Raises:
            SpawnError: it has ended, or what is asked for runs already.

        """
        ...

    def let_go(self, key: str) -> None:
        """Do not start it again when it ends."""
        ...


class Spare(Protocol):
    """A process that has everything loaded and waits for a role."""

    @property
    def ready(self) -> bool:
        """Whether there is one now."""
        ...

    async def run(self) -> None:
        """See to it that there is one."""
        ...

    async def take(self, order: Order, status: ReplicaStatus) -> Child | None:
        """Let it be what *order* asks for, on the socket of *status*. ``None``: there is none, or it did not."""
        ...


class NoSpare:
    """There never is one."""

    ready = False

    async def run(self) -> None:
        """Do nothing."""

    async def take(self, order: Order, status: ReplicaStatus) -> Child | None:
        """Take none."""
        del order, status
        return None


def slot_key(process: str, replica: int, generation: int) -> str:
    """Return what one generation of a replica is known by."""
    return f"{process}-{replica}.{generation}"


def slot_of(key: str) -> tuple[str, int, int] | None:
    """Return the process, replica and generation that *key* stands for, ``None`` if it does not."""
    name, _, generation = key.rpartition(".")
    process, _, replica = name.rpartition("-")
    if not (process and replica.isdecimal() and generation.isdecimal()):
        return None
    return process, int(replica), int(generation)
