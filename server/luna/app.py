"""The composition root of a server process: the one place that knows every concrete class."""

import asyncio
import gc
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from luna import __version__, modules
from luna.adapters.consumer_groups import LogConsumers
from luna.adapters.machine import PsutilMachine
from luna.adapters.sqlite_log import SqliteEventLog
from luna.adapters.sqlite_log_recovery import recover
from luna.adapters.sqlite_log_schema import check_library
from luna.contracts import error_reasons, load_contracts
from luna.kernel.clock import SystemClock
from luna.kernel.consumers import Consumers
from luna.kernel.directory import ServiceEntry
from luna.kernel.event_errors import EventLogError
from luna.kernel.event_log import EventLog
from luna.kernel.identity import Identity
from luna.kernel.log_admin import CorruptLogError, RecoveryReport
from luna.manifest import Probe, Toolbox, Wired
from luna.settings import Settings
from luna.sidecar.exit_codes import ExitCode
from luna.sidecar.places import point, run_directory, socket_link
from luna.topology import Process, Topology
from luna.transport.chain import Chain, standard_steps
from luna.transport.check import PeerCheck
from luna.transport.exposition import render
from luna.transport.health import HealthMonitor
from luna.transport.logs import configure
from luna.transport.meter import Meter
from luna.transport.metrics import serve_metrics
from luna.transport.peers import Peers
from luna.transport.remote_consumers import RemoteConsumers
from luna.transport.remote_log import RemoteEventLog
from luna.transport.server import ServerConfig, serve
from luna.transport.sockets import AddressError
from luna.transport.spans import Spans
from luna.transport.vitals import ProcessWatch
from luna.transport.vitals_report import VitalsReport

LAMEDUCK_SECONDS: Final = 0.6
"""Longer than Envoy's interval between two health checks, so that it sends nothing to a server that stops."""
EVENTS: Final = "events"
EVENT_SERVICE: Final = "arkalia.events.v1.EventService"


def recover_log(path: Path) -> RecoveryReport:
    """Save what is intact of a damaged log."""
    return recover(path)


def sqlite_version() -> tuple[str, bool]:
    """Return the version of the SQLite that the log is kept with, and whether it is new enough."""
    try:
        return check_library(), True
    except RuntimeError as error:
        return str(error), False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which part of the node this process is, and where it listens."""

    topology: Topology
    process: Process
    replica: int
    socket: Path


def serve_process(settings: Settings, place: Place) -> ExitCode:
    """Serve until the process is asked to stop, and return its exit code."""
    try:
        configure(level=settings.log_level, format=settings.log_format)
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        uvloop.run(_serve(settings, place))
    except CorruptLogError as error:
        return _refused(error, ExitCode.DATA_CORRUPT)
    except (EventLogError, OSError) as error:
        return _refused(error, ExitCode.HOME_UNUSABLE)
    except AddressError as error:
        return _refused(error, ExitCode.PORT_TAKEN)
    except ValueError as error:
        return _refused(error, ExitCode.SETTINGS)
    return ExitCode.OK


async def _serve(settings: Settings, place: Place) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with running(settings, place):
        await stop.wait()


def _refused(error: Exception, code: ExitCode) -> ExitCode:
    sys.stderr.write(f"arkalia: {error}\n")
    return code


@asynccontextmanager
async def running(settings: Settings, place: Place) -> AsyncIterator[str]:
    """Serve the modules of a process, and yield the address."""
    identity = _identity(settings, place)
    meter = Meter()
    watch = ProcessWatch(meter, identity)
    async with AsyncExitStack() as stack:
        spans = await stack.enter_async_context(_spans(settings, meter, identity))
        tools = await stack.enter_async_context(_toolbox(settings, place, identity, watch))
        wired = [modules.load(name).wire(tools) for name in place.process.modules]
        calm_the_collector()
        await stack.enter_async_context(_metrics(place, lambda: render(meter, watch.gauges())))
        yield await stack.enter_async_context(
            serve(
                _config(settings, place),
                chain=_chain(settings, meter, spans),
                health=HealthMonitor(_probes(wired)),
                registrations=[each.register for each in wired],
                services=load_contracts(),
                background=[watch.run, VitalsReport(tools).run, *(loop for each in wired for loop in each.background)],
            )
        )


def calm_the_collector() -> None:
    """Leave what was loaded out of garbage collection, and collect less often: a fifth of an append was that."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def directory(topology: Topology) -> Sequence[ServiceEntry]:
    """Return every service that some process serves, with that process."""
    entries = []
    for service in load_contracts():
        module = service.split(".")[1]
        if (process := topology.host(module)) is not None:
            entries.append(ServiceEntry(service=service, module=module, process=process))
    return entries


