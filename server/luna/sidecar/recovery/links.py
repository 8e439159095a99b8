"""The connections of the sidecar to the processes that it looks after."""

from typing import Final

from luna.settings import Settings
from luna.sidecar.places import run_directory, socket_link
from luna.topology import Topology
from luna.transport.parts import Parts
from luna.transport.peers import Peers

EVENTS: Final = "arkalia.events.v1.EventService"
_CALLED: Final = (
    EVENTS,
    "arkalia.resilience.v1.CircuitBreakerService",
    "arkalia.resilience.v1.DegradationService",
    "arkalia.resilience.v1.ProjectionService",
)


def peers_of(settings: Settings, topology: Topology, guards: Parts) -> Peers:
    """Return the channels to whoever serves what the sidecar calls, with *guards* before them."""
    run = run_directory(settings)
    hosts = {service: host for service in _CALLED if (host := topology.host(service.split(".")[1]))}
    return Peers(
        {service: f"unix:{socket_link(run, host, 0)}" for service, host in hosts.items()},
        message_bytes_max=settings.message_bytes_max,
        processes=hosts,
        parts=guards,
    )
