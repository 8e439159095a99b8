"""Keeps the recovery policy and its revisions in the log."""

from collections.abc import Callable, Iterable

from arkalia.recovery.v1 import recovery_pb2 as pb
from arkalia.recovery.v1.recovery_event_pb2 import RecoveryPolicyUpdated
from google.protobuf.message import Message

from luna.kernel.clock import Clock
from luna.kernel.error_reports import ErrorType, Severity
from luna.kernel.event_log import EventLog
from luna.kernel.events import NewEvent
from luna.kernel.identity import Identity
from luna.kernel.revisions import Kind, RevisionBook
from luna.kernel.times import duration, seconds_of
from luna.resilience.recovery_policy import RecoveryPolicy, RecoveryRule, Strategy
from luna.resilience.violations import PolicyError
from luna.sidecar.recovery.errors import RecoveryPolicyChangedError, RecoveryPolicyInvalidError
from luna.sidecar.recovery.messages import severity_to, strategy_to, type_to

Adopt = Callable[[RecoveryPolicy, int], None]


class PolicyBook:
    """The policy in force."""

    def __init__(self, events: EventLog, identity: Identity, *, clock: Clock, adopt: Adopt) -> None:
        """Have *adopt* told of every policy that comes into force."""

        def fact(message: Message) -> NewEvent:
            name, payload = message.DESCRIPTOR.full_name, message.SerializeToString(deterministic=True)
            return NewEvent(type=name, payload=payload, source=identity.source, time_ns=clock.wall_ns())

        kind = Kind(
            stream=f"recovery-policy/{identity.node}",
            first=pb.RecoveryPolicyRevision(policy=policy_to(RecoveryPolicy()), reason="built in"),
            event=RecoveryPolicyUpdated,
            refusal=RecoveryPolicyChangedError,
        )
        self._book = RevisionBook(events, clock, fact, kind)
        self._adopt = adopt
        self._adopted = 0

    @property
    def current(self) -> pb.RecoveryPolicyRevision:
        """The one in force, as far as it is known."""
        return self._book.current

    async def load(self) -> None:
        """Take up what the log says."""
        self._take_up(await self._book.load())

    async def update(
        self, policy: pb.RecoveryPolicy, *, etag: str, reason: str, dry_run: bool
    ) -> pb.RecoveryPolicyRevision:
        """Replace the policy that has *etag*.

        Raises:
            RecoveryPolicyInvalidError: it breaks rules; all violations are listed.
            RecoveryPolicyChangedError: the policy in force has another etag.

        """
        policy_from(policy)
        wanted = pb.RecoveryPolicyRevision(policy=policy)
        _, changed = await self._book.change(lambda _: wanted, etag=etag, reason=reason, dry_run=dry_run)
        self._take_up(self.current)
        return changed

    def _take_up(self, revision: pb.RecoveryPolicyRevision) -> None:
        if revision.revision > self._adopted:
            self._adopted = revision.revision
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
        # The contract calls the fields that hold a time without their unit.
        found = {field.removesuffix("_seconds"): why for field, why in error.violations.items()}
        raise RecoveryPolicyInvalidError(twice | found) from error
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
