"""Keeps consumers in memory: an adapter of `ConsumerStorage`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from luna.kernel.consumers import ConsumerPolicy
from luna.kernel.event_errors import UnknownConsumerError
from luna.kernel.log_admin import CheckpointListener, ConsumerChanges, ParkedEntry, StoredConsumer, Waiting


@dataclass(slots=True, kw_only=True)
class _Kept:
    policy: ConsumerPolicy
    checkpoint: int
    settled: set[int] = field(default_factory=set)
    waiting: dict[int, Waiting] = field(default_factory=dict)
    parked: dict[int, ParkedEntry] = field(default_factory=dict)


class MemoryConsumers:
    """The consumers of a log in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._listeners: list[CheckpointListener] = []

    async def create(self, name: str, policy: ConsumerPolicy) -> StoredConsumer:
        """Store a new consumer, or return it as it is."""
        self._kept.setdefault(name, _Kept(policy=policy, checkpoint=policy.after))
        return await self.load(name)

    async def load(self, name: str) -> StoredConsumer:
        """Return a consumer."""
        kept = self._get(name)
        return StoredConsumer(
            name=name,
            policy=kept.policy,
            checkpoint=kept.checkpoint,
            settled=frozenset(kept.settled),
            waiting=dict(kept.waiting),
            parked=len(kept.parked),
        )

    async def names(self) -> Sequence[str]:
        """Return the names of all consumers, sorted."""
        return sorted(self._kept)

    async def update(self, name: str, policy: ConsumerPolicy) -> None:
        """Replace the policy of a consumer."""
        self._get(name).policy = policy

    async def delete(self, name: str) -> None:
        """Forget a consumer."""
        self._get(name)
        del self._kept[name]

    async def save(self, name: str, changes: ConsumerChanges) -> None:
        """Store *changes*."""
        kept = self._get(name)
        kept.checkpoint = kept.checkpoint if changes.checkpoint is None else changes.checkpoint
        kept.settled = {p for p in kept.settled | changes.settled if p > kept.checkpoint}
        waiting = {**kept.waiting, **changes.waiting}
        kept.waiting = {p: w for p, w in waiting.items() if p > kept.checkpoint and p not in changes.settled}
        kept.parked.update(changes.parked)
        for position in changes.unparked:
            kept.parked.pop(position, None)

    async def parked(self, name: str, *, after: int = 0, limit: int = 100) -> Sequence[ParkedEntry]:
        """Return parked events beyond *after*."""
        parked = self._get(name).parked
        return [parked[position] for position in sorted(p for p in parked if p > after)[:limit]]

    def listen(self, listener: CheckpointListener) -> Callable[[], None]:
        """Call *listener* about checkpoints of appends from now on; return what stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def is_settled(self, name: str, position: int) -> bool:
        """Tell whether a consumer has settled *position*; parked events may be tried again."""
        kept = self._get(name)
        return position not in kept.parked and (position <= kept.checkpoint or position in kept.settled)

    def settle(self, name: str, position: int) -> None:
        """Note that an append settled *position*."""
        kept = self._get(name)
        kept.settled.add(position)
        kept.waiting.pop(position, None)
        kept.parked.pop(position, None)
        for listener in self._listeners:
            listener(name, [position])

    def settled_by_all(self) -> int | None:
        """Return the lowest checkpoint, ``None`` without consumers."""
        return min((kept.checkpoint for kept in self._kept.values()), default=None)

    def _get(self, name: str) -> _Kept:
        kept = self._kept.get(name)
        if kept is None:
            raise UnknownConsumerError(name)
        return kept
