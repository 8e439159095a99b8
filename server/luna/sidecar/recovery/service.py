"""Puts together what mends failures, and runs it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_service_pb2

from luna.kernel.clock import Clock
from luna.kernel.context import PROBE
from luna.kernel.identity import Identity
from luna.kernel.times import timestamp
from luna.settings import Settings
from luna.sidecar.observation import Observation, Observations
from luna.sidecar.outbox import Outbox
from luna.sidecar.places import run_directory, socket_link
from luna.sidecar.process_stat import rss_bytes
from luna.sidecar.recovery.actions import Actions
from luna.sidecar.recovery.desk import IncidentDesk
from luna.sidecar.recovery.doing import NodeDoer
from luna.sidecar.recovery.engine import Engine
from luna.sidecar.recovery.figures import Figures
from luna.sidecar.recovery.hands import Supervised
from luna.sidecar.recovery.history import History
from luna.sidecar.recovery.incidents import Incidents
from luna.sidecar.recovery.ledger import Entry, Ledger
from luna.sidecar.recovery.links import EVENTS, peers_of
from luna.sidecar.recovery.looking_out import LookOut
from luna.sidecar.recovery.looks import Sight
from luna.sidecar.recovery.mending import Mending
from luna.sidecar.recovery.methods import Methods
from luna.sidecar.recovery.parts import Parts
from luna.sidecar.recovery.policies import PolicyBook
from luna.sidecar.recovery.record import Record
from luna.sidecar.recovery.restore import cases_of, restore
from luna.sidecar.recovery.sources import Sources
from luna.sidecar.recovery.steering import Steering
from luna.sidecar.recovery.webhook import Webhook
from luna.sidecar.state import ReplicaStatus
from luna.sidecar.supervisor import Supervisor
from luna.topology import Topology
from luna.transport.circuits import Circuits
from luna.transport.circuits_sync import CircuitSync
from luna.transport.parts import Parts as Guards
from luna.transport.remote_log import RemoteEventLog
from luna.transport.spool import Spool

SERVICE: Final = recovery_service_pb2.DESCRIPTOR.services_by_name["RecoveryService"].full_name
_RESTORE_SECONDS: Final = 3.0
"""How long the past is waited for. A log that does not come up is a failure that must not wait for itself."""
_PATIENCE_SECONDS: Final = 1.5
_SPOOL_BYTES: Final = 4 << 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The node that is looked after."""

    supervisor: Supervisor
    own: ReplicaStatus
    """The sidecar itself."""
    observations: Observations
    early: Iterable[Observation]
    """What was seen before anybody could draw conclusions from it."""
    settings: Settings
    topology: Topology
    identity: Identity
    clock: Clock
    memory_bytes_max: int


