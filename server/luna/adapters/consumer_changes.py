"""Carries the state of a consumer between its group, which lives by the monotonic clock, and its storage."""

from luna.kernel.clock import Clock
from luna.kernel.group import Group
from luna.kernel.group_parts import Changes, Retry
from luna.kernel.log_admin import ConsumerChanges, ParkedEntry, StoredConsumer, Waiting


def group_of(stored: StoredConsumer, clock: Clock) -> Group:
    """Return the group as it was when it was stored."""
    now, now_ns = clock.monotonic(), clock.wall_ns()
    waiting = {
        position: Retry(attempts=entry.attempts, due=now + max(0, entry.due_ns - now_ns) / 1e9)
        for position, entry in stored.waiting.items()
    }
    return Group(stored.policy, checkpoint=stored.checkpoint, settled=stored.settled, waiting=waiting)


def changes_of(changes: Changes, clock: Clock) -> ConsumerChanges:
    """Return *changes* by the wall clock, which outlives this process."""
    now, now_ns = clock.monotonic(), clock.wall_ns()
    return ConsumerChanges(
        checkpoint=changes.checkpoint,
        settled=frozenset(changes.settled),
        waiting={
            position: Waiting(attempts=retry.attempts, due_ns=now_ns + round((retry.due - now) * 1e9))
            for position, retry in changes.waiting.items()
        },
        parked={
            position: ParkedEntry(position=position, attempts=up.attempts, reason=up.reason, parked_ns=now_ns)
            for position, up in changes.parked.items()
        },
        unparked=frozenset(changes.unparked),
    )
