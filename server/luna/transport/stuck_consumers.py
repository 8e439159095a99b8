"""Consumers that can be made to stop in the middle of an event."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

from luna.kernel.consumers import ConsumerPolicy, Consumers, ConsumerState, Delivery, Member, Nack
from luna.kernel.faults import FaultHooks, FaultKind, Undo


class StuckConsumers:
    """Passes everything on, and holds what a stuck consumer was handed."""

    def __init__(self, consumers: Consumers, faults: FaultHooks) -> None:
        self._consumers = consumers
        self._faults = faults
        self._open: dict[str, asyncio.Event] = {}

    async def create(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        """Create the consumer."""
        return await self._consumers.create(name, policy)

    def join(self, name: str, member: str, *, prefetch: int = 64) -> AbstractAsyncContextManager[Member]:
        """Take part in the work of a consumer."""
        return self._joined(name, member, prefetch)

    @asynccontextmanager
    async def _joined(self, name: str, member: str, prefetch: int) -> AsyncIterator[Member]:
        gate = self._open.setdefault(name, asyncio.Event())
        gate.set()
        self._faults.offer(FaultKind.CONSUMER_STUCK, name, lambda: _stop(gate))
        async with self._consumers.join(name, member, prefetch=prefetch) as joined:
            yield _StuckMember(joined, gate)


class _StuckMember:
    def __init__(self, member: Member, gate: asyncio.Event) -> None:
        self._member = member
        self._gate = gate

    async def deliveries(self) -> AsyncGenerator[Sequence[Delivery], None]:
        async with aclosing(self._member.deliveries()) as batches:
            async for batch in batches:
                await self._gate.wait()
                yield batch

    async def ack(self, positions: Sequence[int]) -> None:
        await self._gate.wait()
        await self._member.ack(positions)

    async def nack(self, positions: Sequence[int], action: Nack, reason: str) -> None:
        await self._member.nack(positions, action, reason)


def _stop(gate: asyncio.Event) -> Undo:
    gate.clear()
    return gate.set
