"""Failures are mended once, in the order that the policy says, and on record."""

import asyncio
from dataclasses import replace

import pytest
from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.error_reports import ErrorReport, ErrorTarget, ErrorType, Severity
from luna.kernel.events import EventFilter
from luna.resilience.recovery_policy import RecoveryPolicy, Strategy
from luna.resilience.recovery_steps import Act
from luna.sidecar.recovery.case import Case, Outcome
from luna.sidecar.recovery.engine import CASES_MAX, IDS_REMEMBERED
from luna.sidecar.recovery.errors import (
    IncidentResolvedError,
    IncidentUnknownError,
    NotReadyError,
    NotWaitingError,
    RecoveryFinishedError,
    RecoveryUnknownError,
)
from luna.sidecar.recovery.report import Tally
from luna.sidecar.recovery.restore import message_of
from tests.recovery import Rig, ScriptedDoer, report, rig


def ended(process: str = "kernel-0", *, type: ErrorType = ErrorType.CONNECTION_LOST) -> ErrorReport:
    whole = report(process, type=type, severity=Severity.CRITICAL)
    return replace(whole, target=ErrorTarget(process=process))


async def events(made: Rig, recovery_id: str) -> list[str]:
    page = await made.log.read(EventFilter(stream=f"recovery/{recovery_id}"))
    assert {event.correlation_id for event in page.events} <= {recovery_id}
    return [event.type.rpartition(".")[2] for event in page.events]


async def test_a_failure_is_mended_and_every_step_is_on_record() -> None:
    """
    Two attempts fail, the third helps; the log has all of it, in order, and the times fit.
    """
    doer = ScriptedDoer(helps=lambda case, _: len(case.machine.steps) == 2)
    async with rig(doer) as made:
        recovery_id = made.engine.take(report())
        await made.settled()
        (recovery,) = made.recoveries()

        assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
        assert [step.verified for step in recovery.steps] == [False, False, True]
        assert [step.attempt for step in recovery.steps] == [1, 2, 3]
        assert {step.strategy for step in recovery.steps} == {pb.RECOVERY_STRATEGY_EXPONENTIAL_BACKOFF}
        assert recovery.time_to_recover.ToNanoseconds() == (
            recovery.recover_time.ToNanoseconds() - recovery.failure_time.ToNanoseconds()
        )
        assert await events(made, recovery_id) == [
            "RecoveryStarted",
            *["RecoveryStepTaken"] * 3,
            "RecoverySucceeded",
        ]


async def test_reports_of_one_target_are_one_recovery() -> None:
    """
    Whoever reports, and however often, while it is under way; the count says how often.
    """
    gate = asyncio.Event()
    async with rig(ScriptedDoer(gate=gate)) as made:
        ids = {made.engine.take(report(count=3)) for _ in range(5)}
        other = made.engine.take(report(method="arkalia.helloria.v1.HelloriaService/Echo"))
        gate.set()
        await made.settled()
        first = made.recoveries()[0]

        assert len(ids) == 1
        assert other not in ids
        assert first.error_count == 15


async def test_the_same_report_twice_is_one_report() -> None:
    """
    Also when the recovery that it began is over.
    """
    async with rig() as made:
        first = made.engine.take(report(error_id="a"))
        await made.settled()
        again = made.engine.take(report(error_id="a"))

        assert again == first
        assert len(made.recoveries()) == 1


async def test_a_flood_of_reports_is_bounded_and_counted() -> None:
    """
    More targets than may be under way are let go, and how many is known; nothing grows.
    """
    gate = asyncio.Event()
    async with rig(ScriptedDoer(gate=gate)) as made:
        for number in range(IDS_REMEMBERED + 2000):
            made.engine.take(report(method=f"a.v1.S/M{number % 1000}"))

        assert len(made.ledger.under_way()) == CASES_MAX
        assert len(made.engine._ids) == IDS_REMEMBERED
        assert made.figures.reports == IDS_REMEMBERED + 2000
        assert made.figures.aggregated + made.figures.let_go + CASES_MAX == made.figures.reports


async def test_only_so_many_are_mended_at_once() -> None:
    """
    The others wait for their turn; what the supervisor saw itself does not.
    """
    gate = asyncio.Event()
    doer = ScriptedDoer(gate=gate)
    async with rig(doer) as made:
        made.engine.adopt(replace(RecoveryPolicy(), recoveries_max=2), 1)
        for number in range(6):
            made.engine.take(report(type=ErrorType.UNKNOWN, method=f"a.v1.S/M{number}"))
        await asyncio.sleep(0.05)
        waiting = len(doer.done)
        made.engine.see(ended("log-0"), 41)
        await asyncio.sleep(0.05)
        seen = len(doer.done)
        gate.set()
        await made.settled()

        assert (waiting, seen, len(doer.done)) == (2, 3, 7)


