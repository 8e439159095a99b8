"""Makes calls wait for the place that the limiter gives them."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable
from typing import Any

from luna.resilience.limiter import Limiter


class ShedError(Exception):
    """There is no room for a call."""

    def __init__(self, limiter: Limiter) -> None:
        self.limit = limiter.limit
        self.retry_after_seconds = limiter.policy.retry_seconds
        super().__init__(f"{self.limit} calls may be under way; try again in {self.retry_after_seconds:g} s")


class Place:
    """What one call waits for."""

    __slots__ = ("admitted", "known")

    def __init__(self) -> None:
        self.admitted = False
        self.known = asyncio.get_running_loop().create_future()


class LimiterGate:
    """The one way into a process, for calls of every priority."""

    def __init__(self, limiter: Limiter, refusal: Callable[[Limiter], Exception] = ShedError) -> None:
        """Raise what *refusal* makes of the limiter where there is no room."""
        self.limiter = limiter
        self._refusal = refusal

    def enter(self, priority: int) -> Coroutine[Any, Any, None] | None:
        """Return ``None`` if the call may go on, or what has to be awaited first.

        Who entered leaves again, unless this or the waiting raised.

        Raises:
            ShedError: there is no room. The waiting may raise it as well.

        """
        if self.limiter.admit(priority):
            return None
        place = Place()
        queued = self.limiter.queue(place, priority)
        if queued is None:
            raise self._refusal(self.limiter)
        if isinstance(queued.shed, Place):
            _tell(queued.shed, admitted=False)
        return self._wait(place)

    def leave(self, method: str = "", seconds: float | None = None, now: float = 0.0) -> None:
        """End a call; without *seconds* the time that it took says nothing."""
        self._let_in(self.limiter.release(method, seconds, now))

    def scale(self, capacity: float) -> None:
        """Use only that share of the limit from now on."""
        self._let_in(self.limiter.scale(capacity))

    async def _wait(self, place: Place) -> None:
        try:
            async with asyncio.timeout(self.limiter.policy.queue_seconds):
                await place.known
        except TimeoutError:
            self.limiter.leave(place)
        except asyncio.CancelledError:
            self.limiter.leave(place)
            if place.admitted:
                # It was let in, and did not live to know it.
                self.leave()
            raise
        if not place.admitted:
            raise self._refusal(self.limiter)

    def _let_in(self, places: Iterable[Hashable]) -> None:
        for place in places:
            if isinstance(place, Place):
                _tell(place, admitted=True)


def _tell(place: Place, *, admitted: bool) -> None:
    place.admitted = admitted
    if not place.known.done():
        place.known.set_result(None)
