"""What humans have to look after: a fold over the events of incidents."""

from collections.abc import Iterator
from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb
from google.protobuf.message import Message

RESOLVED_REMEMBERED: Final = 1000


class Incidents:
    """All incidents that are not resolved, and the newest of the others."""

    def __init__(self) -> None:
        self._incidents: dict[str, pb.Incident] = {}
        self._numbers: dict[str, int] = {}
        self._floor = 0

    def apply(self, message: Message) -> None:
        """Take account of an event."""
        match message:
            case facts.IncidentOpened():
                self._open(message.incident)
            case facts.RecoveryEscalated() if incident := self.get(message.incident_id):
                incident.count += 1
            case facts.IncidentNotified() if incident := self.get(message.incident_id):
                incident.notified = True
            case facts.IncidentAcknowledged() if incident := self.get(message.incident_id):
                incident.state = pb.INCIDENT_STATE_ACKNOWLEDGED
                incident.subject = message.subject
                incident.acknowledge_time.CopyFrom(message.acknowledge_time)
            case facts.IncidentResolved() if incident := self.get(message.incident_id):
                self._resolve(incident, message)

    def get(self, incident_id: str) -> pb.Incident | None:
        """Return the incident of that id, if it is remembered."""
        return self._incidents.get(incident_id)

    def newest_first(self) -> Iterator[pb.Incident]:
        """Yield all of them."""
        return reversed(list(self._incidents.values()))

    def open(self) -> list[pb.Incident]:
        """Return those that are not resolved."""
        return [each for each in self._incidents.values() if each.state != pb.INCIDENT_STATE_RESOLVED]

    def open_of(self, target: pb.ErrorTarget) -> pb.Incident | None:
        """Return the open incident about *target*, if there is one."""
        return next((incident for incident in self.open() if incident.target == target), None)

    def number_from(self, number: int) -> None:
        """Give new incidents numbers above *number*, for those below may be taken."""
        self._floor = number

    def next_id(self, day: str) -> str:
        """Return the id of the next incident of a *day*, such as ``20261126``."""
        return f"INC-{day}-{max(self._numbers.get(day, 0), self._floor) + 1:04d}"

    def _open(self, incident: pb.Incident) -> None:
        if incident.incident_id in self._incidents:
            return
        _, day, number = incident.incident_id.split("-")
        self._numbers[day] = max(self._numbers.get(day, 0), int(number))
        kept = self._incidents[incident.incident_id] = pb.Incident()
        kept.CopyFrom(incident)
        kept.count = 0
        self._forget()

    def _resolve(self, incident: pb.Incident, message: facts.IncidentResolved) -> None:
        incident.state = pb.INCIDENT_STATE_RESOLVED
        incident.subject = message.subject
        incident.resolution = message.resolution
        incident.resolve_time.CopyFrom(message.resolve_time)

    def _forget(self) -> None:
        resolved = [each for each in self._incidents.values() if each.state == pb.INCIDENT_STATE_RESOLVED]
        for incident in resolved[: max(0, len(resolved) - RESOLVED_REMEMBERED)]:
            del self._incidents[incident.incident_id]
