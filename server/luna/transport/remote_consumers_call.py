"""One conversation of a member with its consumer, from joining until it breaks or the member leaves."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, Self, TypeAlias

import grpc.aio
from arkalia.events.v1 import event_service_pb2 as rpc
from arkalia.events.v1 import event_service_pb2_grpc as stubs

from luna.kernel.consumers import Delivery
from luna.transport.remote_log_messages import event_from

LEAVE_SECONDS: Final = 1.0
"""How long leaving waits for the consumer to hear of it."""

Call: TypeAlias = "grpc.aio.StreamStreamCall[rpc.ConsumeRequest, rpc.ConsumeResponse]"


class Conversation:
    """A call of ``Consume`` whose first message was answered."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._asked = 0
        self._unconfirmed: deque[tuple[int, asyncio.Future[bool]]] = deque()
        self._writing = asyncio.Lock()
        self._reading = asyncio.create_task(self._read(), name="deliveries")
        self._batches: asyncio.Queue[Sequence[Delivery] | None] = asyncio.Queue()
        self._error: grpc.aio.AioRpcError | None = None

    @classmethod
    async def open(cls, stub: "stubs.EventServiceAsyncStub", join: rpc.ConsumeJoin, *, seconds: float | None) -> Self:
        """Join as *join* says.

        Raises:
            AioRpcError: the consumer did not let the member in.
            TimeoutError: it did not answer.

        """
        call = stub.Consume()
        try:
            async with asyncio.timeout(seconds):
                await _let_in(call, join)
        except BaseException:
            call.cancel()
            raise
        return cls(call)

    @property
    def broken(self) -> bool:
        """Whether the conversation has ended."""
        return self._reading.done()

    async def batch(self) -> Sequence[Delivery]:
        """Wait for the next events. What is left of a broken conversation goes to others.

        Raises:
            AioRpcError: the conversation has ended.

        """
        batch = None if self.broken else await self._batches.get()
        if batch is None:
            raise self._error or await _end_of(self._call)
        return batch

    async def settle(self, request: rpc.ConsumeRequest) -> bool:
        """Send an acknowledgement or a refusal, and tell whether it was taken before the conversation broke."""
        async with self._writing:
            if self.broken or not await _say(self._call, request):
                return False
            self._asked += 1
            taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._unconfirmed.append((self._asked, taken))
            if self.broken:
                return False
        return await taken

    async def leave(self) -> None:
        """Go, and hand back what was not settled."""
        try:
            if not self.broken:
                await self._call.done_writing()
                await asyncio.wait({self._reading}, timeout=LEAVE_SECONDS)
        except asyncio.InvalidStateError:
            # It has just ended by itself.
            pass
        finally:
            self._call.cancel()
            self._reading.cancel()
            await asyncio.wait({self._reading})

    async def _read(self) -> None:
        try:
            while isinstance(response := await self._call.read(), rpc.ConsumeResponse):
                self._confirm(response.settled_count)
                if response.deliveries:
                    self._batches.put_nowait(
                        [Delivery(event=event_from(it.event), attempt=it.attempt) for it in response.deliveries]
                    )
        except grpc.aio.AioRpcError as error:
            self._error = error
        finally:
            self._batches.put_nowait(None)
            for _, taken in self._unconfirmed:
                if not taken.done():
                    taken.set_result(False)

    def _confirm(self, count: int) -> None:
        while self._unconfirmed and self._unconfirmed[0][0] <= count:
            _, taken = self._unconfirmed.popleft()
            if not taken.done():
                taken.set_result(True)


async def _let_in(call: Call, join: rpc.ConsumeJoin) -> None:
    # A refusal may come before the message is on its way; only reading tells which.
    await _say(call, rpc.ConsumeRequest(join=join))
    if not isinstance(await call.read(), rpc.ConsumeResponse):
        raise await _end_of(call)


async def _say(call: Call, request: rpc.ConsumeRequest) -> bool:
    try:
        await call.write(request)
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        return False
    return True


async def _end_of(call: Call) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(
        await call.code(),
        await call.initial_metadata(),
        await call.trailing_metadata(),
        details=await call.details(),
    )
