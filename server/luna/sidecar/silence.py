"""Decides whether a process that does not answer is frozen, or is only short of time.

::

            silent for frozen_seconds          with an excuse
    WELL ────────────────────────────▶ silent ───────────────▶ STARVED, BUSY
     ▲                                   │ without                  │ silent for starved_seconds, busy_seconds
     │ answers                           ▼                          ▼
     └────────────────────────         FROZEN ◀─────────────────────┘

Rule 1: a stopped process has no excuse, not even that it is starting.
Rule 2: time in which nobody could have heard it does not count.
Rule 3: STARVED is who waited for a processor most of the time and got next to none of it, or who waits for a disk.
Rule 4: BUSY is whose event loop turns. It is overrun with work, and killing it would lose all of that.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from luna.sidecar.probing import Pace
from luna.sidecar.process_stat import ON_DISK, STOPPED
from luna.transport.schedule import Schedule

_RAN_SECONDS_MAX: Final = 0.5
"""With this much processor time anybody could have answered."""
_WAITED_RATIO_MIN: Final = 0.5


class Verdict(Enum):
    """What is to be thought of a silence."""

    WELL = "well"
    STARVED = "starved"
    BUSY = "busy"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What can be seen of a process from outside."""

    state: str
    schedule: Schedule | None
    """``None``: the kernel does not say."""
    beat_age_seconds: float | None
    """How long ago its event loop last showed that it turns; ``None`` if it never did."""


class Silence:
    """How long one process has not answered, and why."""

    def __init__(self, now: float, look: Look, pace: Pace) -> None:
        self._pace = pace
        self.heard(now, look)

    def age_seconds(self, now: float) -> float:
        """Return how long ago the last answer was."""
        return now - self._heard

    def seconds(self, now: float) -> float:
        """Return how long it has been silent, as far as that counts."""
        return now - self._heard - self._excused

    def heard(self, now: float, look: Look) -> None:
        """Take note of an answer."""
        self._heard, self._excused = now, 0.0
        self._before = look

    def excuse(self, now: float, seconds: float) -> None:
        """Take *seconds* off, in which nobody listened."""
        self._excused = min(now - self._heard, self._excused + seconds)

    def judge(self, now: float, look: Look) -> Verdict:
        """Return what is to be thought of it."""
        silent, pace = self.seconds(now), self._pace
        if silent <= pace.frozen_seconds:
            return Verdict.WELL
        if look.state in STOPPED:
            return Verdict.FROZEN
        if look.beat_age_seconds is not None and look.beat_age_seconds <= pace.frozen_seconds:
            return Verdict.BUSY if silent <= pace.busy_seconds else Verdict.FROZEN
        return Verdict.STARVED if self._starved(silent, look) and silent <= pace.starved_seconds else Verdict.FROZEN

    def evidence(self, now: float, look: Look) -> dict[str, str]:
        """Return what speaks for the verdict."""
        ran, waited = self._scheduled(look)
        beat = look.beat_age_seconds
        return {
            "silent_seconds": f"{self.seconds(now):.2f}",
            "state": look.state,
            "ran_seconds": f"{ran:.2f}",
            "waited_seconds": f"{waited:.2f}",
            **({} if beat is None else {"beat_age_seconds": f"{beat:.2f}"}),
        }

    def _starved(self, silent: float, look: Look) -> bool:
        ran, waited = self._scheduled(look)
        return look.state == ON_DISK or (ran < _RAN_SECONDS_MAX and waited >= _WAITED_RATIO_MIN * silent)

    def _scheduled(self, look: Look) -> tuple[float, float]:
        """Return how long it ran, and waited to run, since it was last heard."""
        before, now = self._before.schedule, look.schedule
        if before is None or now is None:
            return 0.0, 0.0
        return now.ran_seconds - before.ran_seconds, now.waited_seconds - before.waited_seconds
