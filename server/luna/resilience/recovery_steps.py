"""The words of a recovery: where it is, what has to be done next, and what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from luna.resilience.recovery_policy import Strategy, Verification


class RecoveryState(IntEnum):
    """Where a recovery is. The numbers are those of the contract."""

    PLANNED = 1
    WAITING_FOR_APPROVAL = 2
    ACTING = 3
    VERIFYING = 4
    SUCCEEDED = 5
    FAILED = 6
    ESCALATED = 7
    CANCELLED = 8

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self >= RecoveryState.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was tried, and whether it helped."""

    step: int
    """Counted from 1."""
    strategy: Strategy
    attempt: int
    """With this strategy, counted from 1."""
    verified: bool
    failure: str = ""
    """Why it did not help."""
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Wait, `begin`, do it, and say `acted`."""

    step: int
    strategy: Strategy
    attempt: int
    wait_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Ask for leave, and say `approved` or `timed_out`."""

    strategy: Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Probe, and say `verified`, or `timed_out`."""

    verification: Verification
    within_seconds: float
    observe_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Nothing more is done."""

    state: RecoveryState
    reason: str


Next: TypeAlias = Act | Approve | Verify | End


class NotExpectedError(Exception):
    """The recovery is not in a state for that."""

    def __init__(self, state: RecoveryState, what: str) -> None:
        super().__init__(f"a recovery that is {state.name} cannot be {what}")
        self.state = state
