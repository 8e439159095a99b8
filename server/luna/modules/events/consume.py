"""Speaks with one member of a consumer: deliveries one way, acknowledgements the other."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Final, Literal, TypeAlias

from arkalia.events.v1 import consumer_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc

from luna.kernel.consumers import Consumers, Delivery, Member, Nack
from luna.modules.events.errors import ConsumeProtocolError
from luna.modules.events.reading import cuts
from luna.modules.events.translate import fill

PREFETCH: Final = 64
_NACKS: Final = {
    pb.NACK_ACTION_UNSPECIFIED: Nack.RETRY,
    pb.NACK_ACTION_RETRY: Nack.RETRY,
    pb.NACK_ACTION_PARK: Nack.PARK,
    pb.NACK_ACTION_SKIP: Nack.SKIP,
}

Pending: TypeAlias = asyncio.Task[None] | asyncio.Task[Sequence[Delivery]] | asyncio.Task[Literal[True]]


async def consume(
    consumers: Consumers, requests: AsyncIterator[rpc.ConsumeRequest], *, every: float
) -> AsyncGenerator[rpc.ConsumeResponse, None]:
    """Join as the first request says, then deliver and settle until the requests end.

    Raises:
        ConsumeProtocolError: a request is not the one that is due.
        UnknownConsumerError: there is no such consumer, or it was deleted.

    """
    join = await _joining(requests)
    prefetch = join.prefetch or PREFETCH
    async with consumers.join(join.consumer, join.member, prefetch=prefetch) as member:
        session = _Session(member)
        async with aclosing(session.run(requests, every)) as responses:
            async for response in responses:
                yield response


class _Session:
    """A member that has joined."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._settled = 0
        self._progress = asyncio.Event()

    async def run(
        self, requests: AsyncIterator[rpc.ConsumeRequest], every: float
    ) -> AsyncGenerator[rpc.ConsumeResponse, None]:
        yield rpc.ConsumeResponse()
        async with aclosing(self._member.deliveries()) as deliveries:
            settling = asyncio.ensure_future(self._settle(requests))
            batch = asyncio.ensure_future(anext(deliveries))
            progress = asyncio.ensure_future(self._progress.wait())
            try:
                while not settling.done():
                    if batch.done():
                        for response in self._messages(batch.result()):
                            yield response
                        batch = asyncio.ensure_future(anext(deliveries))
                    if progress.done():
                        progress = asyncio.ensure_future(self._progress.wait())
                    await asyncio.wait({settling, batch, progress}, timeout=every, return_when=asyncio.FIRST_COMPLETED)
                    if not batch.done() and not settling.done():
                        yield self._message()
                settling.result()
                yield self._message()
            finally:
                await _end(settling, batch, progress)

    async def _settle(self, requests: AsyncIterator[rpc.ConsumeRequest]) -> None:
        async for request in requests:
            match request.WhichOneof("request"):
                case "ack":
                    await self._member.ack(request.ack.positions)
                case "nack":
                    nack = request.nack
                    await self._member.nack(nack.positions, _NACKS[nack.action], nack.reason)
                case _:
                    raise ConsumeProtocolError("this member has joined already")
            self._settled += 1
            self._progress.set()

    def _messages(self, batch: Sequence[Delivery]) -> Iterator[rpc.ConsumeResponse]:
        begin = 0
        for end in (*cuts([delivery.event for delivery in batch], len(batch)), len(batch)):
            response = self._message()
            for delivery in batch[begin:end]:
                entry = response.deliveries.add(attempt=delivery.attempt)
                fill(entry.event, delivery.event)
            begin = end
            yield response

    def _message(self) -> rpc.ConsumeResponse:
        self._progress.clear()
        return rpc.ConsumeResponse(settled_count=self._settled)


async def _joining(requests: AsyncIterator[rpc.ConsumeRequest]) -> rpc.ConsumeJoin:
    async for request in requests:
        if request.WhichOneof("request") == "join":
            return request.join
        break
    raise ConsumeProtocolError("the first message was not `join`")


async def _end(*tasks: Pending) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        # Reading the exception is what keeps asyncio from reporting it as lost.
        if not task.cancelled():
            task.exception()
