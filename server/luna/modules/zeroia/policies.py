"""Keeps the policy and its revisions in the log."""

import zlib
from collections.abc import Sequence
from typing import Final

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.event_errors import VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, EventFilter, Expect, NewEvent, StreamWrite
from luna.kernel.times import timestamp
from luna.modules.zeroia.errors import PolicyChangedError, RevisionUnknownError
from luna.modules.zeroia.policy import built_in, check
from luna.modules.zeroia.record import POLICY, POLICY_UPDATED
from luna.modules.zeroia.rules import Rules

_FILTER: Final = EventFilter(stream=POLICY, types=frozenset({POLICY_UPDATED}))
_RULES_MAX: Final = 64


class PolicyBook:
    """The policy in force, and every one before it."""

    def __init__(self, events: EventLog, clock: Clock, source: str) -> None:
        self._events = events
        self._clock = clock
        self._source = source
        self._current: pb.PolicyRevision | None = None
        self._rules: dict[int, Rules] = {}
        self.rules: Rules | None = None
        """Those in force; ``None`` until the log was read for the first time."""

    async def load(self) -> Rules:
        """Return the rules in force, as the log has them."""
        page = await self._events.read(_FILTER, limit=1, direction=Direction.BACKWARD)
        return self._adopt(_revision(page.events[0]) if page.events else _first())

    def apply(self, event: Event) -> None:
        """Take up a change of the policy, made here or by another replica."""
        self._adopt(_revision(event))

    async def get(self, revision: int | None) -> pb.PolicyRevision:
        """Return a revision, the one in force by default.

        Raises:
            RevisionUnknownError: there is none of that number.

        """
        current = await self._newest()
        if revision is None or revision == current.revision:
            return current
        if revision == 0:
            return _first()
        if (earlier := await self._search(revision)) is None:
            raise RevisionUnknownError(revision)
        return earlier

    async def rules_of(self, revision: int) -> Rules:
        """Return the rules of a revision.

        Raises:
            RevisionUnknownError: there is none of that number.

        """
        if (rules := self._rules.get(revision)) is None:
            rules = self._remember(Rules.of((await self.get(revision)).policy, revision))
        return rules

    async def update(
        self, policy: pb.Policy, *, etag: str, reason: str, restored: int | None = None
    ) -> pb.PolicyRevision:
        """Replace the policy that has *etag*.

        Raises:
            PolicyInvalidError: it breaks rules; all violations are listed.
            PolicyChangedError: the policy in force has another etag.

        """
        check(policy)
        current = await self._newest()
        if etag != current.etag:
            await self.load()
            current = await self._newest()
        if etag != current.etag:
            return await self._same_change(current, policy, etag)
        changed = _make(current.revision + 1, policy, reason, self._clock.wall_ns(), restored)
        try:
            await self._append(changed)
        except VersionConflictError:
            await self.load()
            return await self._same_change(await self._newest(), policy, etag)
        self._adopt(changed)
        return changed

    async def rollback(self, revision: int, *, etag: str, reason: str) -> pb.PolicyRevision:
        """Bring back *revision* as a new one.

        Raises:
            RevisionUnknownError: there is none of that number.
            PolicyChangedError: the policy in force has another etag.

        """
        earlier = await self.get(revision)
        return await self.update(earlier.policy, etag=etag, reason=reason, restored=revision)

    async def list(self, *, after: int, limit: int) -> tuple[Sequence[pb.PolicyRevision], int]:
        """Return revisions before position *after*, newest first, and where to go on; 0 at the end."""
        page = await self._events.read(_FILTER, after=after, limit=limit, direction=Direction.BACKWARD)
        found = [_revision(event) for event in page.events]
        if len(found) == limit:
            return found, page.position
        return [*found, _first()], 0

    async def _search(self, revision: int) -> pb.PolicyRevision | None:
        after, done = 0, False
        while not done:
            page = await self._events.read(_FILTER, after=after, limit=50, direction=Direction.BACKWARD)
            for event in page.events:
                if event.stream_version == revision:
                    return _revision(event)
            after, done = page.position, page.done or page.position <= 1
        return None

    async def _newest(self) -> pb.PolicyRevision:
        if self._current is None:
            await self.load()
        return self._current or _first()

    async def _same_change(self, current: pb.PolicyRevision, policy: pb.Policy, etag: str) -> pb.PolicyRevision:
        # The very change may have been made by an earlier attempt whose answer was lost.
        if current.policy == policy and current.revision > 0 and (await self.get(current.revision - 1)).etag == etag:
            return current
        raise PolicyChangedError(current.etag, current.revision)

    async def _append(self, changed: pb.PolicyRevision) -> None:
        event = NewEvent(
            type=POLICY_UPDATED,
            payload=facts.PolicyUpdated(revision=changed).SerializeToString(),
            source=self._source,
            time_ns=changed.update_time.ToNanoseconds(),
        )
        expected = changed.revision - 1 or Expect.NO_STREAM
        await self._events.append(Append(writes=(StreamWrite(stream=POLICY, events=(event,), expected=expected),)))

    def _adopt(self, revision: pb.PolicyRevision) -> Rules:
        # What was read may have been overtaken meanwhile; the policy in force never goes back.
        if self.rules is None or self._current is None or revision.revision > self._current.revision:
            self._current = revision
            self.rules = self._remember(Rules.of(revision.policy, revision.revision))
        return self.rules

    def _remember(self, rules: Rules) -> Rules:
        if len(self._rules) >= _RULES_MAX:
            self._rules.pop(next(iter(self._rules)))
        self._rules[rules.revision] = rules
        return rules


def _revision(event: Event) -> pb.PolicyRevision:
    return facts.PolicyUpdated.FromString(event.payload).revision


def _first() -> pb.PolicyRevision:
    policy = built_in()
    return pb.PolicyRevision(revision=0, policy=policy, etag=_etag(0, policy), reason="built in")


def _make(revision: int, policy: pb.Policy, reason: str, now_ns: int, restored: int | None) -> pb.PolicyRevision:
    return pb.PolicyRevision(
        revision=revision,
        policy=policy,
        etag=_etag(revision, policy),
        update_time=timestamp(now_ns),
        reason=reason,
        restored_revision=restored,
    )


def _etag(revision: int, policy: pb.Policy) -> str:
    return f"{revision}-{zlib.crc32(policy.SerializeToString(deterministic=True)):08x}"
