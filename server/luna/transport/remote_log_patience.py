"""Tries again while the log's process is away, as long as the caller can wait."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeVar

import grpc.aio

from luna.kernel.context import current_call
from luna.transport.remote_log_errors import is_broken, refusal_of
from luna.transport.request_errors import PeerUnavailableError

T = TypeVar("T")

PEER: Final = "arkalia.events.v1.EventService"
SECONDS: Final = 10.0
"""How long a caller waits that has no deadline of its own."""
_FIRST_SECONDS: Final = 0.02
_LAST_SECONDS: Final = 0.5


def waits() -> Iterator[float]:
    """Yield growing waits between attempts, spread so that callers do not come back all at once."""
    wait = _FIRST_SECONDS
    while True:
        yield wait * random.uniform(0.5, 1.0)  # noqa: S311  nothing depends on this being hard to guess
        wait = min(2 * wait, _LAST_SECONDS)


def deadline_of(seconds: float) -> float:
    """Return the monotonic time by which the present caller wants its answer, *seconds* from now at most."""
    limit = time.monotonic() + seconds
    deadline = current_call().deadline
    return limit if deadline is None else min(limit, deadline)


async def persist(attempt: Callable[[float], Awaitable[T]], *, seconds: float) -> T:
    """Make *attempt*, with the time that is left, until the connection holds.

    Raises:
        DomainError: the log refused.
        PeerUnavailableError: the log did not answer in time.

    """
    deadline = deadline_of(seconds)
    for wait in waits():
        try:
            return await attempt(max(0.001, deadline - time.monotonic()))
        except grpc.aio.AioRpcError as error:
            raise_unless_broken(error)
            if time.monotonic() >= deadline:
                raise PeerUnavailableError(PEER) from error
        except TimeoutError as error:
            raise PeerUnavailableError(PEER) from error
        await asyncio.sleep(min(wait, max(0.0, deadline - time.monotonic())))
    raise AssertionError("the waits never end")


def raise_unless_broken(error: grpc.aio.AioRpcError) -> None:
    """Return if *error* only says that the connection failed.

    Raises:
        DomainError: the log refused.
        AioRpcError: something else went wrong.

    """
    if not is_broken(error):
        raise refusal_of(error) or error
