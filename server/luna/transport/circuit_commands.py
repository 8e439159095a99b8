"""What somebody wants of circuit breakers."""

from collections.abc import Iterable
from dataclasses import dataclass

from luna.resilience.circuit import CircuitKey, CircuitState
from luna.resilience.selection import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Somebody wants breakers in another state."""

    selector: Selector
    state: CircuitState
    cause: str
    until: float | None = None
    """With OPEN, the monotonic time at which it ends; ``None``: as the policy says."""


def last_fitting(commands: Iterable[Command], key: CircuitKey) -> Command | None:
    """Return the newest of *commands*, oldest first, that is for the breaker of *key*."""
    return next((command for command in reversed(tuple(commands)) if command.selector.matches(key)), None)
