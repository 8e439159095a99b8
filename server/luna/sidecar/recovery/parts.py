"""What recoveries are made of."""

from dataclasses import dataclass

from luna.sidecar.outbox import Outbox
from luna.sidecar.recovery.desk import IncidentDesk
from luna.sidecar.recovery.engine import Engine
from luna.sidecar.recovery.figures import Figures
from luna.sidecar.recovery.history import History
from luna.sidecar.recovery.incidents import Incidents
from luna.sidecar.recovery.ledger import Ledger
from luna.sidecar.recovery.policies import PolicyBook
from luna.sidecar.recovery.record import Record
from luna.sidecar.recovery.sources import Sources
from luna.sidecar.recovery.steering import Steering
from luna.sidecar.recovery.webhook import Webhook


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Those who mend, and what they know."""

    engine: Engine
    ledger: Ledger
    incidents: Incidents
    desk: IncidentDesk
    steering: Steering
    policies: PolicyBook
    history: History
    outbox: Outbox
    record: Record
    sources: Sources
    figures: Figures
    webhook: Webhook | None
