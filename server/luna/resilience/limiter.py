"""Decides which calls a process takes on when there are more than it can answer in time. Pure: time is an argument.

::

              room for its priority              a place is free
    admit ──┬──────────────────────▶ UNDER WAY ◀──────────────────┐
            │ none                                                │
    queue ──┼──────────────────────────────────────────────▶ QUEUED ──▶ shed for one that matters more
            │ the queue is full of what matters as much             ──▶ leaves by itself
            └──────────────────────▶ REFUSED

Rule 1: each priority has its share of the limit, the less it matters the
smaller, so that there is always room for what matters more.
Rule 2: CRITICAL is admitted at once, always: it is ahead of whatever waits.
Where the policy lets it wait, it is the first in the queue.
Rule 3: what matters most goes first, among equals whoever came first.
Rule 4: a full queue sheds the newest of those that matter least.
Rule 5: whoever waits is given a place as soon as there is one for its priority.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from luna.resilience.gradient import Gradient, GradientPolicy
from luna.resilience.violations import below, not_positive, not_shares, refuse

CRITICAL: Final = 1
OPTIONAL: Final = 5
SHARES: Final = (0.0, 1.0, 0.95, 0.85, 0.7, 0.5)
"""Of the limit, by the number of the priority. CRITICAL does not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterPolicy:
    """How many calls at once, and how many may wait for that."""

    gradient: GradientPolicy = field(default_factory=GradientPolicy)
    queue_max: int = 100
    queue_seconds: float = 1.0
    """How long a call may wait. Whoever holds the tickets sees to it."""
    retry_seconds: float = 1.0
    """What those are told to wait for whom there is no room."""
    critical_waits: bool = False
    """Whether CRITICAL calls keep to the limit as well, and wait for a place ahead of all others."""

    def __post_init__(self) -> None:
        seconds = {"queue_seconds": self.queue_seconds, "retry_seconds": self.retry_seconds}
        refuse(below({"queue_max": self.queue_max}, 0) | not_positive(seconds))


@dataclass(frozen=True, slots=True)
class Queued:
    """A call waits."""

    shed: Hashable | None = None
    """The ticket that had to leave the queue for it."""


_QUEUED: Final = Queued()


class Limiter:
    """The calls under way, and those that wait."""

    __slots__ = (
        *("_always", "_capacity", "_gradient", "_queues", "_slots"),
        *("admitted", "in_flight", "policy", "queued", "shed"),
    )

    def __init__(self, policy: LimiterPolicy) -> None:
        self.policy = policy
        self.in_flight = 0
        self.queued = 0
        self.admitted = 0
        """The calls admitted so far."""
        self.shed = 0
        """The calls refused or shed so far, and those that waited in vain."""
        self._gradient = Gradient(policy.gradient)
        self._queues: tuple[dict[Hashable, None], ...] = tuple({} for _ in SHARES)
        self._always = 0 if policy.critical_waits else CRITICAL
        self._capacity = 1.0
        self._share_out()

    @property
    def limit(self) -> int:
        """How many calls may be under way at once."""
        return self._slots[CRITICAL]

    def baseline_seconds(self, method: str) -> float | None:
        """Return what *method* takes when there is room, if that is known."""
        return self._gradient.baseline_seconds(method)

    def admit(self, priority: int) -> bool:
        """Take a call on, if there is room for its priority. It ends with `release`."""
        if self.in_flight < self._slots[priority] or priority <= self._always:
            self.in_flight += 1
            self.admitted += 1
            return True
        return False

    def queue(self, ticket: Hashable, priority: int) -> Queued | None:
        """Let a call wait that was not admitted; *ticket* stands for it. ``None``: it is refused."""
        if self.queued < self.policy.queue_max:
            self._append(ticket, priority)
            return _QUEUED
        self.shed += 1
        for queue in reversed(self._queues[priority + 1 :]):
            if queue:
                newest, _ = queue.popitem()
                self.queued -= 1
                self._append(ticket, priority)
                return Queued(newest)
        return None

    def leave(self, ticket: Hashable) -> bool:
        """Take *ticket* out of the queue, and tell whether it was there."""
        for queue in self._queues:
            if ticket in queue:
                del queue[ticket]
                self.queued -= 1
                self.shed += 1
                return True
        return False

    def release(self, method: str = "", seconds: float | None = None, now: float = 0.0) -> Sequence[Hashable]:
        """Note that a call has ended, and return the tickets that are admitted now.

        Without *seconds* the time that it took says nothing: it failed, or it
        was a stream.
        """
        if seconds is not None and self._gradient.sample(method, seconds, now, self.in_flight):
            self._share_out()
        self.in_flight -= 1
        return self._drain() if self.queued else ()

    def scale(self, capacity: float) -> Sequence[Hashable]:
        """Use only that share of the limit from now on, and return the tickets that are admitted now."""
        refuse(not_shares({"capacity": capacity}, zero=False))
        self._capacity = capacity
        self._share_out()
        return self._drain()

    def _append(self, ticket: Hashable, priority: int) -> None:
        self._queues[priority][ticket] = None
        self.queued += 1

    def _drain(self) -> Sequence[Hashable]:
        admitted = []
        for queue, slots in zip(self._queues, self._slots, strict=True):
            while queue and self.in_flight < slots:
                ticket = next(iter(queue))
                del queue[ticket]
                self.queued -= 1
                self.in_flight += 1
                self.admitted += 1
                admitted.append(ticket)
        return admitted

    def _share_out(self) -> None:
        limit = self._gradient.limit * self._capacity
        self._slots = tuple(max(1, int(share * limit)) for share in SHARES)
