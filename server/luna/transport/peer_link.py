"""The connection to a peer, kept up for as long as somebody may want to call it."""

import asyncio
from contextlib import suppress
from contextvars import Context

import grpc
import grpc.aio

from luna.transport.peer_guard import Peer


class Link:
    """A channel, and the task that connects it again."""

    def __init__(self, channel: grpc.aio.Channel, peer: Peer) -> None:
        self.channel = channel
        self.peer = peer
        self._task: asyncio.Task[None] | None = None

    def keep(self) -> None:
        """Connect, and again whenever the connection breaks."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._connect(), context=Context())

    async def close(self) -> None:
        """Let go of the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self.channel.close()

    async def _connect(self) -> None:
        """Connect as soon as that is possible, and say so: nobody has to find out by failing."""
        with suppress(grpc.aio.UsageError):
            while True:
                state = self.channel.get_state(try_to_connect=True)
                if state is grpc.ChannelConnectivity.READY:
                    self.peer.back()
                else:
                    self.peer.connected = False
                await self.channel.wait_for_state_change(state)
