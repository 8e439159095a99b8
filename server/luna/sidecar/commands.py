"""Builds what the supervisor runs for each process of a topology."""

from collections.abc import Callable, Iterator, Sequence

from luna.kernel.clock import Clock
from luna.settings import Settings
from luna.sidecar.frugal import UNNEEDED, doing_without
from luna.sidecar.places import log_directory, run_directory
from luna.sidecar.probing import Probe
from luna.sidecar.program import luna_command
from luna.sidecar.replica import Command, ReplicaSpec
from luna.sidecar.spawner import Found, Spawner
from luna.sidecar.standby import STANDBY, Standby, is_standby
from luna.sidecar.state import ReplicaStatus
from luna.topology import Topology


def serve_command(settings: Settings) -> Command:
    """Return what builds the command that serves one generation of a replica, with these very *settings*."""

    def command(status: ReplicaStatus) -> Sequence[str]:
        return luna_command(settings, "serve", *serve_arguments(status))

    return command


def serve_arguments(status: ReplicaStatus) -> list[str]:
    """Return what makes a server process that very one."""
    return [
        status.process,
        *("--replica", str(status.replica)),
        *("--generation", str(status.generation)),
        *("--socket", str(status.socket)),
    ]


def standby(
    settings: Settings, *, spawner: Spawner, clock: Clock, calm: Callable[[], bool], found: Sequence[Found]
) -> Standby:
    """Return the keeper of a spare server process: the one that was *found*, if there is one."""
    return Standby(
        command=lambda door: luna_command(settings, "serve", "--standby", str(door)),
        arguments=serve_arguments,
        spawner=spawner,
        run=run_directory(settings),
        log=log_directory(settings) / f"{STANDBY}.log",
        clock=clock,
        calm=calm,
        found=next((each for each in found if is_standby(each) and each.child), None),
    )


def replica_specs(settings: Settings, topology: Topology, command: Command) -> Iterator[ReplicaSpec]:
    """Yield what to run for every replica of every process."""
    for process in topology.processes:
        for replica in range(process.replicas):
            yield ReplicaSpec(
                process=process.name,
                replica=replica,
                modules=process.modules,
                command=command,
                probe=health_probe,
                log=log_directory(settings) / f"{process.name}.log",
                run=run_directory(settings),
                last=process.single_writer,
                heir=process.heir,
            )


def health_probe(status: ReplicaStatus, service: str = "") -> Probe:
    """Return a new connection to a process, which asks how it is, or how the one *service* is."""
    # gRPC takes a quarter of a second to import, in which the processes are already on their way.
    with doing_without(*UNNEEDED):
        from luna.sidecar.health_probe import HealthProbe  # noqa: PLC0415

    if status.socket is None:
        raise ValueError(f"{status.process} has no socket to ask through")
    return HealthProbe(status.socket, service)
