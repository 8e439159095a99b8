"""Keeps the retention policy, as events, and makes the log forget what it says."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Final

from arkalia.events.v1 import event_event_pb2 as facts
from arkalia.events.v1 import retention_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.event_errors import EventLogError, VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Append, Direction, EventFilter, Expect, NewEvent, StreamWrite
from luna.kernel.log_admin import Retention
from luna.kernel.times import ns_of
from luna.modules.events.errors import EtagError

POLICIES: Final = "events/retention"
PRUNINGS: Final = "events/pruned"
SWEEP_SECONDS: Final = 20.0
_UPDATED: Final = facts.RetentionPolicyUpdated.DESCRIPTOR.full_name
_PRUNED: Final = facts.EventsPruned.DESCRIPTOR.full_name

log = logging.getLogger(__name__)


class Policies:
    """The retention policy: the newest event of its stream."""

    def __init__(self, events: EventLog, *, source: str) -> None:
        self._events = events
        self._source = source
        self.changed = asyncio.Event()

    async def get(self) -> pb.RetentionPolicy:
        """Return the policy in force; its etag is empty as long as nobody has set one."""
        wanted = EventFilter(stream=POLICIES, types=frozenset({_UPDATED}))
        page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
        if not page.events:
            return pb.RetentionPolicy()
        newest = page.events[0]
        policy = facts.RetentionPolicyUpdated.FromString(newest.payload).policy
        policy.etag = str(newest.stream_version)
        return policy

    async def update(self, policy: pb.RetentionPolicy) -> pb.RetentionPolicy:
        """Put *policy* in force, if its etag is the present one.

        Raises:
            EtagError: it is not.

        """
        now = await self.get()
        if policy.etag != now.etag:
            return _again(policy, now)
        payload = facts.RetentionPolicyUpdated(policy=pb.RetentionPolicy(rules=policy.rules)).SerializeToString()
        event = NewEvent(type=_UPDATED, payload=payload, source=self._source)
        expected = int(now.etag) if now.etag else Expect.NO_STREAM
        try:
            await self._events.append(Append(writes=[StreamWrite(stream=POLICIES, events=[event], expected=expected)]))
        except VersionConflictError:
            return _again(policy, await self.get())
        self.changed.set()
        return await self.get()


class Sweeper:
    """Applies the policy, again and again."""

    def __init__(
        self, events: EventLog, retention: Retention, policies: Policies, clock: Clock, *, source: str
    ) -> None:
        self._events = events
        self._retention = retention
        self._policies = policies
        self._clock = clock
        self._source = source

    async def run(self) -> None:
        """Sweep whenever the policy changes, and every few seconds, forever."""
        while True:
            self._policies.changed.clear()
            try:
                await self.sweep()
            except EventLogError as error:
                log.warning("retention waits: %s", error)
            await self._pause()

    async def sweep(self) -> int:
        """Forget what the policy lets go, and return how many events that were."""
        policy = await self._policies.get()
        return sum([await self._apply(rule) for rule in policy.rules])

    async def _apply(self, rule: pb.RetentionRule) -> int:
        before_ns = self._clock.wall_ns() - ns_of(rule.age_max) if rule.HasField("age_max") else 0
        keep = rule.count_max or None
        if before_ns <= 0 and keep is None:
            return 0
        count = await self._retention.prune(rule.category, before_ns=max(0, before_ns), keep=keep)
        if count:
            await self._record(rule.category, count)
        return count

    async def _record(self, category: str, count: int) -> None:
        kept = await self._events.read(EventFilter(category=category), after=BEGINNING, limit=1)
        last = kept.events[0].position - 1 if kept.events else kept.position
        payload = facts.EventsPruned(category=category, event_count=count, last_position=last).SerializeToString()
        event = NewEvent(type=_PRUNED, payload=payload, source=self._source)
        await self._events.append(Append(writes=[StreamWrite(stream=PRUNINGS, events=[event])]))

    async def _pause(self) -> None:
        await _first(self._policies.changed.wait(), self._clock.sleep(SWEEP_SECONDS))


def _again(policy: pb.RetentionPolicy, now: pb.RetentionPolicy) -> pb.RetentionPolicy:
    """Return *now* if it came about by the very update to *policy*, sent once more.

    Raises:
        EtagError: somebody else changed the policy.

    """
    if int(now.etag or "0") != _number(policy.etag) + 1 or list(now.rules) != list(policy.rules):
        raise EtagError(now.etag)
    return now


def _number(etag: str) -> int:
    return int(etag or "0") if etag.isdecimal() or not etag else -1


async def _first(*waits: Awaitable[object]) -> None:
    """Wait for the first of *waits*, and end the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
