"""How much of what a node does is kept from being done, because calls of it keep failing.

Rule 1: a breaker counts with the calls that it guards, and each of these with its priority: one of CRITICAL as much as
two of HIGH, four of MEDIUM, eight of LOW or sixteen of OPTIONAL.
Rule 2: one that is open counts with the calls that came before it opened.
Rule 3: few calls say little, whatever becomes of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

CALLS_MIN: Final = 20
"""With fewer calls, their share counts for less."""
_MEDIUM: Final = 3
_WEIGHTS: Final[Mapping[int, int]] = {1: 16, 2: 8, _MEDIUM: 4, 4: 2, 5: 1}
"""By the contract's number of a priority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The calls behind one breaker."""

    priority: int
    """The contract's number; one that is not declared is MEDIUM."""
    calls: int
    failing: bool
    """Whether the breaker is open because they fail."""


def failing_share(guarded: Iterable[Guarded]) -> float | None:
    """Return the share that fails, 0 to 1; ``None`` if nothing is known."""
    listed = list(guarded)
    if not listed:
        return None
    calls = sum(one.calls for one in listed)
    weight = sum(map(_weight, listed))
    failing = sum(_weight(one) for one in listed if one.failing)
    return failing / weight * min(1.0, calls / CALLS_MIN) if weight else 0.0


def _weight(one: Guarded) -> int:
    return one.calls * _WEIGHTS.get(one.priority, _WEIGHTS[_MEDIUM])
