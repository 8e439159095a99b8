"""The composition root of a server process: the one place that knows every concrete class."""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from luna import modules
from luna.adapters.sqlite_log_recovery import recover
from luna.adapters.sqlite_log_schema import check_library
from luna.app.toolbox import Place, channels, identity_of, toolbox
from luna.contracts import error_reasons, load_contracts
from luna.kernel.event_errors import EventLogError
from luna.kernel.identity import Identity
from luna.kernel.log_admin import CorruptLogError, RecoveryReport
from luna.manifest import Probe, Toolbox, Wired
from luna.settings import Settings
from luna.sidecar.exit_codes import ExitCode
from luna.sidecar.places import point
from luna.topology import Topology
from luna.transport.chain import Chain, standard_steps
from luna.transport.chaos_servicer import register
from luna.transport.circuits import Circuits
from luna.transport.circuits_sync import CircuitSync
from luna.transport.client_meter import ClientMeter
from luna.transport.error_reports import ErrorReporter
from luna.transport.exposition import render
from luna.transport.exposition_guards import render_guards
from luna.transport.faults import FaultBoard
from luna.transport.health import HealthMonitor
from luna.transport.logs import configure
from luna.transport.meter import Meter
from luna.transport.metrics import serve_metrics
from luna.transport.nearby import Nearby
from luna.transport.parts import Parts
from luna.transport.server import ServerConfig, serve
from luna.transport.sockets import AddressError, urgent_sockets
from luna.transport.spans import Spans
from luna.transport.spool import Spool
from luna.transport.validate import load_validator
from luna.transport.vitals import ProcessWatch
from luna.transport.vitals_report import VitalsReport

__all__ = ["Place", "calm_the_collector", "preload", "recover_log", "running", "serve_process", "sqlite_version"]

LAMEDUCK_SECONDS: Final = 0.6
"""Longer than Envoy's interval between two health checks, so that it sends nothing to a server that stops."""

VALIDATOR_SECONDS: Final = 5.0
"""How long after its start a process loads the validator, a fifth of a start, unless a request needs it earlier."""


def recover_log(path: Path) -> RecoveryReport:
    """Save what is intact of a damaged log."""
    return recover(path)


def sqlite_version() -> tuple[str, bool]:
    """Return the version of the SQLite that the log is kept with, and whether it is new enough."""
    try:
        return check_library(), True
    except RuntimeError as error:
        return str(error), False


def preload(topology: Topology) -> None:
    """Load what any process of *topology* is made of, so that becoming one of them takes no time. Make nothing yet."""
    for process in topology.processes:
        for name in process.modules:
            modules.load(name)
    load_contracts()
    error_reasons()
    load_validator()
    calm_the_collector()


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
    identity = identity_of(settings, place)
    meter, client_meter = Meter(), ClientMeter()
    reporter = ErrorReporter(Spool(settings.home / "spool" / f"{identity.process}.errors"))
    parts = Parts(circuits=Circuits(identity.process), failures=reporter)
    watch = ProcessWatch(meter, identity, parts=parts)
    faults = FaultBoard() if settings.chaos else None
    nearby = Nearby(place.process.name)
    async with AsyncExitStack() as stack:
        spans = await stack.enter_async_context(_spans(settings, meter, identity))
        peers = await stack.enter_async_context(channels(settings, place, parts, client_meter, nearby))
        tools = await stack.enter_async_context(
            toolbox(
                settings,
                place,
                identity,
                peers,
                vitals=watch,
                failures=reporter,
                faults=faults,
                level=lambda: parts.level.level,
                breaker=parts.circuits.around,
            )
        )
        wired = [modules.load(name).wire(tools) for name in place.process.modules]
        calm_the_collector()
        await stack.enter_async_context(
            _metrics(
                place,
                lambda: render(meter, watch.gauges()) + render_guards(parts, client_meter, peers.all(), reporter),
            )
        )
        chain = _chain(settings, meter, spans, faults, parts)
        registrations = [each.register for each in wired]
        registrations += [partial(register, board=faults)] if faults else []
        address = await stack.enter_async_context(
            serve(
                _config(settings, place),
                chain=chain,
                health=HealthMonitor(_probes(wired)),
                registrations=registrations,
                services=load_contracts(),
                background=[
                    *(watch.run, parts.pacing.run, VitalsReport(tools).run),
                    *(_sync(tools, parts).run, partial(reporter.run, peers)),
                    *(loop for each in wired for loop in each.background),
                ],
            )
        )
        nearby.open(chain, registrations)
        # On a small machine a validator is for whoever needs one.
        if not settings.all_in_one:
            loop = asyncio.get_running_loop()
            stack.callback(loop.call_later(VALIDATOR_SECONDS, loop.run_in_executor, None, load_validator).cancel)
        yield address


def calm_the_collector() -> None:
    """Leave what was loaded out of garbage collection, and collect less often: a fifth of an append was that."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _config(settings: Settings, place: Place) -> ServerConfig:
    return ServerConfig(
        address=f"unix:{place.socket}",
        urgent_addresses=[f"unix:{path}" for path in urgent_sockets(place.socket)],
        message_bytes_max=settings.message_bytes_max,
        drain_seconds=settings.drain_seconds,
        lameduck_seconds=LAMEDUCK_SECONDS,
        channelz=settings.channelz,
    )


def _chain(settings: Settings, meter: Meter, spans: Spans | None, faults: FaultBoard | None, parts: Parts) -> Chain:
    verbose = settings.log_level == "debug"
    return Chain(
        standard_steps(
            meter=meter,
            reasons=error_reasons(),
            spans=spans,
            verbose=verbose,
            parts=parts,
        ),
        meter=meter,
        message_bytes_max=settings.message_bytes_max,
        faults=faults,
    )


def _sync(tools: Toolbox, parts: Parts) -> CircuitSync:
    return CircuitSync(
        parts,
        identity=tools.identity,
        events=tools.events,
        peers=tools.peers,
        sample_seconds=tools.sample_seconds,
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
