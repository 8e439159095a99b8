"""Reads from the log what became of recoveries and incidents before this process began."""

from collections.abc import Callable, Iterable
from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from google.protobuf.message import Message

from luna.kernel.error_reports import ErrorType, Severity
from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Direction, Event, EventFilter
from luna.resilience.recovery import RecoveryMachine
from luna.resilience.recovery_plan import Finding
from luna.resilience.recovery_policy import RecoveryPolicy, Strategy
from luna.resilience.recovery_steps import NotExpectedError, Step
from luna.sidecar.recovery.case import Case
from luna.sidecar.recovery.incidents import Incidents
from luna.sidecar.recovery.ledger import Entry, Ledger
from luna.sidecar.recovery.messages import target_from
from luna.sidecar.recovery.planning import planned_again

MESSAGES: Final = {
    message.DESCRIPTOR.full_name: message
    for message in (
        *(facts.RecoveryStarted, facts.RecoveryStepTaken, facts.RecoverySucceeded, facts.RecoveryFailed),
        *(facts.RecoveryEscalated, facts.RecoveryApproved),
        *(facts.IncidentOpened, facts.IncidentNotified, facts.IncidentAcknowledged, facts.IncidentResolved),
    )
}
RECOVERIES: Final = frozenset(name for name in MESSAGES if ".Recovery" in name)
"""The types of what becomes of recoveries."""
_INCIDENTS: Final = frozenset(name for name in MESSAGES if ".Incident" in name or name.endswith("RecoveryEscalated"))
_PAGES: Final = 6
_PAGE: Final = 500


def message_of(event: Event) -> Message:
    """Return what *event* says."""
    return MESSAGES[event.type].FromString(event.payload)


async def restore(log: EventLog, ledger: Ledger, incidents: Incidents, *, known: Callable[[str], bool]) -> None:
    """Fill the ledger and the incidents from *log*. What is *known* began in this very process."""
    await _restore_incidents(log, incidents, known)
    events: list[Event] = []
    after, done = BEGINNING, False
    for _ in range(_PAGES):
        page = await log.read(EventFilter(types=RECOVERIES), after=after, limit=_PAGE, direction=Direction.BACKWARD)
        events += page.events
        after, done = page.position, page.done or page.position <= 1
        if done:
            break
    for event in reversed(events):
        message = message_of(event)
        if not known(getattr(message, "recovery_id", "")):
            ledger.apply(message, time_ns=event.time_ns, position=event.position)


async def _restore_incidents(log: EventLog, incidents: Incidents, known: Callable[[str], bool]) -> None:
    # All of them, however old: they are few, and one that is open must not be lost.
    after, done = BEGINNING, False
    while not done:
        page = await log.read(EventFilter(types=_INCIDENTS), after=after, limit=_PAGE)
        for event in page.events:
            message = message_of(event)
            if not known(getattr(message, "recovery_id", "")):
                incidents.apply(message)
        after, done = page.position, page.done


def cases_of(entries: Iterable[Entry], policy: RecoveryPolicy) -> tuple[list[Case], list[Entry]]:
    """Return the recoveries to go on with, and those that cannot be gone on with."""
    cases: list[Case] = []
    lost: list[Entry] = []
    for entry in entries:
        try:
            cases.append(_case_of(entry, policy))
        except (NotExpectedError, ValueError):
            lost.append(entry)
    return cases, lost


def _case_of(entry: Entry, policy: RecoveryPolicy) -> Case:
    recovery = entry.recovery
    target = target_from(recovery.target)
    finding = Finding(type=ErrorType(recovery.type), severity=Severity(recovery.severity), target=target)
    key, plan = planned_again(finding, policy, [Strategy(strategy) for strategy in entry.strategies])
    steps = [
        Step(
            step=step.step,
            strategy=Strategy(step.strategy),
            attempt=step.attempt,
            verified=step.verified,
            failure=step.failure,
            evidence={each.name: each.text for each in step.evidence},
        )
        for step in recovery.steps
    ]
    machine = RecoveryMachine.resumed(plan, steps, approved=[Strategy(strategy) for strategy in entry.approved])
    pid = next((each.text for each in recovery.error.evidence if each.name == "pid"), "")
    return Case(
        key=key,
        entry=entry,
        plan=plan,
        machine=machine,
        target=target,
        failure_ns=recovery.failure_time.ToNanoseconds(),
        last_failure_ns=recovery.error.last_time.ToNanoseconds(),
        pid=int(pid) if pid.isdecimal() else None,
        resumed=True,
    )
