"""Serves ``NodeService`` and ``RecoveryService``."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final

from arkalia.events.v1 import event_error_pb2
from arkalia.node.v1 import node_error_pb2, node_service_pb2
from arkalia.node.v1 import node_service_pb2_grpc as stubs
from arkalia.recovery.v1 import recovery_error_pb2
from arkalia.recovery.v1 import recovery_service_pb2_grpc as recovery_stubs

from luna.kernel.identity import Identity
from luna.manifest import Health
from luna.settings import Settings
from luna.sidecar.admin import Admin
from luna.sidecar.node_health import NodeHealth
from luna.sidecar.places import run_directory, sidecar_socket
from luna.sidecar.recovery.exposition import render as render_recoveries
from luna.sidecar.recovery.service import SERVICE as RECOVERY
from luna.sidecar.recovery.service import Recovery
from luna.sidecar.recovery.servicer import RecoveryServicer
from luna.sidecar.servicer import NodeServicer
from luna.sidecar.state import ReplicaStatus, State
from luna.sidecar.supervisor import Supervisor
from luna.topology import Topology
from luna.transport.chain import Chain, standard_steps
from luna.transport.exposition import render
from luna.transport.health import HealthMonitor
from luna.transport.logs import configure
from luna.transport.meter import Meter
from luna.transport.metrics import serve_metrics
from luna.transport.server import ServerConfig, serve

_SERVICE: Final = node_service_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name
_DRAIN_SECONDS: Final = 1.0
_REASONS: Final = (
    node_error_pb2.NodeErrorReason.DESCRIPTOR,
    recovery_error_pb2.RecoveryErrorReason.DESCRIPTOR,
    event_error_pb2.EventErrorReason.DESCRIPTOR,
)


def log_to(path: Path | None, settings: Settings) -> None:
    """Write what this process logs to *path*, for the console belongs to people; ``None``: it does not."""
    configure(level=settings.log_level, format=settings.log_format)
    if path is None:
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(path.open("a", buffering=1))


@asynccontextmanager
async def serve_node(
    supervisor: Supervisor,
    recovery: Recovery,
    *,
    settings: Settings,
    topology: Topology,
    identity: Identity,
    endpoint: str,
    logs: dict[str, Path],
    admin: Admin | None,
) -> AsyncIterator[None]:
    """Serve on the sidecar's socket while the block runs, with the chain of every other server."""
    servicer = NodeServicer(
        supervisor,
        identity=identity,
        topology=topology,
        settings=settings,
        endpoint=endpoint,
        logs=logs,
        admin=admin,
    )

    async def probe() -> tuple[Health, str]:
        return judge(supervisor.board.all())

    async def recovery_probe() -> tuple[Health, str]:
        return (Health.SERVING, "") if recovery.ready else (Health.DEGRADED, "its past has not been read yet")

    meter, socket = Meter(), sidecar_socket(settings)
    steps = standard_steps(meter=meter, reasons=_REASONS, parts=recovery.guards)
    config = ServerConfig(
        address=f"unix:{socket}",
        message_bytes_max=settings.message_bytes_max,
        drain_seconds=_DRAIN_SECONDS,
        channelz=settings.channelz,
    )
    async with (
        recovery.running(),
        serve_metrics(
            socket.with_suffix(".metrics.sock"),
            lambda: render(meter, {}) + render_recoveries(recovery.parts, supervisor.board),
        ),
        aclosing(NodeHealth(topology, run_directory(settings))) as answers,
        serve(
            config,
            chain=Chain(steps, meter=meter, message_bytes_max=settings.message_bytes_max),
            health=HealthMonitor({_SERVICE: probe, RECOVERY: recovery_probe}),
            registrations=[
                lambda server: stubs.add_NodeServiceServicer_to_server(servicer, server),
                lambda server: recovery_stubs.add_RecoveryServiceServicer_to_server(
                    RecoveryServicer(recovery.parts), server
                ),
            ],
            services=[_SERVICE, RECOVERY],
            answers=answers,
        ),
    ):
        yield


def judge(statuses: Sequence[ReplicaStatus]) -> tuple[Health, str]:
    """Return how the node is, given its replicas."""
    down = [status for status in statuses if status.state is not State.SERVING]
    if not down:
        return Health.SERVING, ""
    reason = ", ".join(f"{status.process}-{status.replica} is {status.state.value}" for status in down)
    return (Health.NOT_SERVING if len(down) == len(statuses) else Health.DEGRADED), reason
