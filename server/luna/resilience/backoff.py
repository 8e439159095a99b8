"""How long to wait before trying again: longer each time, and never in step with others."""

import random
from collections.abc import Callable, Iterator
from itertools import count

_EXPONENT_MAX = 32
"""Beyond it 2 ** n would overflow some day; the cap is reached long before."""


def full_jitter(
    first_seconds: float = 0.2, cap_seconds: float = 10.0, *, chance: Callable[[], float] = random.random
) -> Iterator[float]:
    """Yield waits without end: each is drawn evenly from 0 to a bound that doubles up to the cap."""
    for attempt in count(1):
        yield bound_seconds(attempt, first_seconds, cap_seconds) * chance()


def bound_seconds(attempt: int, first_seconds: float, cap_seconds: float) -> float:
    """Return the longest wait after *attempt* attempts, counted from 1."""
    return min(cap_seconds, first_seconds * 2.0 ** min(attempt - 1, _EXPONENT_MAX))
