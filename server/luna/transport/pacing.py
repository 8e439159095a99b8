"""Makes calls begin no faster than leaves the event loop time for urgent ones."""

import asyncio
import threading
import time
from heapq import heappop, heappush
from itertools import count
from typing import Final

from luna.resilience.pace import Pace, PacePolicy
from luna.transport.schedule import schedule

LOOK_SECONDS: Final = 0.2
CATCH_UP_SECONDS: Final = 0.005
"""For so long back a call may make up for the time in which none began, because the loop was late."""


class Pacing:
    """Holds calls back that are not urgent, the most important ones shortest. Its `run` is a background loop."""

    __slots__ = ("_due", "_numbers", "_pace", "_timer", "_waiting", "begun", "urgent")

    def __init__(self, policy: PacePolicy | None = None) -> None:
        self._pace = Pace(policy or PacePolicy())
        self._due = 0.0
        self._numbers = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self.begun = 0
        """The calls so far that are not urgent."""
        self.urgent = 0
        """Those that are. Whoever lets them in counts them."""

    @property
    def per_second(self) -> float | None:
        """How many calls may begin in a second; ``None``: as many as come."""
        return self._pace.per_second

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._waiting)

    async def run(self) -> None:
        """Look forever how busy this thread is. Where the system does not tell, nothing is held back."""
        before = (time.monotonic(), _busy_seconds(), self.begun, self.urgent)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = (time.monotonic(), _busy_seconds(), self.begun, self.urgent)
            passed, busy, begun, urgent = (late - early for late, early in zip(now, before, strict=True))
            self._pace.observe(busy=busy / passed, begun=begun / passed, urgent=urgent / passed)
            self._let_go()
            before = now

    def begin(self, priority: int) -> asyncio.Future[None] | None:
        """Begin a call: at once, ``None``, or after what is returned was awaited."""
        if self._pace.per_second is None or (not self._waiting and self._is_due()):
            self.begun += 1
            return None
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (priority, next(self._numbers), turn))
        self._wait()
        return turn

    def _is_due(self) -> bool:
        per_second, now = self._pace.per_second, time.monotonic()
        if per_second is None:
            return True
        if now < self._due:
            return False
        self._due = max(self._due, now - CATCH_UP_SECONDS) + 1 / per_second
        return True

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._due - time.monotonic(), self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._let_go()

    def _let_go(self) -> None:
        while self._waiting:
            *_, turn = self._waiting[0]
            if not turn.done() and not self._is_due():
                self._wait()
                return
            heappop(self._waiting)
            if not turn.done():
                self.begun += 1
                turn.set_result(None)


def _busy_seconds() -> float:
    """Return how long this thread worked so far, or waited for a processor to do so."""
    found = schedule(threading.get_native_id())
    return found.ran_seconds + found.waited_seconds if found else 0.0
