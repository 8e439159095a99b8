"""Runs a node of small processes: ``run_node.py HOME PORTS [PROCESS=BEHAVIOUR…]``; no ports: no Envoy."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from luna.settings import Settings
from luna.sidecar.node import run_plan
from luna.sidecar.plan import Plan
from luna.sidecar.probing import Pace
from luna.sidecar.state import ReplicaStatus
from luna.topology import SPLIT

SERVICES = tuple(
    f"arkalia.{name}"
    for name in (
        "events.v1.EventService",
        "helloria.v1.HelloriaService",
        "reflexia.v1.ReflexiaService",
        "zeroia.v1.DecisionService",
        "zeroia.v1.PolicyService",
        "zeroia.v1.CoordinatorService",
    )
)


def main(home: str, ports: str, behaviours: Sequence[str]) -> int:
    """Run the node until it is told to stop."""
    wanted = dict(behaviour.split("=") for behaviour in behaviours)
    script = str(Path(__file__).with_name("health_server.py"))

    def command(status: ReplicaStatus) -> Sequence[str]:
        return [sys.executable, script, str(status.socket), *SERVICES, *filter(None, [wanted.get(status.process)])]

    port, admin_port, metrics_port = map(int, ports.split(",")) if ports else (0, 0, 0)
    settings = Settings(
        home=Path(home),
        node_name="test",
        port=port,
        admin_port=admin_port,
        metrics_port=metrics_port,
        drain_seconds=1.0,
    )
    pace = Pace(probe_seconds=0.1, start_seconds=20.0, settle_seconds=0.1, linger_seconds=0.1, stop_seconds=3.0)
    plan = Plan(settings=settings, topology=SPLIT, command=command, mesh=bool(ports), pace=pace)
    return asyncio.run(run_plan(plan))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
