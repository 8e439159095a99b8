"""Writes down what happens to recoveries and incidents: in the ledger at once, and in the log as soon as it answers."""

from uuid import uuid4

from google.protobuf.message import Message

from luna.kernel.clock import Clock
from luna.kernel.events import NewEvent
from luna.kernel.identity import Identity
from luna.sidecar.outbox import Outbox
from luna.sidecar.recovery.incidents import Incidents
from luna.sidecar.recovery.ledger import Ledger


class Record:
    """The one way in which anything about a recovery or an incident changes."""

    def __init__(
        self, identity: Identity, *, clock: Clock, ledger: Ledger, incidents: Incidents, outbox: Outbox
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._ledger = ledger
        self._incidents = incidents
        self._outbox = outbox

    def of_recovery(self, recovery_id: str, message: Message) -> None:
        """Write down what became of a recovery."""
        now_ns = self._clock.wall_ns()
        self._ledger.apply(message, time_ns=now_ns)
        self._incidents.apply(message)
        self.event(f"recovery/{recovery_id}", message, correlation_id=recovery_id, time_ns=now_ns)

    def of_incident(self, incident_id: str, message: Message, *, correlation_id: str = "") -> None:
        """Write down what became of an incident."""
        self._incidents.apply(message)
        self.event(f"incident/{incident_id}", message, correlation_id=correlation_id)

    def event(self, stream: str, message: Message, *, correlation_id: str = "", time_ns: int = 0) -> None:
        """Write *message* down in *stream*, and nowhere else."""
        event = NewEvent(
            type=message.DESCRIPTOR.full_name,
            payload=message.SerializeToString(deterministic=True),
            event_id=str(uuid4()),
            source=self._identity.source,
            time_ns=time_ns or self._clock.wall_ns(),
            correlation_id=correlation_id,
        )
        self._outbox.put(stream, event)
