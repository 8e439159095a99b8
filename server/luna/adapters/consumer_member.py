"""A member of a consumer, as its caller sees it."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Protocol

from luna.kernel.consumers import Delivery, Nack
from luna.kernel.group_parts import Assignment


class Run(Protocol):
    """What a member needs from the group that it belongs to."""

    def enter(self, member: "GroupMember") -> None:
        """Count *member* in."""
        ...

    def leave(self, member: "GroupMember") -> None:
        """Hand what *member* holds to others."""
        ...

    def collect(self, name: str, assigned: Iterable[Assignment]) -> Sequence[Delivery]:
        """Return what of *assigned* the member still holds."""
        ...

    def check(self) -> None:
        """Raise what has ended the run."""
        ...

    async def ack(self, positions: Sequence[int]) -> None:
        """Settle events as handled."""
        ...

    async def nack(self, name: str, positions: Sequence[int], action: Nack, reason: str) -> None:
        """Settle events as not handled."""
        ...


class GroupMember:
    """One of the competing readers."""

    def __init__(self, run: Run, name: str, prefetch: int) -> None:
        self.name = name
        self.prefetch = prefetch
        self._run = run
        self._assigned: list[Assignment] = []
        self._news = asyncio.Event()

    async def deliveries(self) -> AsyncGenerator[Sequence[Delivery], None]:
        """Yield batches of events to handle, until the consumer is deleted."""
        self._run.enter(self)
        try:
            while True:
                self._news.clear()
                if batch := self._run.collect(self.name, self._assigned):
                    self._assigned = []
                    yield batch
                else:
                    self._run.check()
                    await self._news.wait()
        finally:
            self._assigned = []
            self._run.leave(self)

    async def ack(self, positions: Sequence[int]) -> None:
        """Settle events as handled. Returning means that it is durable."""
        await self._run.ack(positions)

    async def nack(self, positions: Sequence[int], action: Nack, reason: str) -> None:
        """Settle events as not handled. Returning means that it is durable."""
        await self._run.nack(self.name, positions, action, reason)

    def assign(self, assignments: Sequence[Assignment]) -> None:
        """Take what the group has assigned."""
        self._assigned += assignments
        self.wake()

    def wake(self) -> None:
        """Look again."""
        self._news.set()
