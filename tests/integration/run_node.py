"""Runs a node of small processes: ``run_node.py HOME PORTS [PROCESS=BEHAVIOUR…]``; no ports: no Envoy.

It becomes the keeper, as ``arkalia up`` does, whose sidecar is this program again, with ``--sidecar`` in front. It does
not begin as long as there is a file ``HOME/hold``, and ends at once if there is a file ``HOME/crash``.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from luna.settings import Settings
from luna.sidecar.launch import launch
from luna.sidecar.plan import Plan
from luna.sidecar.probing import Pace
from luna.sidecar.running import run_plan
from luna.sidecar.state import ReplicaStatus
from luna.topology import SPLIT

SERVICES = tuple(
    f"arkalia.{name}"
    for name in (
        "events.v1.EventService",
        "helloria.v1.HelloriaService",
        "memory.v1.MemoryService",
        "reflexia.v1.ReflexiaService",
        "zeroia.v1.DecisionService",
        "zeroia.v1.PolicyService",
        "zeroia.v1.CoordinatorService",
        "resilience.v1.CircuitBreakerService",
        "resilience.v1.DegradationService",
        "resilience.v1.ProjectionService",
    )
)


def main(arguments: Sequence[str]) -> int:
    """Run the node until it is told to stop."""
    if arguments[0] == "--sidecar":
        home, ports, *behaviours = arguments[1:]
        while (Path(home) / "hold").exists():
            time.sleep(0.02)
        if (Path(home) / "crash").exists():
            return 3
        return asyncio.run(run_plan(plan(home, ports, dict(behaviour.split("=") for behaviour in behaviours))))
    home, ports, *_ = arguments
    sidecar = [sys.executable, __file__, "--sidecar", *arguments]
    return launch(settings_of(home, ports), sidecar, endpoint="http://127.0.0.1:1", mesh=bool(ports))


def plan(home: str, ports: str, wanted: dict[str, str]) -> Plan:
    script = str(Path(__file__).with_name("health_server.py"))

    def command(status: ReplicaStatus) -> Sequence[str]:
        return [sys.executable, script, str(status.socket), *SERVICES, *filter(None, [wanted.get(status.process)])]

    pace = Pace(probe_seconds=0.1, start_seconds=20.0, settle_seconds=0.1, linger_seconds=0.1, stop_seconds=3.0)
    return Plan(settings=settings_of(home, ports), topology=SPLIT, command=command, mesh=bool(ports), pace=pace)


def settings_of(home: str, ports: str) -> Settings:
    port, admin_port, metrics_port = map(int, ports.split(",")) if ports else (0, 0, 0)
    return Settings(
        home=Path(home),
        node_name="test",
        port=port,
        admin_port=admin_port,
        metrics_port=metrics_port,
        drain_seconds=1.0,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
