"""Whoever comes after a dead sidecar goes on where the log ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.kernel.error_reports import ErrorTarget, ErrorType, Severity
from luna.resilience.recovery_policy import RecoveryPolicy, Strategy
from luna.sidecar.recovery.errors import NotReadyError, RecoveryPageTokenError, RecoveryResumeTokenError
from luna.sidecar.recovery.history import History
from luna.sidecar.recovery.listing import page
from tests.recovery import Rig, ScriptedDoer, again, report, rig


async def test_what_was_under_way_is_finished_by_the_next_life() -> None:
    """
    Under the same id, with the steps that were taken before, and once.
    """
    log = MemoryEventLog(SystemClock())
    gate = asyncio.Event()
    doer = ScriptedDoer(helps=lambda _case, _step: False)
    async with rig(doer, log=log) as made:
        recovery_id = made.engine.take(report())
        await made.until(lambda: len(made.recoveries()[0].steps) == 2)
        doer.gate = gate
        await made.outbox.flush(seconds=5)
    async with rig(ScriptedDoer(), log=log, ready=False) as next_life:
        await again(next_life, log)
        await next_life.settled()
        (recovery,) = next_life.recoveries()

        assert recovery.recovery_id == recovery_id
        assert recovery.state == pb.RECOVERY_STATE_SUCCEEDED
        assert [step.verified for step in recovery.steps][:2] == [False, False]
        assert recovery.steps[-1].verified
        assert [step.step for step in recovery.steps] == list(range(1, len(recovery.steps) + 1))


async def test_a_recovery_that_waits_for_leave_waits_on() -> None:
    """
    And what was approved needs no second approval.
    """
    log = MemoryEventLog(SystemClock())
    policy = RecoveryPolicy()
    rule = replace(policy.rules[ErrorType.STATE_CORRUPTED], approvals=(Strategy.SYSTEM_RESTART,))
    strict = RecoveryPolicy(rules={**policy.rules, ErrorType.STATE_CORRUPTED: rule})
    async with rig(log=log) as made:
        made.engine.adopt(strict, 1)
        recovery_id = made.engine.take(report(type=ErrorType.STATE_CORRUPTED))
        await made.until(lambda: made.recoveries()[0].state == pb.RECOVERY_STATE_WAITING_FOR_APPROVAL)
        await made.outbox.flush(seconds=5)
    async with rig(log=log, ready=False) as second:
        await again(second, log, strict)
        await second.until(lambda: second.recoveries()[0].state == pb.RECOVERY_STATE_WAITING_FOR_APPROVAL)
        second.steering.approve(recovery_id, subject="ada")
        await second.settled()

        assert second.recoveries()[0].state == pb.RECOVERY_STATE_SUCCEEDED


async def test_open_incidents_outlive_everything() -> None:
    """
    With their count and who looks after them; the next one has the next number.
    """
    log = MemoryEventLog(SystemClock())
    fatal = replace(report(type=ErrorType.UNKNOWN, severity=Severity.FATAL), target=ErrorTarget(process="log-0"))
    async with rig(log=log) as made:
        for number in range(3):
            made.engine.see(replace(fatal, error_id=f"f{number}"), None)
            await made.settled()
        (incident,) = made.incidents.open()
        made.desk.acknowledge(incident.incident_id, subject="ada")
        await made.outbox.flush(seconds=5)
        expected = pb.Incident.FromString(incident.SerializeToString())
    async with rig(log=log, ready=False) as next_life:
        await again(next_life, log)
        (found,) = next_life.incidents.open()
        next_life.engine.see(replace(fatal, target=ErrorTarget(process="kernel-0")), None)
        await next_life.settled()

        assert (found.incident_id, found.count, found.subject) == (expected.incident_id, 3, "ada")
        assert [it.incident_id[-4:] for it in next_life.incidents.newest_first()] == ["0002", "0001"]


@asynccontextmanager
async def told() -> AsyncIterator[tuple[Rig, History]]:
    async with rig() as made:
        history = History(made.log, made.ledger)
        await history.identify()
        yield made, history


async def test_watchers_see_each_change_and_resume_where_they_were() -> None:
    """
    First what is under way; then every change; and from a token what was missed.
    """
    async with told() as (made, history):
        changes = history.follow("")
        first, token = await anext(changes)
        made.engine.take(report())
        seen = [recovery.state for recovery in (await anext(changes))[0]]
        while seen[-1] != pb.RECOVERY_STATE_SUCCEEDED:
            seen += [recovery.state for recovery in (await anext(changes))[0]]
        await changes.aclose()
        await made.settled()
        resumed = history.follow(token)
        missed, after = await anext(resumed)
        await resumed.aclose()
        late = history.follow(after)
        nothing, _ = await anext(late)
        await late.aclose()

        assert first == []
        assert [recovery.state for recovery in missed] == [pb.RECOVERY_STATE_SUCCEEDED]
        assert list(nothing) == []


async def test_tokens_of_others_are_refused() -> None:
    """
    Garbled ones, those of another log, and any before the log is known.
    """
    async with told() as (made, history):
        with pytest.raises(RecoveryResumeTokenError):
            await anext(history.follow("rubbish"))
        with pytest.raises(NotReadyError):
            await anext(History(made.log, made.ledger).follow(""))


async def test_pages_follow_each_other_and_their_tokens_are_checked() -> None:
    """
    A token of another list, or of nothing, is refused.
    """
    items = [str(number) for number in range(7)]

    def turn(token: str, kind: str = "a") -> tuple[list[str], str]:
        found, following = page(items, size=3, token=token, kind=kind, id_of=str)
        return list(found), following

    first, token = turn("")
    second, following = turn(token)
    third, end = turn(following)

    assert (first, second, third, end) == (items[:3], items[3:6], items[6:], "")
    for bad, kind in ((token, "b"), ("%%%", "a"), ("YSBx", "a")):
        with pytest.raises(RecoveryPageTokenError):
            turn(bad, kind)


async def test_old_recoveries_are_read_from_the_log() -> None:
    """
    Also those that the sidecar does not remember any more.
    """
    async with told() as (made, history):
        recovery_id = made.engine.take(report())
        await made.settled()
        made.ledger._entries.clear()
        found = await history.find(recovery_id)

        assert found is not None
        assert found.state == pb.RECOVERY_STATE_SUCCEEDED
        assert await history.find("no such") is None
        assert (await history.report()).succeeded == 1
        assert (await history.report()).succeeded == 1
