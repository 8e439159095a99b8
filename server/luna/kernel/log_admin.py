"""The ports to what keeps a log healthy: retention, and the state of its consumers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from luna.kernel.consumers import ConsumerPolicy


class CorruptLogError(Exception):
    """The file of the log is damaged. No request ever sees this: a node does not start on such a file."""

    def __init__(self, path: object, last_good_position: int, why: str) -> None:
        self.path = path
        self.last_good_position = last_good_position
        self.command = f"arkalia recover {path}"
        super().__init__(
            f"{path} is corrupt ({why}); events up to position {last_good_position} are intact; "
            f"stop the node and run: {self.command}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """What was saved of a damaged log."""

    path: str
    """The file that now holds the intact events."""
    damaged_path: str
    """Where the damaged file was moved."""
    last_good_position: int
    event_count: int
    consumers: Sequence[str] = ()
    """The consumers that were kept, none beyond the last good position."""
    log_id_kept: bool = True
    """False: resume tokens of the damaged log are not valid any more."""

    def __str__(self) -> str:
        return (
            f"kept {self.event_count} events up to position {self.last_good_position} in {self.path}; "
            f"the damaged file is {self.damaged_path}"
        )


@runtime_checkable
@runtime_checkable
class Retention(Protocol):
    """Removes the oldest events of a category."""

    async def prune(self, category: str, *, before_ns: int = 0, keep: int | None = None) -> int:
        """Remove events older than *before_ns*, and all but the newest *keep*; return how many went.

        Only a prefix of the category goes, never past an event that a
        consumer has not settled. Positions and versions are not used again,
        leaf hashes stay.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event that waits for its next attempt."""

    attempts: int
    due_ns: int
    """By the wall clock, so that it survives a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEntry:
    """An event that a consumer gave up on."""

    position: int
    attempts: int
    reason: str
    parked_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConsumer:
    """A consumer as it is kept beside the log."""

    name: str
    policy: ConsumerPolicy
    checkpoint: int
    settled: frozenset[int] = frozenset()
    """Positions above the checkpoint that are settled already."""
    waiting: Mapping[int, Waiting] = field(default_factory=dict)
    parked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerChanges:
    """What changed about a consumer since it was last stored."""

    checkpoint: int | None = None
    """Everything settled up to here is forgotten one by one."""
    settled: frozenset[int] = frozenset()
    waiting: Mapping[int, Waiting] = field(default_factory=dict)
    parked: Mapping[int, ParkedEntry] = field(default_factory=dict)
    unparked: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.checkpoint is not None or any((self.settled, self.waiting, self.parked, self.unparked))

    def then(self, later: "ConsumerChanges") -> "ConsumerChanges":
        """Return both changes as one."""
        return ConsumerChanges(
            checkpoint=self.checkpoint if later.checkpoint is None else later.checkpoint,
            settled=self.settled | later.settled,
            waiting={p: w for p, w in {**self.waiting, **later.waiting}.items() if p not in later.settled},
            parked={p: e for p, e in {**self.parked, **later.parked}.items() if p not in later.unparked},
            unparked=(self.unparked - later.parked.keys()) | later.unparked,
        )


CheckpointListener = Callable[[str, Sequence[int]], None]
"""Is told which positions of a consumer became settled as checkpoints of appends."""


class ConsumerStorage(Protocol):
    """Where consumers are kept, in the same transactions as the events."""

    async def create(self, name: str, policy: ConsumerPolicy) -> StoredConsumer:
        """Store a new consumer, or return it as it is."""
        ...

    async def load(self, name: str) -> StoredConsumer:
        """Return a consumer.

        Raises:
            UnknownConsumerError: there is none.

        """
        ...

    async def names(self) -> Sequence[str]:
        """Return the names of all consumers, sorted."""
        ...

    async def update(self, name: str, policy: ConsumerPolicy) -> None:
        """Replace the policy of a consumer.

        Raises:
            UnknownConsumerError: there is none.

        """
        ...

    async def delete(self, name: str) -> None:
        """Forget a consumer.

        Raises:
            UnknownConsumerError: there is none.

        """
        ...

    async def save(self, name: str, changes: ConsumerChanges) -> None:
        """Store *changes*, all or none. Returning means that they are durable.

        Raises:
            UnknownConsumerError: there is no such consumer.

        """
        ...

    async def parked(self, name: str, *, after: int = 0, limit: int = 100) -> Sequence[ParkedEntry]:
        """Return parked events beyond *after*, in order of position."""
        ...

    def listen(self, listener: CheckpointListener) -> Callable[[], None]:
        """Call *listener* from now on; return what stops that."""
        ...
