"""Finds out how many calls a second may begin, so that an event loop has time left for those that are urgent. Pure.

A limit on the calls under way keeps a process from taking on too much, and it
keeps the processor busy: whenever a call ends, the next one begins. What comes
then has to queue behind it. Only beginning fewer calls leaves time free.

Rule 1: nothing is held back while hardly any urgent calls come, or while the
loop is less busy than ``busy_max``.
Rule 2: while the loop is busier, calls begin in proportion more slowly.
Rule 3: while it is less busy, they begin faster again, until nobody has to
wait for it any more.
"""

from dataclasses import dataclass
from typing import Final

from luna.resilience.violations import not_positive, not_shares, refuse

SLOWER: Final = 0.9
FASTER: Final = 1.05
"""How far the pace changes in one step, at most."""
SMOOTHING: Final = 0.4
"""The weight of the newest look in what is believed."""
SPARE: Final = 1.5
"""A pace that is so many times what begins holds nobody back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacePolicy:
    """How busy an event loop may be."""

    busy_max: float = 0.7
    """The share of time in which it works, or would if others left it a processor. Where calls come at random, they
    take more than three times as long then as with nobody before them: ``1 / (1 - busy)``."""
    per_second_min: float = 20.0
    urgent_per_second_min: float = 5.0
    """With fewer urgent calls nobody else waits for their sake."""

    def __post_init__(self) -> None:
        rates = {"per_second_min": self.per_second_min, "urgent_per_second_min": self.urgent_per_second_min}
        refuse(not_shares({"busy_max": self.busy_max}, zero=False) | not_positive(rates))


class Pace:
    """How many calls a second may begin."""

    __slots__ = ("_busy", "_policy", "_urgent", "per_second")

    def __init__(self, policy: PacePolicy) -> None:
        self._policy = policy
        self._busy = 0.0
        self._urgent = 0.0
        self.per_second: float | None = None
        """``None``: as many as come."""

    def observe(self, *, busy: float, begun: float, urgent: float) -> None:
        """Take in how busy the loop was, and how many calls began in a second beside so many urgent ones."""
        policy = self._policy
        self._busy += SMOOTHING * (busy - self._busy)
        self._urgent += SMOOTHING * (urgent - self._urgent)
        change = policy.busy_max / max(self._busy, 0.01)
        if self._urgent < policy.urgent_per_second_min:
            self.per_second = None
        elif change < 1:
            now = begun if self.per_second is None else min(begun, self.per_second)
            self.per_second = max(policy.per_second_min, now * max(SLOWER, change))
        elif self.per_second is not None:
            faster = self.per_second * min(FASTER, change)
            self.per_second = None if faster > SPARE * max(begun, policy.per_second_min) else faster
