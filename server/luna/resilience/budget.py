"""Bounds what is sent again, so that those who retry do not become the overload.

::

    each call sent: + ratio ─┐
                             ├──▶ [ tokens, at most burst ] ──▶ one for each retry or hedge
    each second: + floor ────┘

Rule 1: over any time, retries and hedges are at most ``ratio`` of the calls
sent, ``min_per_second`` for each second, and ``burst``.
Rule 2: without a token nothing is sent again. Nobody waits for one.
"""

from luna.resilience.violations import below, not_shares, refuse


class RetryBudget:
    """A token bucket that traffic fills. One for each peer."""

    __slots__ = ("_burst", "_min_per_second", "_ratio", "_refilled", "_tokens", "refused", "taken")

    def __init__(self, ratio: float = 0.1, min_per_second: float = 0.5, burst: float = 5.0) -> None:
        refuse(
            not_shares({"ratio": ratio}, zero=True)
            | below({"min_per_second": min_per_second}, 0)
            | below({"burst": burst}, 1)
        )
        self._ratio = ratio
        self._min_per_second = min_per_second
        self._burst = burst
        self._tokens = 1.0
        self._refilled: float | None = None
        self.taken = 0
        self.refused = 0

    def sent(self, now: float) -> None:
        """Note a call that is sent for the first time."""
        del now
        self._tokens = min(self._burst, self._tokens + self._ratio)

    def take(self, now: float) -> bool:
        """Tell whether something may be sent again, and note that it is."""
        since = now if self._refilled is None else self._refilled
        self._tokens = min(self._burst, self._tokens + (now - since) * self._min_per_second)
        self._refilled = now
        if self._tokens < 1:
            self.refused += 1
            return False
        self._tokens -= 1
        self.taken += 1
        return True
