"""Makes the tools that the modules of a process share, out of the adapters that fit."""

import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from luna import __version__
from luna.adapters.consumer_groups import LogConsumers
from luna.adapters.machine import PsutilMachine
from luna.adapters.sqlite_log import SqliteEventLog
from luna.adapters.write_lock import WriteLock
from luna.contracts import load_contracts
from luna.kernel.clock import SystemClock
from luna.kernel.consumers import Consumers
from luna.kernel.directory import ServiceEntry
from luna.kernel.error_reports import ErrorSink
from luna.kernel.event_log import EventLog
from luna.kernel.faults import FaultHooks, FaultKind, NoFaults
from luna.kernel.identity import Identity
from luna.kernel.model_tools import ModelTools
from luna.kernel.vitals import Vitals
from luna.manifest import MakeBreaker, Toolbox
from luna.settings import Settings
from luna.sidecar.places import run_directory, socket_link
from luna.topology import Process, Topology
from luna.transport.check import PeerCheck
from luna.transport.client_meter import ClientMeter
from luna.transport.faults import FaultBoard
from luna.transport.nearby import Nearby
from luna.transport.parts import Parts
from luna.transport.peers import Peers
from luna.transport.remote_consumers import RemoteConsumers
from luna.transport.remote_log import RemoteEventLog
from luna.transport.severing import offer_partitions
from luna.transport.stuck_consumers import StuckConsumers

if TYPE_CHECKING:
    from luna.adapters.packaged_model import PackagedModel
    from luna.kernel.memory_tools import MemoryTools

ASSISTANTIA: Final = "assistantia"
EVENTS: Final = "events"
MEMORY: Final = "memory"
EVENT_SERVICE: Final = "arkalia.events.v1.EventService"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which part of the node this process is, and where it listens."""

    topology: Topology
    process: Process
    replica: int
    socket: Path


def identity_of(settings: Settings, place: Place) -> Identity:
    """Return who the process is."""
    return Identity(
        node=settings.node_name or socket.gethostname(),
        process=f"{place.process.name}-{place.replica}",
        version=__version__,
        started_ns=time.time_ns(),
    )


def directory(topology: Topology) -> Sequence[ServiceEntry]:
    """Return every service that some process serves, with that process."""
    entries = []
    for service in load_contracts():
        module = service.split(".")[1]
        if (process := topology.host(module)) is not None:
            entries.append(ServiceEntry(service=service, module=module, process=process))
    return entries


@asynccontextmanager
async def channels(
    settings: Settings, place: Place, parts: Parts, meter: ClientMeter, nearby: Nearby
) -> AsyncIterator[Peers]:
    """Yield the channels to the processes of the node, of which one is this."""
    entries = directory(place.topology)
    links = _links(settings, entries)
    peers = Peers(
        {entry.service: f"unix:{links[entry.process]}" for entry in entries},
        message_bytes_max=settings.message_bytes_max,
        processes={entry.service: entry.process for entry in entries},
        parts=parts,
        meter=meter,
        nearby=nearby,
    )
    async with aclosing(peers):
        yield peers


@asynccontextmanager
async def toolbox(
    settings: Settings,
    place: Place,
    identity: Identity,
    peers: Peers,
    *,
    vitals: Vitals,
    failures: ErrorSink,
    faults: FaultBoard | None,
    level: Callable[[], int],
    breaker: MakeBreaker,
) -> AsyncIterator[Toolbox]:
    """Make the tools, and put them away afterwards. With *faults*, some of them can be made to fail."""
    entries = directory(place.topology)
    clock = SystemClock()
    if faults:
        links = _links(settings, entries).items()
        offer_partitions(faults, {name: link for name, link in links if name != place.process.name})
    async with (
        PsutilMachine(clock, [settings.home]) as machine,
        _log(settings, place, peers, identity, faults or NoFaults()) as (events, consumers),
        _models(settings, place) as models,
    ):
        yield Toolbox(
            identity=identity,
            clock=clock,
            events=events,
            consumers=consumers,
            machine=machine,
            vitals=vitals,
            peers=peers,
            directory=entries,
            check=PeerCheck(peers),
            failures=failures,
            home=settings.home,
            memory=_memory(settings) if MEMORY in place.process.modules else None,
            models=models,
            meaning=_meaning(place),
            faults=faults or NoFaults(),
            level=level,
            breaker=breaker,
            sample_seconds=settings.sample_seconds,
        )


def _memory(settings: Settings) -> "MemoryTools":
    # Most processes do without the libraries that these are made of.
    from luna.adapters.lance_indexes import LanceIndexes  # noqa: PLC0415
    from luna.adapters.memory_keys import SqliteMemoryKeys  # noqa: PLC0415
    from luna.app.embedder import embedder  # noqa: PLC0415
    from luna.kernel.memory_tools import MemoryTools  # noqa: PLC0415

    return MemoryTools(
        embedder=partial(embedder, settings),
        indexes=LanceIndexes(settings.memory_place),
        keys=SqliteMemoryKeys(settings.keys_path),
        right=WriteLock(settings.home / "memory"),
    )


def _meaning(place: Place) -> "PackagedModel | None":
    if ASSISTANTIA not in place.process.modules:
        return None
    from luna.adapters.packaged_model import multilingual  # noqa: PLC0415  most processes do without

    return multilingual()


@asynccontextmanager
async def _models(settings: Settings, place: Place) -> AsyncIterator[ModelTools]:
    if ASSISTANTIA not in place.process.modules:
        yield ModelTools()
        return
    from luna.app.models import model_tools  # noqa: PLC0415  most processes do without

    async with model_tools(settings) as made:
        yield made


def _links(settings: Settings, entries: Sequence[ServiceEntry]) -> Mapping[str, Path]:
    run_path = run_directory(settings)
    return {entry.process: socket_link(run_path, entry.process, 0) for entry in entries}


@asynccontextmanager
async def _log(
    settings: Settings, place: Place, peers: Peers, identity: Identity, faults: FaultHooks
) -> AsyncIterator[tuple[EventLog, Consumers]]:
    if EVENTS in place.process.modules:
        clock = SystemClock()
        async with (
            await SqliteEventLog.open(settings.log_path, clock) as log,
            LogConsumers(log, log.consumer_storage, clock) as consumers,
        ):
            faults.offer(FaultKind.DISK_QUOTA, EVENTS, log.quota.exhaust)
            yield log, consumers
        return
    # Both try again by themselves, and for longer than a call would.
    channel = peers.patient(EVENT_SERVICE)
    async with RemoteEventLog(channel, source=identity.source) as remote:
        remote_consumers = RemoteConsumers(channel)
        yield remote, StuckConsumers(remote_consumers, faults) if settings.chaos else remote_consumers
