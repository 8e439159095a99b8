"""What the node's processes last said about themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from luna.kernel.clock import Clock
from luna.kernel.vitals import ProcessVitals

PROCESSES_MAX: Final = 256
"""More than a node can have; the one heard of longest ago makes room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The vitals of a process, and how old they are."""

    vitals: ProcessVitals
    age_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    vitals: ProcessVitals
    take_ns: int
    taken: float
    """On the monotonic clock, so that a clock set on the wall ages nothing."""


class VitalsTable:
    """Keeps the newest vitals of each process, for as long as they mean something."""

    def __init__(self, clock: Clock, *, seconds_max: float) -> None:
        self._clock = clock
        self._seconds_max = seconds_max
        self._entries: dict[str, _Entry] = {}

    def hear(self, vitals: ProcessVitals, *, take_ns: int) -> None:
        """Take note of *vitals*, unless newer ones of that process are known."""
        known = self._entries.get(vitals.process)
        if known is not None and known.take_ns >= take_ns:
            return
        travelled = max(0.0, (self._clock.wall_ns() - take_ns) / 1e9)
        self._entries.pop(vitals.process, None)
        self._entries[vitals.process] = _Entry(
            vitals=vitals, take_ns=take_ns, taken=self._clock.monotonic() - travelled
        )
        if len(self._entries) > PROCESSES_MAX:
            del self._entries[next(iter(self._entries))]

    def current(self) -> Sequence[Heard]:
        """Return the vitals that are young enough, by the names of their processes."""
        now = self._clock.monotonic()
        self._entries = {name: entry for name, entry in self._entries.items() if now - entry.taken <= self._seconds_max}
        return [Heard(vitals=entry.vitals, age_seconds=now - entry.taken) for _, entry in sorted(self._entries.items())]
