"""What the supervisor knows about each process: values, and the board they are kept on."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, TypeAlias, TypedDict

from luna.kernel.bell import Bell


class State(Enum):
    """Whether a process does its work. The names are those of ``HealthState``."""

    SERVING = "serving"
    DEGRADED = "degraded"
    RECOVERING = "recovering"
    STARTING = "starting"
    NOT_SERVING = "not serving"


_FROM_BEST: Final = tuple(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a process ended."""

    code: int | None
    """``None``: by a signal, or nobody knows how."""
    signal: str
    """Empty: with a code, or nobody knows how."""
    time_ns: int
    ran_seconds: float
    reason: str = ""

    def __str__(self) -> str:
        how = f"exit code {self.code}" if self.code is not None else self.signal or "an unknown exit code"
        return f"{how} ({self.reason})" if self.reason else how


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaStatus:
    """One replica of a process at one moment."""

    process: str
    replica: int
    modules: Sequence[str]
    generation: int
    socket: Path | None
    """``None`` for Envoy."""
    state: State = State.STARTING
    reason: str = ""
    pid: int | None = None
    restarts: int = 0
    crash_looping: bool = False
    last_exit: Exit | None = None
    started_ns: int = 0
    state_ns: int = 0

    @property
    def key(self) -> "Key":
        """What it is a replica of, and which."""
        return self.process, self.replica


class Changes(TypedDict, total=False):
    """What may become of a replica."""

    state: State
    reason: str
    pid: int | None
    restarts: int
    crash_looping: bool
    last_exit: Exit
    started_ns: int


Key: TypeAlias = tuple[str, int]


def worst(statuses: Sequence[ReplicaStatus]) -> State:
    """Return the worst state of any replica."""
    return max((status.state for status in statuses), key=_FROM_BEST.index, default=State.STARTING)


class Board:
    """The newest status of every replica, and who waits for the next change.

    A follower holds nothing but a number, so a slow one costs nothing and
    sees the latest status of each replica that changed meanwhile.
    """

    def __init__(self, *, after: int = 0) -> None:
        """Give changes numbers past *after*: to whoever has seen none of these, everything is news."""
        self._statuses: dict[Key, tuple[int, ReplicaStatus]] = {}
        self._version = after
        self._bell = Bell()

    @property
    def version(self) -> int:
        """The number of the newest change."""
        return self._version

    @property
    def changed(self) -> asyncio.Event:
        """What will be set at the next change."""
        return self._bell.next

    def put(self, status: ReplicaStatus) -> None:
        """Make *status* the newest of its replica."""
        if (known := self._statuses.get(status.key)) and known[1] == status:
            return
        self._version += 1
        self._statuses[status.key] = (self._version, status)
        self._bell.ring()

    def all(self) -> Sequence[ReplicaStatus]:
        """Return every status, in the order in which replicas were first put."""
        return [status for _, status in self._statuses.values()]

    def of(self, process: str) -> Sequence[ReplicaStatus]:
        """Return the statuses of the replicas of *process*."""
        return [status for status in self.all() if status.process == process]

    async def follow(self, *, after: int) -> AsyncGenerator[tuple[Sequence[ReplicaStatus], int], None]:
        """Yield what changed past version *after* and the version then reached, forever.

        A version that is still to come is one of a clock that went back since: then everything is news.
        """
        after = after if after <= self._version else 0
        while True:
            changed = self.changed
            if news := [status for version, status in self._statuses.values() if version > after]:
                after = self._version
                yield news, after
            else:
                await changed.wait()
