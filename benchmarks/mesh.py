"""Measures what the filters of the front door cost: Envoy as it runs in a node against Envoy with only the router.

Both stand in front of the same server and take turns under the same load. The rate is that of the whole path, client
and server included; the processor time is that of Envoy alone.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import grpc.aio
import psutil
import uvloop
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub

from luna.settings import Settings
from luna.sidecar.envoy.configuration import Places, command, descriptor_set, render, write
from luna.sidecar.envoy.template import Json, extension
from luna.topology import Process, Topology

if TYPE_CHECKING:
    from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceAsyncStub

CALLERS: Final = 32
CALLS: Final = 3_000
ROUNDS: Final = 11
RATIO_MIN: Final = 0.85
TOPOLOGY: Final = Topology(processes=(Process(name="kernel", modules=("helloria", "reflexia", "zeroia")),))


@dataclass
class Side:
    """One Envoy, and what was measured through it."""

    name: str
    process: psutil.Process
    stub: "HelloriaServiceAsyncStub"
    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def cpu_seconds(self) -> float:
        """Return the processor time that Envoy has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    with TemporaryDirectory(prefix="luna") as folder:
        settings = Settings(home=Path(folder), metrics_port=0)
        places = Places.of(settings)
        places.run.mkdir()
        socket = str(places.run / "kernel-0.sock")
        async with (
            _process(sys.executable, "-m", "benchmarks.mesh_server", socket),
            _side("router", settings) as router,
            _side("filters", settings) as filters,
        ):
            for _ in range(ROUNDS):
                for side in (router, filters):
                    await _load(side)
            return _report([router, filters])


@asynccontextmanager
async def _side(name: str, settings: Settings) -> AsyncIterator[Side]:
    port, admin_port = _free_ports(2)
    mine = replace(settings, port=port, admin_port=admin_port)
    places = Places(run=Places.of(settings).run, log=settings.home / name)
    rendered = render(TOPOLOGY, descriptor_set(), mine, places)
    if name == "router":
        rendered = replace(rendered, bootstrap=_router_only(rendered.bootstrap, mine))
    write(rendered, places)
    path = places.config
    kept = path.rename(path.with_name(f"{name}.json"))
    arguments = [str(kept) if argument == str(path) else argument for argument in command(mine, places)]
    async with (
        _process(*arguments) as pid,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        side = Side(name=name, process=psutil.Process(pid), stub=HelloriaServiceStub(channel))
        await side.stub.Echo(EchoRequest(message="ready?"), wait_for_ready=True, timeout=10)
        await _calls(side, CALLS)
        yield side


@asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(*arguments)
    try:
        yield process.pid
    finally:
        process.kill()
        await process.wait()


def _router_only(config: Json, settings: Settings) -> Json:
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="bare",
        route_config={
            "virtual_hosts": [
                {
                    "name": "bare",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "kernel", "timeout": "0s"}}],
                }
            ]
        },
        http_filters=[extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")],
    )
    listener: Json = {
        "name": "bare",
        "address": {"socket_address": {"address": settings.host, "port_value": settings.port}},
        "filter_chains": [{"filters": [manager]}],
    }
    resources = config["static_resources"]
    assert isinstance(resources, Mapping)
    return {**config, "static_resources": {**resources, "listeners": [listener]}}


async def _load(side: Side) -> None:
    cpu, started = side.cpu_seconds(), time.perf_counter()
    await _calls(side, CALLS)
    side.rates.append(CALLS / (time.perf_counter() - started))
    side.cpu_us.append((side.cpu_seconds() - cpu) * 1e6 / CALLS)


async def _calls(side: Side, count: int) -> None:
    request = EchoRequest(message="x" * 64)

    async def caller() -> None:
        for _ in range(count // CALLERS):
            await side.stub.Echo(request, timeout=30)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


def _free_ports(count: int) -> Sequence[int]:
    taken = {connection.laddr.port for connection in psutil.net_connections("tcp") if connection.laddr}
    return [port for port in range(27_000, 28_000) if port not in taken][:count]


def _report(sides: Sequence[Side]) -> Mapping[str, object]:
    figures = {side.name: _figures(side) for side in sides}
    print(f"\nEcho through Envoy, {CALLERS} callers, {ROUNDS} rounds of {CALLS} calls by turns")
    print(f"{'Envoy with':<12}{'calls/s':>10}{'spread':>10}{'Envoy CPU µs/call':>20}")
    for name, row in figures.items():
        print(f"{name:<12}{row['rate']:>10.0f}{row['rate_spread']:>10.0f}{row['envoy_cpu_us']:>20.1f}")
    pairs = zip(sides[1].rates, sides[0].rates, strict=True)
    ratio = statistics.median(with_filters / bare for with_filters, bare in pairs)
    print(f"rate with filters / with only the router: {ratio:.2f} (must be at least {RATIO_MIN})")
    return {"sides": figures, "rate_ratio": ratio, "rate_ratio_min": RATIO_MIN, "holds": ratio >= RATIO_MIN}


def _figures(side: Side) -> Mapping[str, float]:
    quartiles = statistics.quantiles(side.rates, n=4)
    return {
        "rate": statistics.median(side.rates),
        "rate_spread": quartiles[2] - quartiles[0],
        "envoy_cpu_us": statistics.median(side.cpu_us),
    }
