"""How the tests of consumers speak about members and deliveries."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from luna.kernel.consumers import ConsumerAdmin, ConsumerPolicy, Delivery, Member

NAME = "worker"
POLICY = ConsumerPolicy(ack_seconds=30, deliveries_max=3, backoff_seconds=(1.0, 5.0))


class Worker:
    """A member, with its deliveries opened once."""

    def __init__(self, member: Member) -> None:
        self.ack = member.ack
        self.nack = member.nack
        self._batches: AsyncGenerator[Sequence[Delivery], None] = member.deliveries()
        self._pending: asyncio.Task[Sequence[Delivery]] | None = None

    async def take(self, count: int) -> list[Delivery]:
        """Return the next *count* deliveries or more, as many as come in one batch."""
        got: list[Delivery] = []
        async with asyncio.timeout(5):
            while len(got) < count:
                pending = self._pending or asyncio.ensure_future(anext(self._batches))
                self._pending = None
                got += await pending
        return got

    async def nothing(self) -> bool:
        """Tell whether nothing is delivered for a moment."""
        self._pending = self._pending or asyncio.ensure_future(anext(self._batches))
        done, _ = await asyncio.wait({self._pending}, timeout=0.05)
        return not done

    async def aclose(self) -> None:
        if self._pending:
            self._pending.cancel()
            await asyncio.wait({self._pending})
        await self._batches.aclose()


@asynccontextmanager
async def working(consumers: ConsumerAdmin, member: str = "m", *, prefetch: int = 64) -> AsyncIterator[Worker]:
    async with consumers.join(NAME, member, prefetch=prefetch) as joined:
        worker = Worker(joined)
        try:
            yield worker
        finally:
            await worker.aclose()


def positions(deliveries: Sequence[Delivery]) -> list[int]:
    return [delivery.event.position for delivery in deliveries]


async def until_settled(consumers: ConsumerAdmin, checkpoint: int) -> None:
    async with asyncio.timeout(5):
        while (await consumers.get(NAME)).checkpoint < checkpoint:
            await asyncio.sleep(0.005)


async def either(*workers: Worker) -> Delivery:
    return (await either_of(*workers, count=1))[0]


async def either_of(*workers: Worker, count: int) -> list[Delivery]:
    got: list[Delivery] = []
    async with asyncio.timeout(5):
        while len(got) < count:
            for worker in workers:
                if not await worker.nothing():
                    got += await worker.take(1)
    return got
