"""The port to named consumers of the log: competing members, acknowledgements, retries, parking."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from luna.kernel.events import BEGINNING, EVERYTHING, Event, EventFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerPolicy:
    """What a consumer reads, and what happens to an event that it cannot handle."""

    filter: EventFilter = EVERYTHING
    after: int = BEGINNING
    """Where a new consumer begins."""
    ack_seconds: float = 30.0
    """How long a member may hold an event before it is given to another."""
    deliveries_max: int = 10
    """How often an event is tried before it is parked."""
    backoff_seconds: Sequence[float] = (0.2, 1.0, 5.0, 30.0)
    """The wait before each retry; the last one repeats."""
    in_flight_max: int = 1024
    """How many events may be out with all members together."""

    def __post_init__(self) -> None:
        if self.ack_seconds <= 0 or self.deliveries_max < 1 or self.in_flight_max < 1 or not self.backoff_seconds:
            raise ValueError(f"not a consumer policy: {self}")


class Nack(Enum):
    """What to do with an event that a member could not handle."""

    RETRY = "retry"
    PARK = "park"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event handed to a member of a consumer."""

    event: Event
    attempt: int
    """1 for the first delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """An event that a consumer gave up on."""

    event: Event
    attempts: int
    reason: str
    parked_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerState:
    """Where a consumer stands."""

    name: str
    policy: ConsumerPolicy
    checkpoint: int
    """Every wanted event up to here is settled: acknowledged, skipped or parked."""
    lag: int
    """Positions between the checkpoint and the head."""
    in_flight: int
    waiting: int
    """Events that wait for their next attempt."""
    parked: int
    members: Sequence[str]


class Member(Protocol):
    """One of the competing readers of a consumer."""

    def deliveries(self) -> AsyncGenerator[Sequence[Delivery], None]:
        """Yield batches of events to handle, forever. Closing hands back what was not settled."""
        ...

    async def ack(self, positions: Sequence[int]) -> None:
        """Settle events as handled. Not needed for one that was the checkpoint of an append."""
        ...

    async def nack(self, positions: Sequence[int], action: Nack, reason: str) -> None:
        """Settle events as not handled."""
        ...


class Consumers(Protocol):
    """Named, durable positions in the log, shared by their members."""

    async def create(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        """Create the consumer, or return it as it is if it exists."""
        ...

    def join(self, name: str, member: str, *, prefetch: int = 64) -> AbstractAsyncContextManager[Member]:
        """Take part in the work of a consumer, with up to *prefetch* events at a time.

        Raises:
            UnknownConsumerError: there is no consumer *name*.

        """
        ...


@runtime_checkable
class ConsumerAdmin(Consumers, Protocol):
    """What only the process that owns the log can do with consumers."""

    async def update(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        """Replace the policy of a consumer. Where it stands does not change.

        Raises:
            UnknownConsumerError: there is no consumer *name*.

        """
        ...

    async def get(self, name: str) -> ConsumerState:
        """Return where a consumer stands.

        Raises:
            UnknownConsumerError: there is no consumer *name*.

        """
        ...

    async def list(self) -> Sequence[ConsumerState]:
        """Return all consumers, sorted by name."""
        ...

    async def delete(self, name: str) -> None:
        """Forget a consumer and what it has parked. Its members are sent away.

        Raises:
            UnknownConsumerError: there is no consumer *name*.

        """
        ...

    async def list_parked(self, name: str, *, after: int = BEGINNING, limit: int = 100) -> Sequence[Parked]:
        """Return up to *limit* parked events beyond position *after*, oldest first.

        Raises:
            UnknownConsumerError: there is no consumer *name*.

        """
        ...

    async def replay_parked(self, name: str, positions: Sequence[int] = ()) -> int:
        """Hand parked events out again, all of them if *positions* is empty; return how many.

        Raises:
            UnknownConsumerError: there is no consumer *name*.

        """
        ...
