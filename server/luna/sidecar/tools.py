"""What every runner of a node shares."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from luna.kernel.clock import Clock
from luna.sidecar.facts import Record
from luna.sidecar.observation import Observations
from luna.sidecar.probing import Pace
from luna.sidecar.process_stat import memory_bytes
from luna.sidecar.spawner import NoSpare, Spare, Spawner


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Time, chance, and where things come from and go to."""

    clock: Clock
    pace: Pace
    record: Record
    spawner: Spawner
    spare: Spare = field(default_factory=NoSpare)
    observations: Observations = field(default_factory=Observations)
    memory_bytes_max: int = field(default_factory=lambda: memory_bytes() // 2)
    """The memory that one process may hold."""
    chance: Callable[[], float] = random.random
