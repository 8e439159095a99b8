"""Takes one recovery from its plan to its end, and writes down each step."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.times import duration, timestamp
from luna.resilience.recovery_steps import Act, Approve, End, Next, RecoveryState, Verify
from luna.sidecar.recovery.case import Case, Doer, Outcome, Verdict
from luna.sidecar.recovery.ledger import Ledger
from luna.sidecar.recovery.messages import evidence_to, strategy_to, verification_to
from luna.sidecar.recovery.record import Record

_ACT_SECONDS_MAX: Final = 90.0
_log = logging.getLogger(__name__)

Escalate = Callable[[Case, str], str]
"""Asks a human to look after what a recovery could not mend, and returns the id of the incident."""


class Mending:
    """How recoveries go."""

    def __init__(self, doer: Doer, record: Record, ledger: Ledger, *, escalate: Escalate, clock: Clock) -> None:
        self._doer = doer
        self._record = record
        self._ledger = ledger
        self._escalate = escalate
        self._clock = clock

    async def mend(self, case: Case) -> None:
        """Go on with *case* until it is over."""
        receipt = pb.RecoveryStep()
        while not isinstance(case.machine.next, End):
            taken = len(case.machine.steps)
            match case.machine.next:
                case Approve():
                    await self._wait_for_approval(case)
                case Act() as step:
                    receipt = await self._act(case, step)
                case Verify() as wanted:
                    await self._verify(case, wanted, receipt)
            if len(case.machine.steps) > taken:
                self._take(case, receipt)
        self.end(case, case.machine.next)

    def end(self, case: Case, end: End) -> None:
        """Write down how *case* ended."""
        now = timestamp(self._clock.wall_ns())
        recovery = case.entry.recovery
        match end.state:
            case RecoveryState.SUCCEEDED:
                self._record.of_recovery(case.recovery_id, self._succeeded(case))
            case RecoveryState.ESCALATED:
                incident_id = self._escalate(case, end.reason)
                message = facts.RecoveryEscalated(
                    recovery_id=case.recovery_id, incident_id=incident_id, reason=end.reason, end_time=now
                )
                self._record.of_recovery(case.recovery_id, message)
            case _:
                cancelled = end.state is RecoveryState.CANCELLED
                failed = facts.RecoveryFailed(
                    recovery_id=case.recovery_id,
                    reason=end.reason,
                    cancelled=cancelled,
                    subject=case.cancelled_by,
                    end_time=now,
                )
                self._record.of_recovery(case.recovery_id, failed)
        _log.info("recovery over", extra={"recovery_id": case.recovery_id, "outcome": recovery.outcome})

    async def _wait_for_approval(self, case: Case) -> None:
        self._now(case, pb.RECOVERY_STATE_WAITING_FOR_APPROVAL)
        await case.news.wait()
        case.news.clear()

    async def _act(self, case: Case, step: Act) -> pb.RecoveryStep:
        if step.wait_seconds:
            await self._pause(case, step.wait_seconds)
            if case.machine.next is not step:
                return pb.RecoveryStep()
        case.strategy = step.strategy
        case.machine.begin()
        self._now(case, pb.RECOVERY_STATE_ACTING)
        receipt = pb.RecoveryStep(
            step=step.step,
            strategy=strategy_to(step.strategy),
            attempt=step.attempt,
            start_time=timestamp(self._clock.wall_ns()),
            verification=verification_to(case.plan.verification),
        )
        outcome = await self._done(case, step)
        receipt.action = outcome.action
        receipt.act_time.CopyFrom(timestamp(self._clock.wall_ns()))
        case.machine.acted(outcome.evidence, ok=outcome.ok, failure=outcome.failure)
        return receipt

    async def _done(self, case: Case, step: Act) -> Outcome:
        try:
            async with asyncio.timeout(_ACT_SECONDS_MAX):
                return await self._doer.act(case, step)
        except TimeoutError:
            return Outcome(action=f"tried {step.strategy.name}", ok=False, failure="it took too long")
        except Exception as error:  # noqa: BLE001  whatever goes wrong, the next step is taken
            _log.exception("an action failed", extra={"recovery_id": case.recovery_id})
            return Outcome(action=f"tried {step.strategy.name}", ok=False, failure=f"{type(error).__name__}: {error}")

    async def _verify(self, case: Case, wanted: Verify, receipt: pb.RecoveryStep) -> Next:
        self._now(case, pb.RECOVERY_STATE_VERIFYING)
        try:
            verdict = await self._doer.verify(case, wanted)
        except Exception as error:  # noqa: BLE001  what cannot be looked at is not in order
            _log.exception("a probe failed", extra={"recovery_id": case.recovery_id})
            verdict = Verdict(ok=False, failure=f"{type(error).__name__}: {error}")
        case.recover_ns = verdict.held_ns
        receipt.verify_time.CopyFrom(timestamp(self._clock.wall_ns()))
        return case.machine.verified(verdict.evidence, ok=verdict.ok, failure=verdict.failure)

    def _take(self, case: Case, receipt: pb.RecoveryStep) -> None:
        step = case.machine.steps[-1]
        receipt.verified = step.verified
        receipt.failure = step.failure
        receipt.evidence.extend(evidence_to(step.evidence))
        if not receipt.HasField("verify_time"):
            receipt.verify_time.CopyFrom(receipt.act_time)
        message = facts.RecoveryStepTaken(recovery_id=case.recovery_id, step=receipt)
        self._record.of_recovery(case.recovery_id, message)

    def _succeeded(self, case: Case) -> facts.RecoverySucceeded:
        recover_ns = max(case.recover_ns, case.failure_ns)
        return facts.RecoverySucceeded(
            recovery_id=case.recovery_id,
            strategy=strategy_to(case.machine.steps[-1].strategy),
            target=case.entry.recovery.target,
            recover_time=timestamp(recover_ns),
            time_to_recover=duration((recover_ns - case.failure_ns) / 1e9),
            steps=len(case.machine.steps),
            error_count=case.entry.recovery.error_count,
        )

    async def _pause(self, case: Case, seconds: float) -> None:
        """Wait, unless somebody cancels meanwhile."""
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        news = asyncio.ensure_future(case.news.wait())
        try:
            await asyncio.wait({sleep, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            news.cancel()
        case.news.clear()

    def _now(self, case: Case, state: pb.RecoveryState) -> None:
        recovery = case.entry.recovery
        recovery.state = state
        strategy = getattr(case.machine.next, "strategy", None) or case.strategy
        if strategy is not None:
            recovery.strategy = strategy_to(strategy)
        self._ledger.touch(case.entry)
