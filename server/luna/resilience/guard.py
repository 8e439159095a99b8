"""Puts a breaker around a block of async code."""

from collections.abc import Callable
from types import TracebackType

from luna.kernel.clock import Clock
from luna.kernel.errors import DomainError
from luna.resilience.engine import BreakerEngine


def is_failure(error: Exception) -> bool:
    """Tell whether the dependency failed. It has not if it only said no."""
    return not isinstance(error, DomainError)


class Guard:
    """One passage through a breaker. Written by hand: a generator would cost twice as much."""

    __slots__ = ("_clock", "_counts_as_failure", "_engine", "_started", "_token")

    def __init__(self, engine: BreakerEngine, clock: Clock, counts_as_failure: Callable[[Exception], bool]) -> None:
        self._engine = engine
        self._clock = clock
        self._counts_as_failure = counts_as_failure

    async def __aenter__(self) -> None:
        self._started = now = self._clock.monotonic()
        self._token = self._engine.enter(now)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        now = self._clock.monotonic()
        if error is None:
            self._engine.succeed(self._token, now, now - self._started)
        elif not isinstance(error, Exception):
            # Cancelled: nobody knows how it would have ended.
            self._engine.abandon(self._token)
        elif self._counts_as_failure(error):
            self._engine.fail(self._token, now, now - self._started)
        else:
            self._engine.succeed(self._token, now, now - self._started)


def guard(engine: BreakerEngine, clock: Clock, counts_as_failure: Callable[[Exception], bool] = is_failure) -> Guard:
    """Return the context of one call to a dependency.

    Entering raises `CircuitOpenError` if no call is made now. A deadline
    belongs outside: a call that it cancels has no verdict.
    """
    return Guard(engine, clock, counts_as_failure)