def _identity(settings: Settings, place: Place) -> Identity:
    return Identity(
        node=settings.node_name or socket.gethostname(),
        process=f"{place.process.name}-{place.replica}",
        version=__version__,
        started_ns=time.time_ns(),
    )


def _config(settings: Settings, place: Place) -> ServerConfig:
    return ServerConfig(
        address=f"unix:{place.socket}",
        message_bytes_max=settings.message_bytes_max,
        drain_seconds=settings.drain_seconds,
        lameduck_seconds=LAMEDUCK_SECONDS,
        channelz=settings.channelz,
    )


def _chain(settings: Settings, meter: Meter, spans: Spans | None) -> Chain:
    verbose = settings.log_level == "debug"
    return Chain(
        standard_steps(meter=meter, reasons=error_reasons(), spans=spans, verbose=verbose),
        meter=meter,
        message_bytes_max=settings.message_bytes_max,
    )


def _probes(wired: Sequence[Wired]) -> Mapping[str, Probe]:
    return {service: probe for each in wired for service, probe in each.probes.items()}


@asynccontextmanager
async def _spans(settings: Settings, meter: Meter, identity: Identity) -> AsyncIterator[Spans | None]:
    if not settings.otlp_endpoint:
        yield None
        return
    # The SDK takes a while to import, and most nodes have no collector.
    from luna.transport.telemetry import telemetry  # noqa: PLC0415

    async with telemetry(
        settings.otlp_endpoint, meter=meter, identity=identity, trace_ratio=settings.trace_ratio
    ) as spans:
        yield spans


@asynccontextmanager
async def _metrics(place: Place, text: Callable[[], str]) -> AsyncIterator[None]:
    """Serve metrics beside the process's socket; a link without the generation leads to the newest."""
    path = place.socket.with_suffix(".metrics.sock")
    async with serve_metrics(path, text):
        point(path.with_name(f"{place.process.name}-{place.replica}.metrics.sock"), path)
        yield


@asynccontextmanager
async def _toolbox(settings: Settings, place: Place, identity: Identity, watch: ProcessWatch) -> AsyncIterator[Toolbox]:
    entries = directory(place.topology)
    run_path = run_directory(settings)
    targets = {entry.service: f"unix:{socket_link(run_path, entry.process, 0)}" for entry in entries}
    peers = Peers(targets, message_bytes_max=settings.message_bytes_max)
    clock = SystemClock()
    try:
        async with (
            PsutilMachine(clock, [settings.home]) as machine,
            _log(settings, place, peers, identity) as (events, consumers),
        ):
            yield Toolbox(
                identity=identity,
                clock=clock,
                events=events,
                consumers=consumers,
                machine=machine,
                vitals=watch,
                peers=peers,
                directory=entries,
                check=PeerCheck(peers),
                sample_seconds=settings.sample_seconds,
            )
    finally:
        await peers.aclose()


@asynccontextmanager
async def _log(
    settings: Settings, place: Place, peers: Peers, identity: Identity
) -> AsyncIterator[tuple[EventLog, Consumers]]:
    if EVENTS in place.process.modules:
        clock = SystemClock()
        async with (
            await SqliteEventLog.open(settings.log_path, clock) as log,
            LogConsumers(log, log.consumer_storage, clock) as consumers,
        ):
            yield log, consumers
        return
    channel = peers(EVENT_SERVICE)
    async with RemoteEventLog(channel, source=identity.source) as remote:
        yield remote, RemoteConsumers(channel)
