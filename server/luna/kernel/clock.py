"""Time, as a dependency."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where a component reads the time, so that tests can move it."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch, for timestamps people read."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, for measuring intervals."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until `monotonic` has advanced by *seconds*."""
        ...


class SystemClock:
    """The clock of the machine."""

    def wall_ns(self) -> int:
        """Return the nanoseconds since the epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for *seconds*."""
        await asyncio.sleep(seconds)
