"""A call with one request and one response, which is tried again where that may help and does no harm.

From outside in: the deadline → the bulkhead of the peer → retries → a second
attempt when the first is late → the circuit breaker → the connection.
"""

import asyncio
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import grpc.aio

from luna.resilience.backoff import full_jitter
from luna.resilience.bulkhead import BulkheadFullError
from luna.resilience.hedging import Hedge
from luna.transport.peer_errors import PeerDeadlineError, PeerFullError, is_connection_lost, retry_after
from luna.transport.peer_guard import PeerGuard
from luna.transport.rpc import Rpc

ATTEMPTS_MAX: Final = 3
"""Of one call, hedges aside."""
FIRST_WAIT_SECONDS: Final = 0.02
WAIT_SECONDS_MAX: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How calls of one method get to one peer."""

    rpc: Rpc
    guard: PeerGuard
    send: Callable[..., Any]
    hedge: Hedge | None
    retries: bool
    """Whether a call may be made again. Where the caller does so itself, nobody else may."""


class PeerCall:
    """Is sent when it is awaited."""

    def __init__(self, way: Way, request: tuple[Any, ...], seconds: float | None, options: Mapping[str, Any]) -> None:
        self._way = way
        self._request = request
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._options = options
        self._sent: Any = None

    def __await__(self) -> Generator[Any, None, Any]:
        again = self._sent is not None
        return (self._sent if again else self._run()).__await__()

    def __getattr__(self, name: str) -> Any:
        if self._sent is None:
            raise AttributeError(f"the call has no {name} before it was awaited")
        return getattr(self._sent, name)

    async def _run(self) -> Any:
        way = self._way
        if way.rpc.control:
            return await self._attempt(0)
        bulkhead = way.guard.peer.bulkhead
        try:
            waiting = bulkhead.enter(way.rpc.priority)
            if waiting is not None:
                async with asyncio.timeout(self._left()):
                    await waiting
        except BulkheadFullError as error:
            raise PeerFullError.of(error) from None
        except TimeoutError:
            raise PeerDeadlineError from None
        try:
            return await self._persist()
        finally:
            bulkhead.leave()

    async def _persist(self) -> Any:
        guard = self._way.guard
        guard.peer.budget.sent(time.monotonic())
        waits = full_jitter(FIRST_WAIT_SECONDS, WAIT_SECONDS_MAX)
        retries, waited = 0, 0.0
        try:
            while True:
                try:
                    return await self._hedged()
                except grpc.aio.AioRpcError as error:
                    wait = self._wait(error, next(waits), retries)
                    if wait is None:
                        raise
                retries, waited = retries + 1, waited + wait
                await asyncio.sleep(wait)
        finally:
            guard.attempts.repeated(retries, waited)

    def _wait(self, error: grpc.aio.AioRpcError, wait: float, retries: int) -> float | None:
        """Return how long to wait before the call is made again, ``None`` if it is not."""
        way = self._way
        may = way.retries and way.rpc.repeatable and retries < ATTEMPTS_MAX - 1
        asked = retry_after(error)
        if not may or not is_connection_lost(error) or asked < 0:
            return None
        wait = max(asked, wait)
        left = self._left()
        if (left is not None and wait >= left) or not way.guard.peer.budget.take(time.monotonic()):
            return None
        return wait

    async def _hedged(self) -> Any:
        hedge = self._way.hedge
        if hedge is None:
            return await self._attempt(0)
        if hedge.known:
            return await hedge.call(self._attempt, _never)
        started = time.monotonic()
        response = await self._attempt(0)
        hedge.saw(time.monotonic() - started)
        return response

    async def _attempt(self, number: int) -> Any:
        """Make the call once."""
        guard = self._way.guard
        if number:
            guard.attempts.hedges.observe(number)
        left = self._left()
        if left is not None and left <= 0:
            raise PeerDeadlineError
        passage = guard.enter(left)
        self._sent = sent = self._way.send(*self._request, timeout=left, **self._options)
        try:
            response = await sent
        except grpc.aio.AioRpcError as error:
            # The errors step reads it.
            error.__dict__["peer_service"] = self._way.rpc.service
            passage.fail(error)
            raise
        except BaseException:
            passage.abandon()
            raise
        self._sent = sent
        passage.succeed()
        return response

    def _left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()


def _never(error: Exception) -> bool:
    # What an attempt met is for the retries to judge.
    del error
    return False
