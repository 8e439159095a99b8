"""Lets humans steer recoveries: approve the next step of one, or stop it."""

from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.times import timestamp
from luna.resilience.recovery_steps import Approve, RecoveryState
from luna.sidecar.recovery.case import Case
from luna.sidecar.recovery.engine import Engine
from luna.sidecar.recovery.errors import NotWaitingError, RecoveryFinishedError, RecoveryUnknownError
from luna.sidecar.recovery.ledger import Ledger
from luna.sidecar.recovery.messages import state_word, strategy_to
from luna.sidecar.recovery.record import Record

_STOPPING: Final = "the node is stopping"


class Steering:
    """What may be asked of a recovery."""

    def __init__(self, engine: Engine, ledger: Ledger, record: Record, *, clock: Clock) -> None:
        self._engine = engine
        self._ledger = ledger
        self._record = record
        self._clock = clock

    def approve(self, recovery_id: str, *, subject: str) -> pb.Recovery:
        """Let a recovery take the step that it waits to be allowed.

        Raises:
            RecoveryUnknownError: there is no such recovery.
            RecoveryFinishedError: it is over.
            NotWaitingError: it does not wait.

        """
        case = self._under_way(recovery_id)
        wanted = case.machine.next
        if not isinstance(wanted, Approve):
            raise NotWaitingError(recovery_id, state_word(case.entry.recovery.state))
        message = facts.RecoveryApproved(
            recovery_id=recovery_id,
            strategy=strategy_to(wanted.strategy),
            subject=subject,
            approve_time=timestamp(self._clock.wall_ns()),
        )
        self._record.of_recovery(recovery_id, message)
        case.machine.approved()
        case.entry.recovery.state = pb.RECOVERY_STATE_PLANNED
        case.news.set()
        return case.entry.recovery

    def cancel(self, recovery_id: str, *, subject: str, reason: str) -> pb.Recovery:
        """Stop a recovery after the step under way.

        Raises:
            RecoveryUnknownError: there is no such recovery.
            RecoveryFinishedError: it is over.

        """
        entry = self._ledger.get(recovery_id)
        if entry and entry.recovery.state == pb.RECOVERY_STATE_CANCELLED:
            return entry.recovery
        case = self._under_way(recovery_id)
        if case.machine.state is RecoveryState.CANCELLED:
            return case.entry.recovery
        case.cancelled_by = subject
        case.machine.cancel(reason or f"cancelled by {subject or 'somebody'}")
        case.news.set()
        return case.entry.recovery

    def _under_way(self, recovery_id: str) -> Case:
        entry = self._ledger.get(recovery_id)
        if entry is None:
            raise RecoveryUnknownError(recovery_id)
        case = self._engine.case(recovery_id)
        if entry.over or case is None:
            raise RecoveryFinishedError(recovery_id, state_word(entry.recovery.state))
        return case
