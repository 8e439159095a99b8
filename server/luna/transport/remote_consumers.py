"""The consumers of a log that another process owns."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import grpc.aio
from arkalia.events.v1 import consumer_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc
from arkalia.events.v1 import event_service_pb2_grpc as stubs

from luna.kernel.consumers import ConsumerPolicy, ConsumerState, Delivery, Member, Nack
from luna.transport.remote_consumers_call import Conversation
from luna.transport.remote_consumers_messages import policy_to, state_from
from luna.transport.remote_log_patience import SECONDS, persist, raise_unless_broken, waits

SETTLED_MAX: Final = 4096
"""How many events one message settles."""
REMEMBERED_MAX: Final = 8192
_NACKS: Final = {
    Nack.RETRY: pb.NACK_ACTION_RETRY,
    Nack.PARK: pb.NACK_ACTION_PARK,
    Nack.SKIP: pb.NACK_ACTION_SKIP,
}


class RemoteConsumers:
    """`Consumers` that ask the process which owns the log, and join again when that one restarts."""

    def __init__(self, channel: grpc.aio.Channel, *, patience_seconds: float = SECONDS) -> None:
        """Use *channel*, which stays the caller's to close."""
        self._stub: stubs.EventServiceAsyncStub = stubs.EventServiceStub(channel)
        self._patience = patience_seconds

    async def create(self, name: str, policy: ConsumerPolicy) -> ConsumerState:
        """Create the consumer, or return it as it is if it exists."""
        request = rpc.CreateConsumerRequest(name=name, policy=policy_to(policy))

        async def attempt(seconds: float) -> ConsumerState:
            return state_from((await self._stub.CreateConsumer(request, timeout=seconds)).consumer)

        return await persist(attempt, seconds=self._patience)

    @asynccontextmanager
    async def join(self, name: str, member: str, *, prefetch: int = 64) -> AsyncIterator[Member]:
        """Take part in the work of a consumer."""
        taking_part = RemoteMember(self._stub, rpc.ConsumeJoin(consumer=name, member=member, prefetch=prefetch))
        await persist(taking_part.connect, seconds=self._patience)
        try:
            yield taking_part
        finally:
            await taking_part.leave()


class RemoteMember:
    """A member that outlives its connection."""

    def __init__(self, stub: "stubs.EventServiceAsyncStub", join: rpc.ConsumeJoin) -> None:
        self._stub = stub
        self._join = join
        self._conversation: Conversation | None = None
        self._acked = _Acked()

    async def connect(self, seconds: float | None = None) -> Conversation:
        """Join, unless the member takes part already."""
        if self._conversation is None or self._conversation.broken:
            self._conversation = await Conversation.open(self._stub, self._join, seconds=seconds)
        return self._conversation

    async def leave(self) -> None:
        """Go, and hand back what was not settled."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            await conversation.leave()

    async def deliveries(self) -> AsyncGenerator[Sequence[Delivery], None]:
        """Yield batches of events to handle, forever, whatever happens to the connection."""
        pauses = waits()
        try:
            while True:
                try:
                    conversation = await self.connect()
                    while True:
                        batch = await conversation.batch()
                        pauses = waits()
                        if fresh := await self._fresh(batch):
                            yield fresh
                except grpc.aio.AioRpcError as error:
                    raise_unless_broken(error)
                await asyncio.sleep(next(pauses))
        finally:
            await self.leave()

    async def ack(self, positions: Sequence[int]) -> None:
        """Settle events as handled."""
        self._acked.add(positions)
        for part in _parts(positions):
            await self._settle(rpc.ConsumeRequest(ack=rpc.ConsumeAck(positions=part)))

    async def nack(self, positions: Sequence[int], action: Nack, reason: str) -> None:
        """Settle events as not handled."""
        for part in _parts(positions):
            nack = rpc.ConsumeNack(positions=part, action=_NACKS[action], reason=reason[:1024])
            await self._settle(rpc.ConsumeRequest(nack=nack))

    async def _settle(self, request: rpc.ConsumeRequest) -> None:
        # What gets lost with a connection is delivered again, and an ack is then said again.
        if self._conversation is not None:
            await self._conversation.settle(request)

    async def _fresh(self, batch: Sequence[Delivery]) -> Sequence[Delivery]:
        """Return what was not acknowledged before, over a connection that broke too early."""
        again = [delivery.event.position for delivery in batch if delivery.event.position in self._acked]
        if not again:
            return batch
        await self.ack(again)
        return [delivery for delivery in batch if delivery.event.position not in self._acked]


class _Acked:
    """The positions acknowledged last."""

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._known: set[int] = set()

    def __contains__(self, position: int) -> bool:
        return position in self._known

    def add(self, positions: Sequence[int]) -> None:
        for position in positions:
            if position not in self._known:
                self._known.add(position)
                self._order.append(position)
        while len(self._order) > REMEMBERED_MAX:
            self._known.discard(self._order.popleft())


def _parts(positions: Sequence[int]) -> Iterator[Sequence[int]]:
    return (positions[begin : begin + SETTLED_MAX] for begin in range(0, len(positions), SETTLED_MAX))
