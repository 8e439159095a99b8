"""What is tried for each kind of failure, in which order, and how it is found out whether it helped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from luna.kernel.error_reports import ErrorType, Severity
from luna.resilience.violations import below, not_positive, refuse


class Strategy(IntEnum):
    """How a failure is mended. The numbers are those of the contract."""

    IMMEDIATE_RETRY = 1
    EXPONENTIAL_BACKOFF = 2
    CIRCUIT_BREAK = 3
    GRACEFUL_DEGRADATION = 4
    SYSTEM_RESTART = 5
    """Ends a process and starts it again, or rebuilds what it keeps."""
    MANUAL_INTERVENTION = 6


class Verification(IntEnum):
    """How it is found out whether a step helped. The numbers are those of the contract."""

    METHOD_ANSWERS = 1
    MEMORY_BELOW_LIMIT = 2
    COMPARISON_AGREES = 3
    CHANNEL_READY = 4
    PROJECTION_INTACT = 5
    HEARTBEAT_ADVANCES = 6
    PROCESS_SERVES = 7


VERIFICATIONS: Final[Mapping[ErrorType, Verification]] = {
    ErrorType.TIMEOUT: Verification.METHOD_ANSWERS,
    ErrorType.MEMORY: Verification.MEMORY_BELOW_LIMIT,
    ErrorType.CONTRADICTION: Verification.COMPARISON_AGREES,
    ErrorType.CONNECTION_LOST: Verification.CHANNEL_READY,
    ErrorType.STATE_CORRUPTED: Verification.PROJECTION_INTACT,
    ErrorType.DEADLOCK: Verification.HEARTBEAT_ADVANCES,
    ErrorType.UNKNOWN: Verification.METHOD_ANSWERS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRule:
    """What is tried for one type of failure. It is checked as part of a policy."""

    severity: Severity
    """How bad it is, where the report does not say."""
    strategies: Sequence[Strategy]
    """In the order in which they are tried."""
    attempts_max: int
    """With each strategy."""
    wait_seconds: float = 0.2
    """The longest first wait between two attempts."""
    wait_max_seconds: float = 10.0
    verify_seconds: float
    """How long a step has to show that it helped."""
    observe_seconds: float
    """How long it must go on working before the recovery has succeeded."""
    approvals: Sequence[Strategy] = ()
    """Those that somebody has to approve before they are used."""

    def violations(self) -> Iterator[tuple[str, str]]:
        """Yield the rules that this one breaks, by field."""
        yield from below({"attempts_max": self.attempts_max, "observe_seconds": 1 + self.observe_seconds}, 1).items()
        yield from not_positive({"wait_seconds": self.wait_seconds, "verify_seconds": self.verify_seconds}).items()
        yield from below({"wait_max_seconds": self.wait_max_seconds}, self.wait_seconds).items()
        if not self.strategies:
            yield "strategies", "must be one at least"
        if len(set(self.strategies)) < len(self.strategies):
            yield "strategies", "must not name one twice"
        if Strategy.MANUAL_INTERVENTION in self.strategies[:-1]:
            yield "strategies", "must end with MANUAL_INTERVENTION if they have it: nothing follows on asking a human"
        if unused := set(self.approvals) - set(self.strategies):
            yield "approvals", f"must be among the strategies; not {', '.join(sorted(it.name for it in unused))}"
        if Strategy.MANUAL_INTERVENTION in self.approvals:
            yield "approvals", "must not have MANUAL_INTERVENTION: asking a human needs nobody's leave"


def _rules() -> Mapping[ErrorType, RecoveryRule]:
    it = Strategy
    return {
        ErrorType.TIMEOUT: RecoveryRule(
            severity=Severity.MEDIUM,
            strategies=(it.EXPONENTIAL_BACKOFF, it.CIRCUIT_BREAK),
            attempts_max=3,
            verify_seconds=5.0,
            observe_seconds=1.0,
        ),
        ErrorType.MEMORY: RecoveryRule(
            severity=Severity.HIGH,
            strategies=(it.GRACEFUL_DEGRADATION, it.SYSTEM_RESTART),
            attempts_max=2,
            # What doing less frees is free at once, or not at all.
            verify_seconds=0.5,
            observe_seconds=30.0,
        ),
        ErrorType.CONTRADICTION: RecoveryRule(
            severity=Severity.MEDIUM,
            # To deliberate is to compare again.
            strategies=(it.IMMEDIATE_RETRY, it.CIRCUIT_BREAK),
            attempts_max=2,
            verify_seconds=15.0,
            observe_seconds=0.0,
        ),
        ErrorType.CONNECTION_LOST: RecoveryRule(
            severity=Severity.MEDIUM,
            strategies=(it.IMMEDIATE_RETRY, it.EXPONENTIAL_BACKOFF),
            attempts_max=3,
            verify_seconds=5.0,
            observe_seconds=1.0,
        ),
        ErrorType.STATE_CORRUPTED: RecoveryRule(
            severity=Severity.HIGH,
            strategies=(it.SYSTEM_RESTART, it.MANUAL_INTERVENTION),
            attempts_max=2,
            verify_seconds=30.0,
            observe_seconds=1.0,
        ),
        ErrorType.DEADLOCK: RecoveryRule(
            severity=Severity.CRITICAL,
            strategies=(it.SYSTEM_RESTART, it.MANUAL_INTERVENTION),
            attempts_max=1,
            verify_seconds=15.0,
            observe_seconds=2.0,
        ),
        ErrorType.UNKNOWN: RecoveryRule(
            severity=Severity.LOW,
            strategies=(it.IMMEDIATE_RETRY, it.EXPONENTIAL_BACKOFF, it.MANUAL_INTERVENTION),
            attempts_max=3,
            verify_seconds=5.0,
            observe_seconds=1.0,
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPolicy:
    """What is tried for each type of failure."""

    rules: Mapping[ErrorType, RecoveryRule] = field(default_factory=_rules)
    recoveries_max: int = 20
    """How many may be under way at once."""

    def __post_init__(self) -> None:
        missing = {f"rules.{type_.name}": "is missing" for type_ in ErrorType if type_ not in self.rules}
        broken = {
            f"rules.{type_.name}.{name}": why for type_, rule in self.rules.items() for name, why in rule.violations()
        }
        refuse(missing | broken | below({"recoveries_max": self.recoveries_max}, 1))
