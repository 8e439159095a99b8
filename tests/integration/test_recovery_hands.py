"""The sidecar is one of the processes that it looks after."""

from pathlib import Path
from typing import cast

import grpc.aio
from grpc_health.v1 import health_pb2_grpc

from luna.sidecar.node_health import NodeHealth
from luna.sidecar.recovery.hands import Supervised
from luna.sidecar.state import ReplicaStatus, State
from luna.sidecar.supervisor import Supervisor
from luna.topology import SIDECAR, SIDECAR_MODULES, Process, Topology


async def test_the_sidecar_is_well_while_another_process_is_not(tmp_path: Path) -> None:
    """
    The node as a whole does not serve then, and that is no failure of the sidecar, whose recovery is over.
    """
    socket = tmp_path / "sidecar.sock"
    own = ReplicaStatus(
        process=SIDECAR,
        replica=0,
        modules=SIDECAR_MODULES,
        generation=1,
        socket=socket,
        state=State.SERVING,
        pid=1,
        state_ns=1,
    )
    health = NodeHealth(Topology(processes=(Process(name="kernel", modules=("helloria",)),)), tmp_path)
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    try:
        # It is not asked of the supervisor.
        probe = Supervised(cast("Supervisor", None), own).probe(own)
        answer = await probe.ask(seconds=5)
        await probe.aclose()
    finally:
        await server.stop(0)
        await health.aclose()

    assert (answer.answered, answer.serving) == (True, True)
