"""Reads the requests of a client stream, and can always tell where it is in it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Self

import grpc.aio

from luna.transport.call import Call, Context

DRAIN_QUIET_SECONDS: Final = 0.05
"""A client that sends nothing for this long waits for an answer."""
DRAIN_SECONDS_MAX: Final = 2.0


class Requests:
    """The request messages of one call, to iterate over or to `read`.

    Whoever reads may be cancelled: the read that was under way is kept for
    the next reader, because the core allows only one at a time.
    """

    def __init__(self, call: Call, decode: Callable[[Call, bytes], Any]) -> None:
        self._call = call
        self._context: Context = call.context
        self._decode = decode
        self._pending: asyncio.Task[Any] | None = None
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        message = await self.read()
        if message is grpc.aio.EOF:
            raise StopAsyncIteration
        return message

    async def read(self) -> Any:
        """Return the next message, or `grpc.aio.EOF` after the last."""
        raw = await self._read_raw()
        return raw if raw is grpc.aio.EOF else self._decode(self._call, raw)

    async def drain(self) -> None:
        """Take and drop what the client is still sending.

        A status that meets a client in the middle of a write reaches it as
        INTERNAL: its own write fails, and that failure hides the status.
        """
        if self._ended:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS_MAX):
                while not self._ended:
                    async with asyncio.timeout(DRAIN_QUIET_SECONDS):
                        await self._read_raw()

    async def aclose(self) -> None:
        """Let go of a read that is under way."""
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.wait({self._pending})
            if not self._pending.cancelled():
                self._pending.exception()

    async def _read_raw(self) -> Any:
        if self._ended:
            return grpc.aio.EOF
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._context.read())
        raw = await asyncio.shield(self._pending)
        self._pending = None
        self._ended = raw is grpc.aio.EOF
        return raw