class Recovery:
    """Mends what fails on a node."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.guards = Guards(circuits=Circuits(setting.identity.process))
        """What the sidecar itself is kept from falling with."""
        self._peers = peers_of(setting.settings, setting.topology, self.guards)
        self.log = RemoteEventLog(
            self._peers.patient(EVENTS),
            source=setting.identity.source,
            patience_seconds=_PATIENCE_SECONDS,
            # Among what is appended are the commands that have breakers let calls through again.
            behind=PROBE,
        )
        self._sync = CircuitSync(
            self.guards,
            identity=setting.identity,
            events=self.log,
            peers=self._peers,
            sample_seconds=setting.settings.sample_seconds,
        )
        self._look_out = LookOut(setting.supervisor.board, self._peers(EVENTS), self.log, clock=setting.clock)
        self.parts = self._put_together()
        self._restored = False

    @property
    def ready(self) -> bool:
        """Whether what happened before this process began is known."""
        return self._restored

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Mend what fails while the block runs."""
        parts = self.parts
        for observation in tuple(self._setting.early):
            parts.sources.observe(observation)
        unsubscribe = self._setting.observations.subscribe(parts.sources.observe)
        try:
            yield
        finally:
            unsubscribe()
            await parts.engine.aclose()
            await self.log.aclose()
            await self._peers.aclose()

    async def run(self) -> None:
        """Read the past, then look out for failures, and write down what becomes of them, forever."""
        parts = self.parts
        async with asyncio.TaskGroup() as group:
            group.create_task(parts.outbox.run(self._open_log))
            group.create_task(self._remember())
            group.create_task(self._sync.run())
            group.create_task(self._look_out.run(parts.sources))
            if parts.webhook:
                group.create_task(parts.webhook.run(parts.desk.notified, self._is_unresolved))

    async def stop(self, *, seconds: float) -> None:
        """Close what is under way, for the node is stopping, and have the log know it."""
        await self.parts.engine.aclose()
        for entry in self.parts.ledger.under_way():
            self._close(entry, "the node was stopped")
        await self.parts.outbox.flush(seconds=seconds)

    def _put_together(self) -> Parts:
        setting, clock = self._setting, self._setting.clock
        ledger, incidents, figures = Ledger(), Incidents(), Figures()
        spool = Spool(setting.settings.home / "spool" / f"{setting.identity.process}.events", bytes_max=_SPOOL_BYTES)
        outbox = Outbox(spool, clock=clock, recorded=ledger.recorded)
        record = Record(setting.identity, clock=clock, ledger=ledger, incidents=incidents, outbox=outbox)
        url = setting.settings.incident_webhook
        webhook = Webhook(url, clock=clock) if url else None
        desk = IncidentDesk(incidents, record, clock=clock, tell=webhook.tell if webhook else None)
        sight = self._sight()
        actions = Actions(sight, record, node=setting.identity.node, subject=setting.identity.process, clock=clock)
        mending = Mending(NodeDoer(actions, sight, clock), record, ledger, escalate=desk.escalate, clock=clock)
        engine = Engine(mending, record=record, ledger=ledger, hands=sight.hands, figures=figures, clock=clock)
        return Parts(
            engine=engine,
            ledger=ledger,
            incidents=incidents,
            desk=desk,
            steering=Steering(engine, ledger, record, clock=clock),
            policies=PolicyBook(self.log, setting.identity, clock=clock, adopt=engine.adopt),
            history=History(self.log, ledger),
            outbox=outbox,
            record=record,
            sources=Sources(engine.see, desk.open, reporter=setting.identity.process),
            figures=figures,
            webhook=webhook,
        )

    def _sight(self) -> Sight:
        return Sight(
            hands=Supervised(self._setting.supervisor, self._setting.own),
            methods=Methods(self._socket),
            peer=self._peers,
            rss_bytes=rss_bytes,
            memory_bytes_max=self._setting.memory_bytes_max,
            disagreements=lambda: self._look_out.disagreements,
            comparisons=lambda: self._look_out.comparisons,
        )

    async def _remember(self) -> None:
        """Read the past, and go on with what was under way; without it, if it cannot be read soon."""
        try:
            async with asyncio.timeout(_RESTORE_SECONDS):
                await self._restore()
        except TimeoutError:
            _log.warning("the past of recoveries cannot be read yet")
            self.parts.incidents.number_from(9000)
            self.parts.engine.begin([])
            await self._restore()

    async def _restore(self) -> None:
        parts = self.parts
        while not self._restored:
            try:
                # What an earlier process could not tell the log belongs to the past as well.
                await parts.outbox.replayed.wait()
                await parts.policies.load()
                await restore(self.log, parts.ledger, parts.incidents, known=self._is_ours)
                await parts.history.identify()
            except Exception as error:  # noqa: BLE001  a log that does not answer is asked again
                _log.debug("the log does not answer", extra={"why": repr(error)})
                await self._setting.clock.sleep(0.25)
            else:
                self._restored = True
        self._go_on()

    def _go_on(self) -> None:
        parts = self.parts
        entries = [entry for entry in parts.ledger.under_way() if not self._is_ours(entry.recovery.recovery_id)]
        cases, lost = cases_of(entries, parts.engine.policy)
        for entry in lost:
            self._close(entry, "what was done about it cannot be read back")
        parts.engine.begin(cases)
        for incident in parts.incidents.open():
            if parts.webhook and not incident.notified:
                incident.notified = False
                parts.webhook.tell(incident)

    def _close(self, entry: Entry, reason: str) -> None:
        message = facts.RecoveryFailed(
            recovery_id=entry.recovery.recovery_id,
            reason=reason,
            cancelled=True,
            subject=self._setting.identity.process,
            end_time=timestamp(self._setting.clock.wall_ns()),
        )
        self.parts.record.of_recovery(entry.recovery.recovery_id, message)

    def _is_ours(self, recovery_id: str) -> bool:
        return bool(recovery_id) and self.parts.engine.began(recovery_id)

    def _is_unresolved(self, incident_id: str) -> bool:
        return any(incident.incident_id == incident_id for incident in self.parts.incidents.open())

    @asynccontextmanager
    async def _open_log(self) -> AsyncIterator[RemoteEventLog]:
        yield self.log

    def _socket(self, process: str, service: str) -> Path | None:
        name, _, replica = process.rpartition("-")
        run = run_directory(self._setting.settings)
        if name and replica.isdecimal():
            return socket_link(run, name, int(replica))
        host = self._setting.topology.host(service.split(".")[1]) if service.startswith("arkalia.") else None
        return socket_link(run, process or host or "", 0) if process or host else None
