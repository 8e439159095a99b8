"""Takes note of what happens on the node from its first moment on, before there is anything that can write it down."""

from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

from luna.kernel.clock import Clock
from luna.sidecar.facts import Fact

EARLY_MAX: Final = 1024
"""How many facts may wait for whoever writes them down. The oldest give way."""

Write: TypeAlias = Callable[[Fact, int], None]
"""Writes down a fact, and the time it happened at. Never waits, never fails."""


class Journal:
    """Facts in the order in which they happened."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._early: deque[tuple[Fact, int]] = deque(maxlen=EARLY_MAX)
        self._write: Write = lambda fact, time_ns: self._early.append((fact, time_ns))

    def record(self, fact: Fact) -> None:
        """Take note of *fact*. Never waits, never fails."""
        self._write(fact, self._clock.wall_ns())

    def hand_over(self, write: Write) -> None:
        """Have *write* write down what was noted so far, and whatever comes."""
        while self._early:
            write(*self._early.popleft())
        self._write = write
