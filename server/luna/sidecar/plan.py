"""What to run as a node, and how."""

from dataclasses import dataclass
from pathlib import Path

from luna.settings import Settings
from luna.sidecar.launch import STOP_MARGIN_SECONDS
from luna.sidecar.places import log_directory, sidecar_socket
from luna.sidecar.probing import Pace
from luna.sidecar.replica import Command
from luna.sidecar.restarts import RestartPolicy
from luna.sidecar.supervisor import ENVOY
from luna.topology import SIDECAR, Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run, and how."""

    settings: Settings
    topology: Topology
    command: Command | None = None
    """What runs a replica. ``None``: a server process of the node."""
    mesh: bool = True
    """Whether Envoy stands in front."""
    pace: Pace | None = None
    verbose: bool = False
    attached: bool = False
    """Whether somebody else starts the processes."""

    @property
    def standby(self) -> bool:
        """Whether there is a spare process for the others."""
        spared = self.command is None and not self.attached and len(self.topology.processes) > 1
        return self.settings.standby and spared

    @property
    def paced(self) -> Pace:
        """How often to look, and how long to wait for what."""
        if self.pace:
            return self.pace
        # Whoever starts processes waits as long as it wants to. Not to look for them meanwhile would help nobody.
        restart = RestartPolicy(first_seconds=0.01, cap_seconds=0.1) if self.attached else RestartPolicy()
        return Pace(restart=restart, stop_seconds=self.settings.drain_seconds + STOP_MARGIN_SECONDS)

    @property
    def endpoint(self) -> str:
        """The address that users call."""
        return self.settings.endpoint if self.mesh else ""

    @property
    def logs(self) -> dict[str, Path]:
        """The log file of each process."""
        names = [process.name for process in self.topology.processes] + [ENVOY] * self.mesh + [SIDECAR]
        return {name: log_directory(self.settings) / f"{name}.log" for name in names}

    def addresses(self, pid: int) -> dict[str, str]:
        """Return what people may want to know about the running node, by name. It is stopped through its *pid*."""
        settings, endpoint = self.settings, self.endpoint
        addresses = {"node": f"unix:{sidecar_socket(settings)}", "data": str(settings.home), "pid": str(pid)}
        if not endpoint:
            return addresses
        metrics = {"metrics": f"http://127.0.0.1:{settings.metrics_port}/metrics/PROCESS"}
        return {
            "endpoint": endpoint,
            "openapi": f"{endpoint}/openapi.json",
            **(metrics if settings.metrics_port else {}),
            **addresses,
        }
