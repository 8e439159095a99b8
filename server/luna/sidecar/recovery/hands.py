"""What the recovery of a process needs from whoever supervises it."""

from collections.abc import Sequence
from typing import Protocol

from luna.kernel.error_reports import ErrorTarget
from luna.sidecar.commands import health_probe
from luna.sidecar.node_health import NODE_SERVICE
from luna.sidecar.probing import Probe
from luna.sidecar.state import ReplicaStatus
from luna.sidecar.supervisor import Supervisor


class Hands(Protocol):
    """The part of the supervisor that recoveries use."""

    def statuses(self) -> Sequence[ReplicaStatus]:
        """Return how every process is."""
        ...

    def probe(self, status: ReplicaStatus) -> Probe:
        """Return a new connection to one of them, which asks how it is."""
        ...

    async def kill_and_restart(self, process: str, replica: int, reason: str) -> ReplicaStatus:
        """End a process at once, and return how it is when it serves again."""
        ...

    async def restart(self, process: str, restart_id: str) -> Sequence[ReplicaStatus]:
        """Replace a process that still answers: start another, drain the old one, end it."""
        ...


class Supervised:
    """The processes of a supervisor, and the sidecar that it runs in."""

    def __init__(self, supervisor: Supervisor, own: ReplicaStatus) -> None:
        self._supervisor = supervisor
        self._own = own

    def statuses(self) -> Sequence[ReplicaStatus]:
        """Return how every process is."""
        return [*self._supervisor.board.all(), self._own]

    def probe(self, status: ReplicaStatus) -> Probe:
        """Return a new connection to one of them, which asks how it is."""
        if status.process == self._own.process:
            # Without a service it would answer for the whole node.
            return health_probe(status, NODE_SERVICE)
        return self._supervisor.probe(status)

    async def kill_and_restart(self, process: str, replica: int, reason: str) -> ReplicaStatus:
        """End a process at once, and return how it is when it serves again."""
        return await self._supervisor.kill_and_restart(process, replica, reason)

    async def restart(self, process: str, restart_id: str) -> Sequence[ReplicaStatus]:
        """Replace a process that still answers: start another, drain the old one, end it."""
        return await self._supervisor.restart(process, restart_id, spare=True)


def name_of(status: ReplicaStatus) -> str:
    """Return the name of one replica, such as ``kernel-0``."""
    return f"{status.process}-{status.replica}"


def find(statuses: Sequence[ReplicaStatus], process: str) -> ReplicaStatus | None:
    """Return the status of *process*, given with its replica or, where it has only one, without."""
    exact = next((status for status in statuses if name_of(status) == process), None)
    if exact:
        return exact
    replicas = [status for status in statuses if status.process == process]
    return replicas[0] if len(replicas) == 1 else None


def in_full(target: ErrorTarget, statuses: Sequence[ReplicaStatus]) -> ErrorTarget:
    """Return *target* with its replica, where there is but one that can be meant."""
    status = find(statuses, target.process) if target.process else None
    if status is None:
        return target
    return ErrorTarget(process=name_of(status), service=target.service, method=target.method, resource=target.resource)
