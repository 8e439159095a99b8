"""Asks humans to look after what the node cannot mend, and notes what they say."""

import time
from collections.abc import Callable
from typing import Final

from arkalia.node.v1 import severity_pb2
from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.times import timestamp
from luna.sidecar.recovery.case import Case
from luna.sidecar.recovery.errors import IncidentResolvedError, IncidentUnknownError
from luna.sidecar.recovery.incidents import Incidents
from luna.sidecar.recovery.messages import target_from, type_word, words
from luna.sidecar.recovery.record import Record

_TITLES: Final = {
    "TIMEOUT": "{} does not answer in time",
    "MEMORY": "{} holds too much memory",
    "CONTRADICTION": "{} contradicts itself",
    "CONNECTION_LOST": "{} cannot be reached",
    "STATE_CORRUPTED": "{} is not what the event log says",
    "DEADLOCK": "{} does not get on",
    "UNKNOWN": "{} fails",
}

Tell = Callable[[pb.Incident], None]


class IncidentDesk:
    """Opens incidents, one at a time for each target, and closes them when told to."""

    def __init__(self, incidents: Incidents, record: Record, *, clock: Clock, tell: Tell | None) -> None:
        """Use *tell* to tell somebody about a new incident. ``None``: there is nobody to tell."""
        self._incidents = incidents
        self._record = record
        self._clock = clock
        self._tell = tell

    def escalate(self, case: Case, reason: str) -> str:
        """Ask a human about *case*, and return the id of the incident."""
        recovery = case.entry.recovery
        if incident := self._incidents.open_of(recovery.target):
            return incident.incident_id
        title = _TITLES[type_word(recovery.type)].format(words(target_from(recovery.target)))
        return self.open(recovery.target, recovery.severity, f"{title}: {reason}", recovery_id=recovery.recovery_id)

    def open(
        self,
        target: pb.ErrorTarget,
        severity: severity_pb2.Severity,
        title: str,
        *,
        recovery_id: str = "",
    ) -> str:
        """Open an incident, unless one about *target* is open, and return its id."""
        if incident := self._incidents.open_of(target):
            return incident.incident_id
        now_ns = self._clock.wall_ns()
        incident = pb.Incident(
            incident_id=self._incidents.next_id(time.strftime("%Y%m%d", time.gmtime(now_ns / 1e9))),
            state=pb.INCIDENT_STATE_OPEN,
            severity=severity,
            title=title,
            recovery_id=recovery_id,
            target=target,
            open_time=timestamp(now_ns),
            notified=False if self._tell else None,
        )
        message = facts.IncidentOpened(incident=incident)
        self._record.of_incident(incident.incident_id, message, correlation_id=recovery_id)
        if self._tell:
            self._tell(incident)
        return incident.incident_id

    def notified(self, incident_id: str) -> None:
        """Note that somebody was told."""
        message = facts.IncidentNotified(incident_id=incident_id, notify_time=timestamp(self._clock.wall_ns()))
        self._record.of_incident(incident_id, message)

    def acknowledge(self, incident_id: str, *, subject: str) -> pb.Incident:
        """Note that *subject* looks after an incident.

        Raises:
            IncidentUnknownError: there is no such incident.
            IncidentResolvedError: it is over.

        """
        incident = self._unresolved(incident_id)
        if incident.state != pb.INCIDENT_STATE_ACKNOWLEDGED or incident.subject != subject:
            message = facts.IncidentAcknowledged(
                incident_id=incident_id, subject=subject, acknowledge_time=timestamp(self._clock.wall_ns())
            )
            self._record.of_incident(incident_id, message)
        return incident

    def resolve(self, incident_id: str, *, subject: str, resolution: str) -> pb.Incident:
        """Close an incident, with what was done about it. Doing so twice in the same words is doing it once.

        Raises:
            IncidentUnknownError: there is no such incident.
            IncidentResolvedError: it is over.

        """
        found = self._incidents.get(incident_id)
        if found and found.state == pb.INCIDENT_STATE_RESOLVED and found.resolution == resolution:
            return found
        incident = self._unresolved(incident_id)
        message = facts.IncidentResolved(
            incident_id=incident_id,
            subject=subject,
            resolution=resolution,
            resolve_time=timestamp(self._clock.wall_ns()),
        )
        self._record.of_incident(incident_id, message)
        return incident

    def _unresolved(self, incident_id: str) -> pb.Incident:
        incident = self._incidents.get(incident_id)
        if incident is None:
            raise IncidentUnknownError(incident_id)
        if incident.state == pb.INCIDENT_STATE_RESOLVED:
            raise IncidentResolvedError(incident_id)
        return incident
