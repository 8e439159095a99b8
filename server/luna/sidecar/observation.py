"""What the supervisor sees happen to processes, for whoever draws conclusions from it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from luna.sidecar.state import ReplicaStatus

_log = logging.getLogger(__name__)


class Kind(Enum):
    """What happened."""

    EXITED = "exited"
    """It ended without being asked. It is being started again."""
    FROZEN = "frozen"
    """It runs and does not answer. It is being killed; that it exited follows."""
    STARVED = "starved"
    """It does not answer, for want of processor time or of the disk. It is waited for."""
    OVER_MEMORY = "over memory"
    """It holds more memory than it may. Nothing is done about it here."""
    CRASH_LOOPING = "crash looping"
    """It keeps ending soon after each start. It is tried again at long intervals."""
    SERVING_AGAIN = "serving again"
    """It serves, after it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Something that happened to one replica of a process."""

    kind: Kind
    status: ReplicaStatus
    """As it was when that was noticed, with the pid of the process that it is about."""
    time_ns: int
    """When it happened: the exit, the last answer, the first answer."""
    noticed_ns: int
    """When it was noticed."""
    evidence: Mapping[str, str]
    """What was seen, by name."""


Observe: TypeAlias = Callable[[Observation], None]
"""Told what happened, in the order in which it did. Must not wait."""


class Observations:
    """Passes on what was seen to everybody who wants to know."""

    def __init__(self) -> None:
        self._observers: list[Observe] = []

    def subscribe(self, observe: Observe) -> Callable[[], None]:
        """Have *observe* told everything from now on, until what is returned is called."""
        self._observers.append(observe)
        return lambda: self._observers.remove(observe)

    def tell(self, observation: Observation) -> None:
        """Tell everybody. One who fails disturbs nobody else."""
        for observe in tuple(self._observers):
            try:
                observe(observation)
            except Exception:  # noqa: BLE001  what they do with it is their affair
                _log.exception("an observer failed", extra={"kind": observation.kind.value})
