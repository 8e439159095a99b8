"""The real Envoy in front of small real servers, for tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import grpc
import httpx

from luna.resilience.levels import Level
from luna.settings import Settings
from luna.sidecar.envoy.configuration import Places, command, descriptor_set, render, write
from luna.sidecar.envoy.endpoints import EndpointFiles
from luna.sidecar.envoy.routing import Routing
from luna.sidecar.envoy.stance import Stance
from luna.topology import Process, Topology
from tests.node import free_ports

REPOSITORY = Path(__file__).resolve().parents[2]
TOPOLOGY = Topology(
    processes=(
        Process(name="log", modules=("events",), single_writer=True),
        Process(name="kernel", modules=("helloria", "reflexia", "resilience", "zeroia"), replicas=2),
    )
)
"""One process alone, and one with a second replica to turn to."""
WORKERS_SECONDS = 0.3
"""What Envoy's workers may lag behind its main thread, which counts endpoints and versions, on a busy machine."""


@dataclass(slots=True, kw_only=True)
class Mesh:
    """A running Envoy, and the servers behind it."""

    settings: Settings
    places: Places
    routing: Routing
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.settings.port}"

    @property
    def journal(self) -> Path:
        return self.places.log / "journal"

    def calls(self, line: str) -> int:
        """Return how often a server wrote *line* into its journal."""
        return self.journal.read_text().splitlines().count(line) if self.journal.exists() else 0

    def start(self, name: str) -> None:
        """Start the server called *name*, such as ``kernel-0``."""
        arguments = ["--socket", self.places.run / f"{name}.sock", "--process", name, "--journal", self.journal]
        paths = [str(REPOSITORY / part) for part in (".", "server", "proto/gen/python")]
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "tests.mesh.backend", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def kill(self, name: str) -> None:
        """Kill the server called *name*, as a crash would."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(5)

    def signal(self, name: str, number: signal.Signals) -> None:
        self.processes[name].send_signal(number)

    def follow(self, level: Level, *, suspended: Collection[str] = ()) -> float:
        """Have Envoy follow *level*, and return how long it took to take effect."""
        started = time.monotonic()
        version = self.routing.publish(Stance(level=level, suspended=suspended), self.places.routes)
        wait_until(lambda: version in self.admin("/stats?filter=rds.edge.version_text"))
        # Each connection may be another worker's.
        wait_until(lambda: {self._level() for _ in range(10)} == {level.name})
        return time.monotonic() - started

    def _level(self) -> str | None:
        connection = HTTPConnection("127.0.0.1", self.settings.port, timeout=5)
        connection.request("GET", "/nowhere")
        level = connection.getresponse().headers["x-arkalia-degradation"]
        connection.close()
        return level

    def admin(self, path: str) -> str:
        """Return what Envoy's admin interface says."""
        return httpx.get(f"http://127.0.0.1:{self.settings.admin_port}{path}").text

    def stat(self, name: str) -> int:
        """Return one of Envoy's counters or gauges."""
        text = self.admin(f"/stats?filter=^{name.replace('.', chr(92) + '.')}$")
        return int(text.rpartition(":")[2] or 0)

    def wait_healthy(self, cluster: str, count: int, seconds: float = 15) -> float:
        """Wait until Envoy sees *count* healthy endpoints, and return how long that took."""
        return wait_until(lambda: self.stat(f"cluster.{cluster}.membership_healthy") == count, seconds)


def wait_until(condition: object, seconds: float = 15) -> float:
    """Wait until *condition* holds, and return how long that took."""
    assert callable(condition)
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        with suppress(httpx.TransportError):
            if condition():
                return time.monotonic() - started
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {seconds} s")


@contextmanager
def running_mesh(home: Path) -> Iterator[Mesh]:
    """Start Envoy and its servers, and stop them again."""
    port, admin_port, metrics_port = free_ports(3)
    settings = Settings(
        home=home,
        port=port,
        admin_port=admin_port,
        metrics_port=metrics_port,
        cors_origins="https://console\\.test",
    )
    places = Places.of(settings)
    endpoints = EndpointFiles(folder=places.endpoints)
    endpoints.publish("kernel", [places.run / "kernel-0.sock", places.run / "kernel-1.sock"])
    rendered = render(TOPOLOGY, descriptor_set(), settings, places)
    write(rendered, places)
    mesh = Mesh(settings=settings, places=places, routing=rendered.routing)
    try:
        for name in ("log-0", "kernel-0", "kernel-1", "sidecar-0"):
            mesh.start(name)
        with (places.log / "envoy.txt").open("wb") as log:
            mesh.processes["envoy"] = subprocess.Popen(command(settings, places), stdout=log, stderr=log)
        mesh.wait_healthy("kernel", 2)
        mesh.wait_healthy("log", 1)
        wait_until(lambda: httpx.get(f"{mesh.url}/openapi.json").status_code == 200)
        yield mesh
    finally:
        for process in mesh.processes.values():
            process.kill()
            process.wait(5)


def channel_to(mesh: Mesh) -> grpc.Channel:
    """Return a channel that tries nothing again by itself."""
    return grpc.insecure_channel(mesh.target, options=[("grpc.enable_retries", 0)])
