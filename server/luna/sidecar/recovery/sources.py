"""Turns what the supervisor sees into reports of failures."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

from arkalia.node.v1 import severity_pb2
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType, Severity
from luna.sidecar.observation import Kind, Observation
from luna.sidecar.recovery.hands import name_of

See = Callable[[ErrorReport, int | None], str]
OpenIncident = Callable[[pb.ErrorTarget, severity_pb2.Severity, str], str]

_MEANT: Final[Mapping[Kind, tuple[ErrorType, Severity]]] = {
    Kind.EXITED: (ErrorType.CONNECTION_LOST, Severity.CRITICAL),
    Kind.FROZEN: (ErrorType.DEADLOCK, Severity.CRITICAL),
    Kind.OVER_MEMORY: (ErrorType.MEMORY, Severity.HIGH),
}
"""What is a failure that has to be mended. One that is short of processor time is waited for."""


class Sources:
    """Passes on what was seen."""

    def __init__(self, see: See, open_incident: OpenIncident, *, reporter: str) -> None:
        self._see = see
        self._open_incident = open_incident
        self._reporter = reporter

    def observe(self, observation: Observation) -> None:
        """Take note of what happened to a process."""
        name = name_of(observation.status)
        if observation.kind in _MEANT:
            self._see(self._report(observation, *_MEANT[observation.kind]), observation.status.pid)
        elif observation.kind is Kind.CRASH_LOOPING:
            # It is tried again and again all the same.
            title = f"{name} keeps ending soon after each start: {observation.evidence.get('exit', '')}"
            self._open_incident(pb.ErrorTarget(process=name), severity_pb2.SEVERITY_CRITICAL, title)

    def stuck(
        self, consumer: str, process: str, *, pid: int | None, since_ns: int, evidence: Mapping[str, str]
    ) -> None:
        """Take note of a consumer that does not get on."""
        report = ErrorReport(
            error_id=str(uuid4()),
            target=ErrorTarget(process=process, resource=consumer),
            reporter=self._reporter,
            first_ns=since_ns,
            last_ns=since_ns,
            type=ErrorType.DEADLOCK,
            severity=Severity.CRITICAL,
            message=f"the consumer {consumer} in {process} does not get on",
            evidence=evidence,
        )
        self._see(report, pid)

    def reported(self, report: ErrorReport) -> None:
        """Pass on what somebody wrote down."""
        self._see(report, None)

    def _report(self, observation: Observation, type: ErrorType, severity: Severity) -> ErrorReport:
        name = name_of(observation.status)
        said = observation.evidence.get("exit") or ", ".join(f"{k} {v}" for k, v in observation.evidence.items())
        return ErrorReport(
            error_id=str(uuid4()),
            target=ErrorTarget(process=name),
            reporter=self._reporter,
            first_ns=observation.time_ns,
            last_ns=observation.time_ns,
            type=type,
            severity=severity,
            message=f"{name} {observation.kind.value}: {said}",
            evidence={"pid": str(observation.status.pid or ""), **observation.evidence},
        )