async def test_what_callers_meet_while_a_process_is_down_belongs_to_its_recovery() -> None:
    """
    Timeouts and lost connections are counted on it; the exit that its own restart causes is, too.
    """
    gate = asyncio.Event()
    async with rig(ScriptedDoer(gate=gate)) as made:
        down = made.engine.see(ended(), 41)
        met = {made.engine.take(report(type=type)) for type in (ErrorType.TIMEOUT, ErrorType.CONNECTION_LOST)}
        stuck = replace(ended("log-0", type=ErrorType.DEADLOCK), target=ErrorTarget(process="log-0", resource="c"))
        restarting = made.engine.see(stuck, 41)
        await asyncio.sleep(0.02)
        caused = made.engine.see(ended("log-0"), 41)
        gate.set()
        await made.settled()

        assert met == {down}
        assert caused == restarting
        assert len(made.recoveries()) == 2


async def test_what_befalls_the_process_that_a_recovery_started_is_another_failure() -> None:
    """
    While it is watched whether the first recovery helped, its successor freezes and ends; that has its own receipt.
    """
    gate = asyncio.Event()
    async with rig(ScriptedDoer(gate=gate)) as made:
        over = replace(ended(type=ErrorType.MEMORY), severity=Severity.HIGH)
        policy = RecoveryPolicy()
        rule = replace(policy.rules[ErrorType.MEMORY], strategies=(Strategy.SYSTEM_RESTART,))
        made.engine.adopt(RecoveryPolicy(rules={**policy.rules, ErrorType.MEMORY: rule}), 1)
        memory = made.engine.see(over, 41)
        await asyncio.sleep(0.02)
        caused = made.engine.see(ended(), 41)
        frozen = made.engine.see(ended(type=ErrorType.DEADLOCK), 42)
        killed = made.engine.see(ended(), 42)
        gate.set()
        await made.settled()

        assert caused == memory
        assert frozen == killed
        assert frozen != memory
        assert [it.error_count for it in made.recoveries()] == [2, 2]


async def test_a_fatal_failure_goes_to_a_human_at_once() -> None:
    """
    Nothing is tried, and it never ends in silence.
    """
    doer = ScriptedDoer()
    async with rig(doer) as made:
        made.engine.take(report(severity=Severity.FATAL))
        await made.settled()
        (recovery,), (incident,) = made.recoveries(), made.incidents.open()

        assert doer.done == []
        assert recovery.state == pb.RECOVERY_STATE_ESCALATED
        assert recovery.incident_id == incident.incident_id
        assert (incident.state, incident.count, incident.recovery_id) == (
            pb.INCIDENT_STATE_OPEN,
            1,
            recovery.recovery_id,
        )


async def test_one_incident_is_open_for_a_target_until_a_human_resolves_it() -> None:
    """
    The second failure is counted on the first one's incident; after it was resolved there is a new one.
    """
    async with rig() as made:
        fatal = replace(ended(type=ErrorType.UNKNOWN), severity=Severity.FATAL)
        for number in range(2):
            made.engine.see(replace(fatal, error_id=f"f{number}"), None)
            await made.settled()
        (first,) = made.incidents.open()
        counted = first.count
        made.desk.acknowledge(first.incident_id, subject="ada")
        made.desk.resolve(first.incident_id, subject="ada", resolution="changed the disk")
        again = made.desk.resolve(first.incident_id, subject="ada", resolution="changed the disk")
        made.engine.see(replace(fatal, error_id="f3"), None)
        await made.settled()
        (second,) = made.incidents.open()

        assert counted == 2
        assert again.resolution == "changed the disk"
        assert second.incident_id != first.incident_id
        assert second.incident_id.endswith("-0002")
        with pytest.raises(IncidentResolvedError):
            made.desk.acknowledge(first.incident_id, subject="eve")
        with pytest.raises(IncidentUnknownError):
            made.desk.resolve("INC-20000101-0001", subject="eve", resolution="none")


async def test_a_step_that_needs_leave_waits_for_it() -> None:
    """
    Nothing is done before, and once it is over nobody can approve it any more.
    """
    doer = ScriptedDoer()
    async with rig(doer) as made:
        policy = RecoveryPolicy()
        rule = replace(policy.rules[ErrorType.STATE_CORRUPTED], approvals=(Strategy.SYSTEM_RESTART,))
        made.engine.adopt(RecoveryPolicy(rules={**policy.rules, ErrorType.STATE_CORRUPTED: rule}), 3)
        recovery_id = made.engine.take(report(type=ErrorType.STATE_CORRUPTED))
        await made.until(lambda: made.recoveries()[0].state == pb.RECOVERY_STATE_WAITING_FOR_APPROVAL)
        before = list(doer.done)
        approved = made.steering.approve(recovery_id, subject="ada")
        with pytest.raises(NotWaitingError):
            made.steering.approve(recovery_id, subject="ada")
        await made.settled()

        assert before == []
        assert approved.recovery_id == recovery_id
        assert doer.done == [("kernel-0", "SYSTEM_RESTART")]
        assert (await events(made, recovery_id))[1] == "RecoveryApproved"
        with pytest.raises(RecoveryFinishedError):
            made.steering.approve(recovery_id, subject="ada")
        with pytest.raises(RecoveryFinishedError):
            made.steering.cancel(recovery_id, subject="ada", reason="")
        with pytest.raises(RecoveryUnknownError):
            made.steering.approve("no such", subject="ada")


