"""Keeps the policy of decisions, its revisions, and the rules that follow from each."""

from collections.abc import Sequence
from typing import Final

from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from google.protobuf.message import Message

from luna.kernel.clock import Clock
from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, NewEvent
from luna.kernel.revisions import Kind, RevisionBook
from luna.modules.zeroia.errors import PolicyChangedError, RevisionUnknownError
from luna.modules.zeroia.policy import built_in, check
from luna.modules.zeroia.record import POLICY, POLICY_UPDATED
from luna.modules.zeroia.rules import Rules

_RULES_MAX: Final = 64


class PolicyBook:
    """The policy in force, and every one before it."""

    def __init__(self, events: EventLog, clock: Clock, source: str) -> None:
        def fact(message: Message) -> NewEvent:
            payload = message.SerializeToString(deterministic=True)
            return NewEvent(type=POLICY_UPDATED, payload=payload, source=source, time_ns=clock.wall_ns())

        first = pb.PolicyRevision(policy=built_in(), reason="built in")
        kind = Kind(stream=POLICY, first=first, event=facts.PolicyUpdated, refusal=PolicyChangedError)
        self._book = RevisionBook(events, clock, fact, kind)
        self._rules: dict[int, Rules] = {}
        self.rules: Rules | None = None
        """Those in force; ``None`` until the log was read for the first time."""

    async def load(self) -> Rules:
        """Return the rules in force, as the log has them."""
        return self._adopt(await self._book.load())

    def apply(self, event: Event) -> None:
        """Take up a change of the policy, made here or by another replica."""
        self._book.apply(event)
        self._adopt(self._book.current)

    async def get(self, revision: int | None) -> pb.PolicyRevision:
        """Return a revision, the one in force by default.

        Raises:
            RevisionUnknownError: there is none of that number.

        """
        found = await self._book.find(revision)
        self._adopt(self._book.current)
        if found is None:
            raise RevisionUnknownError(revision or 0)
        return found

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
        wanted = pb.PolicyRevision(policy=policy, restored_revision=restored)
        _, changed = await self._book.change(lambda _: wanted, etag=etag, reason=reason)
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
        return await self._book.newest(after=after, limit=limit)

    def _adopt(self, revision: pb.PolicyRevision) -> Rules:
        # What was read may have been overtaken meanwhile; the rules in force never go back.
        if self.rules is None or revision.revision > self.rules.revision:
            self.rules = self._remember(Rules.of(revision.policy, revision.revision))
        return self.rules

    def _remember(self, rules: Rules) -> Rules:
        if len(self._rules) >= _RULES_MAX:
            self._rules.pop(next(iter(self._rules)))
        self._rules[rules.revision] = rules
        return rules
