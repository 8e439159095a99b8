"""Keeps the recovery policy and its revisions in the log."""

import zlib
from collections.abc import Callable, Iterable
from typing import Final

from arkalia.recovery.v1 import recovery_event_pb2 as facts
from arkalia.recovery.v1 import recovery_pb2 as pb

from luna.kernel.clock import Clock
from luna.kernel.error_reports import ErrorType, Severity
from luna.kernel.event_errors import VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, EventFilter, Expect, NewEvent, StreamWrite
from luna.kernel.identity import Identity
from luna.kernel.times import duration, seconds_of, timestamp
from luna.resilience.recovery_policy import RecoveryPolicy, RecoveryRule, Strategy
from luna.resilience.violations import PolicyError
from luna.sidecar.recovery.errors import RecoveryPolicyChangedError, RecoveryPolicyInvalidError
from luna.sidecar.recovery.messages import severity_to, strategy_to, type_to

UPDATED: Final = facts.RecoveryPolicyUpdated.DESCRIPTOR.full_name

Adopt = Callable[[RecoveryPolicy, int], None]


class PolicyBook:
    """The policy in force."""

    def __init__(self, events: EventLog, identity: Identity, *, clock: Clock, adopt: Adopt) -> None:
        """Have *adopt* told of every policy that comes into force."""
        self._events = events
        self._stream = f"recovery-policy/{identity.node}"
        self._source = identity.source
        self._clock = clock
        self._adopt = adopt
        self.current = _revision(0, policy_to(RecoveryPolicy()), reason="built in", time_ns=0)

    async def load(self) -> None:
        """Take up what the log says."""
        wanted = EventFilter(stream=self._stream, types=frozenset({UPDATED}))
        page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
        for event in page.events:
            self._take_up(facts.RecoveryPolicyUpdated.FromString(event.payload).revision)

    async def update(
        self, policy: pb.RecoveryPolicy, *, etag: str, reason: str, dry_run: bool
    ) -> pb.RecoveryPolicyRevision:
        """Replace the policy that has *etag*.

        Raises:
            RecoveryPolicyInvalidError: it breaks rules; all violations are listed.
            RecoveryPolicyChangedError: the policy in force has another etag.

        """
        policy_from(policy)
        await self.load()
        if etag != self.current.etag:
            return self._same_change(policy, etag)
        changed = _revision(self.current.revision + 1, policy, reason=reason, time_ns=self._clock.wall_ns())
        if dry_run:
            return changed
        try:
            await self._append(changed)
        except VersionConflictError:
            await self.load()
            return self._same_change(policy, etag)
        self._take_up(changed)
        return changed

    def _same_change(self, policy: pb.RecoveryPolicy, etag: str) -> pb.RecoveryPolicyRevision:
        # The very change may have been made by an earlier attempt whose answer was lost.
        current = self.current
        if current.policy == policy and etag.startswith(f"{int(current.revision) - 1}-"):
            return current
        raise RecoveryPolicyChangedError(current.etag, current.revision)

    async def _append(self, changed: pb.RecoveryPolicyRevision) -> None:
        event = NewEvent(
            type=UPDATED,
            payload=facts.RecoveryPolicyUpdated(revision=changed).SerializeToString(deterministic=True),
            source=self._source,
            time_ns=changed.update_time.ToNanoseconds(),
        )
        expected = changed.revision - 1 or Expect.NO_STREAM
        await self._events.append(
            Append(writes=(StreamWrite(stream=self._stream, events=(event,), expected=expected),))
        )

    def _take_up(self, revision: pb.RecoveryPolicyRevision) -> None:
        if revision.revision > self.current.revision:
            self.current = revision
            self._adopt(policy_from(revision.policy), revision.revision)


def policy_from(message: pb.RecoveryPolicy) -> RecoveryPolicy:
    """Return the policy in *message*.

    Raises:
        RecoveryPolicyInvalidError: it breaks rules; all violations are listed.

    """
    twice = {f"rules.{ErrorType(rule.type).name}": "is given twice" for rule in _repeated(message.rules)}
    try:
        policy = RecoveryPolicy(
            rules={ErrorType(rule.type): _rule_from(rule) for rule in message.rules},
            recoveries_max=message.recoveries_max,
        )
    except PolicyError as error:
        raise RecoveryPolicyInvalidError(twice | error.violations) from error
    if twice:
        raise RecoveryPolicyInvalidError(twice)
    return policy


def policy_to(policy: RecoveryPolicy) -> pb.RecoveryPolicy:
    """Return *policy* as a message."""
    return pb.RecoveryPolicy(
        rules=[_rule_to(type, policy.rules[type]) for type in ErrorType], recoveries_max=policy.recoveries_max
    )


def _repeated(rules: Iterable[pb.RecoveryRule]) -> Iterable[pb.RecoveryRule]:
    seen: set[int] = set()
    for rule in rules:
        if rule.type in seen:
            yield rule
        seen.add(rule.type)


def _rule_from(message: pb.RecoveryRule) -> RecoveryRule:
    built_in = RecoveryPolicy().rules[ErrorType(message.type)]
    return RecoveryRule(
        severity=Severity(message.severity),
        strategies=tuple(Strategy(strategy) for strategy in message.strategies),
        attempts_max=message.attempts_max,
        wait_seconds=seconds_of(message.wait) if message.HasField("wait") else built_in.wait_seconds,
        wait_max_seconds=(seconds_of(message.wait_max) if message.HasField("wait_max") else built_in.wait_max_seconds),
        verify_seconds=seconds_of(message.verify) if message.HasField("verify") else built_in.verify_seconds,
        observe_seconds=(seconds_of(message.observe) if message.HasField("observe") else built_in.observe_seconds),
        approvals=tuple(Strategy(strategy) for strategy in message.approvals),
    )


def _rule_to(type: ErrorType, rule: RecoveryRule) -> pb.RecoveryRule:
    return pb.RecoveryRule(
        type=type_to(type),
        severity=severity_to(rule.severity),
        strategies=[strategy_to(strategy) for strategy in rule.strategies],
        attempts_max=rule.attempts_max,
        wait=duration(rule.wait_seconds),
        wait_max=duration(rule.wait_max_seconds),
        verify=duration(rule.verify_seconds),
        observe=duration(rule.observe_seconds),
        approvals=[strategy_to(strategy) for strategy in rule.approvals],
    )


def _revision(number: int, policy: pb.RecoveryPolicy, *, reason: str, time_ns: int) -> pb.RecoveryPolicyRevision:
    return pb.RecoveryPolicyRevision(
        revision=number,
        policy=policy,
        etag=f"{number}-{zlib.crc32(policy.SerializeToString(deterministic=True)):08x}",
        update_time=timestamp(time_ns) if time_ns else None,
        reason=reason,
    )
