"""Gathers the appends of many tasks into few messages on one long-lived stream.

While a message is on its way the next one gathers, so batches grow with the
load and a lone caller does not wait for company; only what fills a message
does not wait for it. When the stream breaks, all
that was not answered is sent again on the next one, in the same order: every
event has an id, so the log records none of them twice.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import Context
from itertools import chain
from typing import Final, TypeAlias

import grpc.aio
from arkalia.events.v1 import event_service_pb2 as rpc

from luna.kernel.context import NO_CALL, CallContext, enter
from luna.kernel.wire import field
from luna.transport.remote_log_errors import is_broken, refusal_of
from luna.transport.remote_log_patience import PEER, waits
from luna.transport.request_errors import PeerUnavailableError

MESSAGE_APPENDS_MAX: Final = 500
MESSAGE_BYTES_MAX: Final = 512 * 1024
MESSAGES_MAX: Final = 4
"""How many full messages may be on their way at a time."""
GATHERED_BYTES_MAX: Final = 8 * 1024 * 1024
"""How much may wait to be sent before callers wait as well."""

Outcome: TypeAlias = rpc.AppendResult | Exception
Call: TypeAlias = "grpc.aio.StreamStreamCall[bytes, rpc.AppendManyResponse]"
_METHOD: Final = "/arkalia.events.v1.EventService/AppendMany"
_APPENDS: Final = rpc.AppendManyRequest.APPENDS_FIELD_NUMBER


class _Entry:
    """One append under way. Mutable and hand-written: there are many of them."""

    __slots__ = ("done", "request", "weight")

    def __init__(self, request: Sequence[bytes], done: asyncio.Future[Outcome]) -> None:
        self.request = request
        self.weight = sum(map(len, request))
        self.done = done

    def settle(self, outcome: Outcome) -> None:
        if not self.done.done():
            self.done.set_result(outcome)


class AppendStream:
    """Appends for all tasks of a process. `aclose` it."""

    def __init__(self, channel: grpc.aio.Channel, *, behind: CallContext = NO_CALL) -> None:
        """Keep the stream on behalf of *behind*."""
        # Requests are spelled by hand: the library would copy each payload eight times.
        self._open: Callable[..., Call] = channel.stream_stream(
            _METHOD, response_deserializer=rpc.AppendManyResponse.FromString
        )
        # The stream outlives the call that happens to be the first, so it must not inherit its deadline.
        self._context = Context()
        self._context.run(enter, behind)
        self._gathered: deque[_Entry] = deque()
        self._weight = 0
        self._sent: deque[list[_Entry]] = deque()
        self._alone = 0
        """How many entries to send one by one, to find the one for which a whole message was refused."""
        self._settled = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def submit(self, requests: Sequence[Sequence[bytes]], *, deadline: float) -> Sequence[Outcome]:
        """Send *requests*, of which each is parts that spell it, in this order, and return what became of each.

        Raises:
            PeerUnavailableError: the log did not answer by *deadline*, a monotonic time.

        """
        entries: Sequence[_Entry] = ()
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                while self._weight > GATHERED_BYTES_MAX:
                    self._room.clear()
                    await self._room.wait()
                entries = self._gather(requests)
                return [await entry.done for entry in entries]
        except TimeoutError:
            raise PeerUnavailableError(PEER) from None
        finally:
            for entry in entries:
                entry.done.cancel()

    async def aclose(self) -> None:
        """Hang up. What was not answered fails."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _gather(self, requests: Sequence[Sequence[bytes]]) -> Sequence[_Entry]:
        loop = asyncio.get_running_loop()
        entries = [_Entry(request, loop.create_future()) for request in requests]
        self._gathered.extend(entries)
        self._weight += sum(entry.weight for entry in entries)
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="appends", context=self._context)
        return entries

    async def _run(self) -> None:
        pauses = waits()
        try:
            while True:
                await self._something()
                if await self._progress():
                    pauses = waits()
                else:
                    await asyncio.sleep(next(pauses))
        finally:
            self._fail([*self._unanswered(), *self._gathered], PeerUnavailableError(PEER))

    async def _progress(self) -> bool:
        """Use one stream for as long as it holds, and tell whether it answered anything."""
        before = self._settled
        try:
            await self._converse_once()
            self._send_again(self._unanswered())
        except grpc.aio.AioRpcError as error:
            self._broke(error)
        return self._settled > before

    async def _converse_once(self) -> None:
        # A log that is away is waited for: whoever appends has a deadline of its own.
        call = self._open(wait_for_ready=True)
        try:
            await self._converse(call)
        finally:
            call.cancel()

    async def _converse(self, call: Call) -> None:
        sending = asyncio.ensure_future(self._send(call))
        # A stream that nobody can send on is of no use.
        sending.add_done_callback(lambda _: call.cancel())
        try:
            while isinstance(response := await call.read(), rpc.AppendManyResponse):
                for entry, result in zip(self._sent.popleft(), response.results, strict=True):
                    entry.settle(result)
                self._settled += 1
                self._changed.set()
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            if not sending.cancelled():
                sending.exception()

    async def _send(self, call: Call) -> None:
        while True:
            await self._something()
            if self._sent and (self._weight < MESSAGE_BYTES_MAX or len(self._sent) >= MESSAGES_MAX or self._alone):
                # What comes meanwhile makes the next message larger, and so every append in it cheaper.
                self._changed.clear()
                await self._changed.wait()
            elif entries := list(self._batch()):
                self._sent.append(entries)
                spelled = (field(_APPENDS, *entry.request) for entry in entries)
                await call.write(b"".join(chain.from_iterable(spelled)))

    async def _something(self) -> None:
        """Wait until there is something to send."""
        while not self._gathered:
            self._changed.clear()
            await self._changed.wait()

    def _batch(self) -> Iterator[_Entry]:
        """Take what the next message carries, leaving out what nobody waits for any more."""
        count = weight = 0
        limit = 1 if self._alone else MESSAGE_APPENDS_MAX
        while self._gathered and count < limit:
            entry = self._gathered[0]
            if count and weight + entry.weight > MESSAGE_BYTES_MAX:
                break
            self._gathered.popleft()
            self._weight -= entry.weight
            self._alone = max(0, self._alone - 1)
            if not entry.done.done():
                count += 1
                weight += entry.weight
                yield entry
        self._room.set()

    def _broke(self, error: grpc.aio.AioRpcError) -> None:
        """Decide what is sent again after the stream ended with *error*."""
        unanswered = self._unanswered()
        if is_broken(error):
            self._send_again(unanswered)
        elif len(unanswered) > 1:
            # One of them is to blame. Sent one by one, the others get through.
            self._alone = len(unanswered)
            self._send_again(unanswered)
        else:
            self._fail(unanswered or self._gathered, refusal_of(error) or error)

    def _unanswered(self) -> list[_Entry]:
        entries = [entry for batch in self._sent for entry in batch if not entry.done.done()]
        self._sent.clear()
        return entries

    def _send_again(self, entries: Sequence[_Entry]) -> None:
        self._gathered.extendleft(reversed(entries))
        self._weight += sum(entry.weight for entry in entries)

    def _fail(self, entries: Iterable[_Entry], error: Exception) -> None:
        for entry in entries:
            entry.settle(error)
            self._settled += 1
