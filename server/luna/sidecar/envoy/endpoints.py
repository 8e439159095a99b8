"""Tells Envoy on which sockets a process can be reached now."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from luna.sidecar.envoy.discovery import discover
from luna.sidecar.envoy.names import URGENT
from luna.sidecar.envoy.template import Json, typed
from luna.topology import SIDECAR
from luna.transport.sockets import urgent_sockets


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFiles:
    """Publishes endpoints as files that Envoy watches.

    A process that is being restarted stays published: Envoy holds calls back and tries again until it is there. Only
    a replica that is gone for good is left out.
    """

    folder: Path

    def publish(self, process: str, sockets: Sequence[Path]) -> None:
        """Make *sockets* the endpoints of *process*."""
        discover(self._file(process), _assignment(process, sockets))
        if process != SIDECAR:
            urgent = f"{process}{URGENT}"
            paths = [path for socket in sockets for path in urgent_sockets(socket)]
            discover(self._file(urgent), _assignment(urgent, paths))

    def published(self, process: str) -> bool:
        """Return whether Envoy was told where *process* is."""
        return self._file(process).exists()

    def _file(self, process: str) -> Path:
        return self.folder / f"{process}.json"


def _assignment(process: str, sockets: Sequence[Path]) -> Json:
    endpoints: Sequence[Json] = [{"endpoint": {"address": {"pipe": {"path": str(socket)}}}} for socket in sockets]
    return typed(
        "envoy.config.endpoint.v3.ClusterLoadAssignment",
        cluster_name=process,
        endpoints=[{"lb_endpoints": endpoints}],
    )
