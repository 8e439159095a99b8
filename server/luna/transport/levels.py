"""How much of its work this process does at the moment."""

from collections.abc import Callable
from typing import Final

from arkalia.options.v1 import method_pb2

from luna.resilience.levels import CAPACITY, Level, Treatment, treatment

LEVEL_TRAILER: Final = "x-arkalia-degradation"
PRIORITIES: Final = range(method_pb2.PRIORITY_CRITICAL, method_pb2.PRIORITY_OPTIONAL + 1)
_NOBODY: Final = max(PRIORITIES) + 1


class CurrentLevel:
    """The level of the node, as far as this process knows. NORMAL until somebody says otherwise."""

    __slots__ = ("_listeners", "level", "limited", "refused_from", "suspended", "trailer")

    def __init__(self) -> None:
        self._listeners: list[Callable[[Level], None]] = []
        self.level = Level.NORMAL
        self.trailer = (LEVEL_TRAILER, Level.NORMAL.name)
        """What every response says of the level."""
        self.refused_from = _NOBODY
        """The first priority that is refused."""
        self.limited: frozenset[int] = frozenset()
        """The priorities that are let in only while there is much room."""
        self.suspended: frozenset[str] = frozenset()
        """The services that do no work at all."""

    def set(self, level: Level, suspended: frozenset[str] = frozenset()) -> None:
        """Go to *level*, at which the *suspended* services do no work."""
        self.level = level
        self.suspended = suspended
        self.trailer = (LEVEL_TRAILER, level.name)
        treatments = {priority: treatment(level, priority) for priority in PRIORITIES}
        self.refused_from = min((it for it, what in treatments.items() if what is Treatment.REFUSED), default=_NOBODY)
        self.limited = frozenset(it for it, what in treatments.items() if what is Treatment.LIMITED)
        for listener in self._listeners:
            listener(level)

    def listen(self, listener: Callable[[Level], None]) -> None:
        """Call *listener*, which must not wait, after each change."""
        self._listeners.append(listener)

    @property
    def capacity(self) -> float:
        """The share of its capacity that the node uses."""
        return CAPACITY[self.level]
