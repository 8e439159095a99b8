"""The calls that a half-open breaker lets through to see how they end."""

from typing import Final

SLOT_SECONDS: Final = 10.0
"""A probe that has not ended by then makes room for another. Its answer still counts when it comes."""
LOST_MAX: Final = 100
"""Probes whose end is waited for beyond their slots, at most; then the oldest are forgotten."""


class Probes:
    """Who has a slot, and how many succeeded."""

    __slots__ = ("_slots", "succeeded")

    def __init__(self) -> None:
        self._slots: dict[int, float] = {}
        self.succeeded = 0

    def begin(self, token: int, now: float, limit: int) -> bool:
        """Give a slot to *token*, if fewer than *limit* are taken."""
        if len(self._slots) >= limit and sum(until > now for until in self._slots.values()) >= limit:
            return False
        if len(self._slots) >= limit + LOST_MAX:
            del self._slots[next(iter(self._slots))]
        self._slots[token] = now + SLOT_SECONDS
        return True

    def end(self, token: int) -> bool:
        """Free the slot of *token*; tell whether it was a probe whose end was waited for."""
        return self._slots.pop(token, None) is not None
