"""Wakes everybody who waits for the next change."""

import asyncio


class Bell:
    """Rings as often as it is told to. Who waits is woken by the next time, and by none before."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    @property
    def next(self) -> asyncio.Event:
        """What the next ring will set. Take it before looking, then nothing is missed in between."""
        return self._next

    def ring(self) -> None:
        """Wake everybody who waits now."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next ring."""
        await self._next.wait()