async def test_a_recovery_is_cancelled_after_the_step_under_way() -> None:
    """
    It says who did, and why; a second time changes nothing.
    """
    gate = asyncio.Event()
    doer = ScriptedDoer(helps=lambda _case, _step: False, gate=gate)
    async with rig(doer) as made:
        recovery_id = made.engine.take(report())
        await made.until(lambda: len(doer.done) == 1)
        made.steering.cancel(recovery_id, subject="ada", reason="I am on it")
        gate.set()
        await made.settled()
        again = made.steering.cancel(recovery_id, subject="ada", reason="I am on it")

        assert again.state == pb.RECOVERY_STATE_CANCELLED
        assert again.outcome == "I am on it"
        assert len(again.steps) == 1


async def test_what_fails_again_within_a_minute_is_a_recurrence() -> None:
    """
    The receipt says so, and the figures count it.
    """
    async with rig() as made:
        for number in range(2):
            made.engine.see(replace(ended(), error_id=f"x{number}"), 41 + number)
            await made.settled()

        assert [recovery.recurrence for recovery in made.recoveries()] == [False, True]
        assert made.figures.recurrences == 1


async def test_what_could_not_be_mended_is_left_alone_for_a_while() -> None:
    """
    Its reports begin nothing, but what the supervisor sees does.
    """
    async with rig(ScriptedDoer(helps=lambda _case, _step: False)) as made:
        made.engine.take(report())
        await made.settled()
        again = made.engine.take(report())
        seen = made.engine.see(ended(), 41)
        await made.settled()

        assert again == ""
        assert seen
        assert made.recoveries()[0].state == pb.RECOVERY_STATE_FAILED
        assert made.recoveries()[1].state == pb.RECOVERY_STATE_ESCALATED


async def test_a_report_that_comes_much_too_late_begins_nothing() -> None:
    """
    It may have lain in a file since yesterday; one from the future happened now.
    """
    async with rig() as made:
        late = report()
        hour = 3600 * 10**9
        stale = made.engine.take(replace(late, first_ns=late.first_ns - hour, last_ns=late.last_ns - hour))
        made.engine.take(replace(report(), first_ns=late.first_ns + hour, last_ns=late.last_ns + hour))
        await made.settled()
        (recovery,) = made.recoveries()

        assert stale == ""
        assert made.figures.let_go == 1
        assert recovery.failure_time.ToNanoseconds() <= recovery.recover_time.ToNanoseconds()


async def test_refusals_on_purpose_and_bad_requests_are_nothing_to_mend() -> None:
    """
    They say that the server does its work.
    """
    async with rig() as made:
        refused = replace(report(type=None, code=14), reason="REQUEST_ERROR_REASON_DEGRADED")

        assert made.engine.take(refused) == ""
        assert made.engine.take(report(type=None, code=3)) == ""
        assert made.recoveries() == []


async def test_nothing_is_taken_before_the_past_is_known_but_what_was_seen_is_kept() -> None:
    """
    Whoever reports tries again; the supervisor cannot.
    """
    async with rig(ready=False) as made:
        made.engine.see(ended(), 41)
        with pytest.raises(NotReadyError):
            made.engine.take(report())
        made.engine.begin([])
        await made.settled()

        assert [recovery.type for recovery in made.recoveries()] == [pb.ERROR_TYPE_CONNECTION_LOST]


async def test_an_action_that_blows_up_is_a_step_that_did_not_help() -> None:
    """
    The next one is taken, and the receipt says what happened.
    """

    class Clumsy(ScriptedDoer):
        async def act(self, case: Case, step: Act) -> Outcome:
            if not case.machine.steps:
                raise OSError("no such thing")
            return await super().act(case, step)

    async with rig(Clumsy()) as made:
        made.engine.take(report())
        await made.settled()
        (recovery,) = made.recoveries()

        assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
        assert recovery.steps[0].failure == "OSError: no such thing"


async def test_the_figures_follow_from_the_log_alone() -> None:
    """
    Whoever folds the raw events gets what the ledger says.
    """
    doer = ScriptedDoer(helps=lambda case, _: case.target.process != "kernel-0")
    async with rig(doer) as made:
        made.engine.see(ended("log-0"), 41)
        made.engine.see(ended("envoy-0"), 41)
        made.engine.see(ended("kernel-0"), 41)
        await made.settled()
        page = await made.log.read()
        tally = Tally()
        tally.count(message_of(event) for event in page.events)
        found = tally.report()

        assert (found.recoveries, found.succeeded, found.escalated, found.under_way) == (3, 2, 1, 0)
        assert found.recovery_rate == pytest.approx(2 / 3)
        assert found.open_incidents == 1
        (figures,) = found.strategies
        assert (figures.attempts, figures.successes) == (5, 2)
        assert page.events[0].type == facts.RecoveryStarted.DESCRIPTOR.full_name
