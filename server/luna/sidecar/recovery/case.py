"""One recovery under way: what is known, and what is being done about it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from luna.kernel.error_reports import ErrorTarget
from luna.resilience.recovery import RecoveryMachine
from luna.resilience.recovery_plan import Plan
from luna.resilience.recovery_policy import Strategy
from luna.resilience.recovery_steps import Act, Verify
from luna.sidecar.recovery.ledger import Entry

Undo = Callable[[], Awaitable[None]]


class Key(NamedTuple):
    """What at most one recovery is under way for at a time."""

    kind: str
    target: ErrorTarget


@dataclass(kw_only=True)
class Case:
    """A recovery under way."""

    key: Key
    entry: Entry
    plan: Plan
    machine: RecoveryMachine
    target: ErrorTarget
    failure_ns: int
    pid: int | None = None
    """The process that failed, where it is known."""
    last_failure_ns: int = 0
    """The newest failure that was reported."""
    falls: int = 0
    """How often the supervisor saw it fail again since this began."""
    resolved_ns: int = 0
    """When somebody last said that it works again."""
    recover_ns: int = 0
    """The first moment from which on it worked."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody approved or cancelled."""
    resumed: bool = False
    """Whether an earlier life of this process began it, and nobody has looked at it since."""
    undo: list[Undo] = field(default_factory=list)
    """What has to be taken back when the recovery is over."""

    cancelled_by: str = ""
    strategy: Strategy | None = None
    """What is being tried."""

    @property
    def recovery_id(self) -> str:
        """The id."""
        return self.entry.recovery.recovery_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an action did."""

    action: str
    """In words, such as ``restarted kernel-0``."""
    ok: bool = True
    evidence: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a probe found."""

    ok: bool
    held_ns: int = 0
    """The first moment from which on it held."""
    evidence: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


class Doer(Protocol):
    """Acts, and looks whether it helped."""

    async def act(self, case: Case, step: Act) -> Outcome:
        """Do what *step* says."""
        ...

    async def verify(self, case: Case, wanted: Verify) -> Verdict:
        """Look whether it works, and go on looking for as long as it has to hold."""
        ...
