"""What became of every recovery and incident: a fold over their events, and who waits for the next change.

Rule 1: whatever is on record can be read from the events alone.
Rule 2: what goes on between two events, such as that a probe is running, is noted with `touch` and forgotten by a
restart.
Rule 3: the newest recoveries are kept, and all of those that are not over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb
from google.protobuf.message import Message

from luna.kernel.bell import Bell
from luna.kernel.events import Recorded
from luna.kernel.times import timestamp
from luna.sidecar.recovery.messages import strategy_word

REMEMBERED: Final = 1000
OVER: Final = frozenset(
    {
        pb.RECOVERY_STATE_SUCCEEDED,
        pb.RECOVERY_STATE_FAILED,
        pb.RECOVERY_STATE_ESCALATED,
        pb.RECOVERY_STATE_CANCELLED,
    }
)


@dataclass(kw_only=True)
class Entry:
    """One recovery, as it is now."""

    recovery: pb.Recovery
    strategies: Sequence[int]
    """In the order in which they are tried."""
    policy_revision: int
    approved: set[int] = field(default_factory=set)
    version: int = 0
    """The number of its newest change."""
    position: int = 0
    """Where its newest event is in the log, 0 as long as that is not known."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.recovery.state in OVER


class Ledger:
    """All recoveries that are remembered."""

    def __init__(self, *, remembered: int = REMEMBERED) -> None:
        self._entries: dict[str, Entry] = {}
        self._remembered = remembered
        self._version = 0
        self._changed = Bell()
        self.position = 0
        """The newest event of a recovery that the log is known to have."""

    def apply(self, message: Message, *, time_ns: int, position: int = 0) -> None:
        """Take account of an event, which may be known already."""
        if isinstance(message, facts.RecoveryStarted):
            self._start(message)
        entry = self._entries.get(getattr(message, "recovery_id", ""))
        if entry is None:
            return
        _fold(entry, message, time_ns)
        if position:
            self._place(entry, position)
        self.touch(entry)

    def recorded(self, recorded: Recorded) -> None:
        """Take note of where in the log an event is, if it is one of a recovery."""
        category, _, recovery_id = recorded.stream.partition("/")
        if category == "recovery" and (entry := self._entries.get(recovery_id)):
            self._place(entry, recorded.position)

    def touch(self, entry: Entry) -> None:
        """Tell whoever waits that *entry* has changed."""
        self._version += 1
        entry.version = self._version
        self._changed.ring()

    def get(self, recovery_id: str) -> Entry | None:
        """Return the recovery of that id, if it is remembered."""
        return self._entries.get(recovery_id)

    def newest_first(self) -> Iterator[Entry]:
        """Yield all of them."""
        # What was read late is older than what had begun before that.
        return iter(
            sorted(self._entries.values(), key=lambda it: it.recovery.detect_time.ToNanoseconds(), reverse=True)
        )

    def all(self) -> list[Entry]:
        """Return all of them."""
        return list(self._entries.values())

    def under_way(self) -> list[Entry]:
        """Return those that are not over, oldest first."""
        return [entry for entry in self._entries.values() if not entry.over]

    @property
    def version(self) -> int:
        """How many changes there have been."""
        return self._version

    async def changes(self, after: int) -> list[Entry]:
        """Wait until there is a change past version *after*, and return what changed."""
        while self._version <= after:
            await self._changed.wait()
        return [entry for entry in self._entries.values() if entry.version > after]

    def _place(self, entry: Entry, position: int) -> None:
        self.position = max(self.position, position)
        entry.position = max(entry.position, position)

    def _start(self, started: facts.RecoveryStarted) -> None:
        if started.recovery_id in self._entries:
            return
        recovery = pb.Recovery(
            recovery_id=started.recovery_id,
            type=started.type,
            severity=started.severity,
            target=started.target,
            state=pb.RECOVERY_STATE_PLANNED,
            strategy=started.strategies[0] if started.strategies else pb.RECOVERY_STRATEGY_UNSPECIFIED,
            error=started.error,
            error_count=started.error.count,
            failure_time=started.failure_time,
            detect_time=started.detect_time,
            recurrence=started.recurrence,
        )
        self._entries[started.recovery_id] = Entry(
            recovery=recovery, strategies=tuple(started.strategies), policy_revision=started.policy_revision
        )
        self._forget()

    def _forget(self) -> None:
        if len(self._entries) <= self._remembered:
            return
        for recovery_id, entry in self._entries.items():
            if entry.over:
                del self._entries[recovery_id]
                return


def _fold(entry: Entry, message: Message, time_ns: int) -> None:
    """Change *entry* as its event *message* says."""
    recovery = entry.recovery
    match message:
        case facts.RecoveryStepTaken():
            # The same one may come twice: when it happened, and from the log.
            if message.step.step > len(recovery.steps):
                recovery.steps.append(message.step)
            recovery.strategy = message.step.strategy
            recovery.state = pb.RECOVERY_STATE_PLANNED
        case facts.RecoverySucceeded():
            recovery.state = pb.RECOVERY_STATE_SUCCEEDED
            recovery.strategy = message.strategy
            recovery.recover_time.CopyFrom(message.recover_time)
            recovery.time_to_recover.CopyFrom(message.time_to_recover)
            recovery.error_count = message.error_count
            recovery.outcome = f"{strategy_word(message.strategy)} helped"
            recovery.end_time.CopyFrom(timestamp(time_ns))
        case facts.RecoveryApproved():
            entry.approved.add(message.strategy)
        case facts.RecoveryFailed() | facts.RecoveryEscalated():
            _fail(recovery, message)


def _fail(recovery: pb.Recovery, message: facts.RecoveryFailed | facts.RecoveryEscalated) -> None:
    recovery.outcome = message.reason
    recovery.end_time.CopyFrom(message.end_time)
    if isinstance(message, facts.RecoveryEscalated):
        recovery.state = pb.RECOVERY_STATE_ESCALATED
        recovery.strategy = pb.RECOVERY_STRATEGY_MANUAL_INTERVENTION
        recovery.incident_id = message.incident_id
    else:
        recovery.state = pb.RECOVERY_STATE_CANCELLED if message.cancelled else pb.RECOVERY_STATE_FAILED
