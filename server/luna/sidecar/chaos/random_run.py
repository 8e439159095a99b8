"""Random chaos: bounded in time, the same for the same seed, every injection on record."""

import asyncio
import json
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from luna.sidecar.chaos.injecting import Injector, fault
from luna.sidecar.chaos.victims import ImpossibleError

REST_SECONDS: Final = (4.0, 9.0)
"""Between two injections: enough for one recovery, seldom for two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """Something that was made to go wrong."""

    number: int
    time_ns: int
    kind: str
    process: str
    seconds: float
    recoverable: bool
    """Whether it takes a recovery to end it; what ends by itself may end before anybody notices."""


Strike = Callable[[Injector, float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be made to go wrong."""

    kind: str
    process: str
    seconds: tuple[float, float]
    strike: Strike
    recoverable: bool = True


def _signal(process: str, signum: signal.Signals) -> Strike:
    async def strike(injector: Injector, seconds: float) -> object:
        del seconds
        return await injector.signal(process, signum)

    return strike


def _fault(
    process: str, kind: str, *, delay_seconds: float = 0.0, target: str = "", code: int = 0, size_bytes: int = 0
) -> Strike:
    async def strike(injector: Injector, seconds: float) -> object:
        wanted = fault(
            kind, seconds=seconds, delay_seconds=delay_seconds, target=target, code=code, size_bytes=size_bytes
        )
        return await injector.inject(process, wanted)

    return strike


_DECISIONS: Final = "arkalia.zeroia.v1.DecisionService"
_EVENTS: Final = "arkalia.events.v1.EventService"
MEMORY_BYTES: Final = 400 * 2**20
CHOICES: Final = (
    Choice("kill", "kernel", (0.0, 0.0), _signal("kernel-0", signal.SIGKILL)),
    Choice("kill", "log", (0.0, 0.0), _signal("log-0", signal.SIGKILL)),
    Choice("kill", "envoy", (0.0, 0.0), _signal("envoy-0", signal.SIGKILL)),
    Choice("kill", "sidecar", (0.0, 0.0), _signal("sidecar", signal.SIGKILL)),
    Choice("stop", "kernel", (0.0, 0.0), _signal("kernel-0", signal.SIGSTOP)),
    Choice("block", "kernel", (5.0, 20.0), _fault("kernel", "LOOP_BLOCK")),
    Choice("stuck", "kernel", (5.0, 20.0), _fault("kernel", "CONSUMER_STUCK", target="zeroia")),
    Choice(
        "slow", "kernel", (0.5, 2.0), _fault("kernel", "SLOW", delay_seconds=0.3, target=_DECISIONS), recoverable=False
    ),
    Choice("error", "kernel", (0.5, 2.0), _fault("kernel", "ERROR", target=_DECISIONS, code=13), recoverable=False),
    Choice("partition", "kernel", (0.3, 1.5), _fault("kernel", "PARTITION", target="log"), recoverable=False),
    Choice("slow", "log", (0.5, 2.0), _fault("log", "SLOW", delay_seconds=0.3, target=_EVENTS), recoverable=False),
    Choice("error", "log", (0.5, 2.0), _fault("log", "ERROR", target=_EVENTS, code=14), recoverable=False),
    Choice("fill", "log", (0.5, 2.0), _fault("log", "DISK_QUOTA"), recoverable=False),
    Choice("corrupt", "kernel", (1.0, 1.0), _fault("kernel", "CORRUPT_PROJECTION", target="resilience/circuits")),
    # Whether that is too much is a setting; it goes when its time is up.
    Choice("memory", "kernel", (5.0, 20.0), _fault("kernel", "MEMORY", size_bytes=MEMORY_BYTES), recoverable=False),
)


async def run(injector: Injector, *, seed: int, seconds: float, record: Path, tell: Callable[[str], None]) -> int:
    """Make something go wrong again and again for *seconds*; return how often.

    Each line of *record* is an injection.
    """
    chance = random.Random(seed)  # noqa: S311  the same for the same seed is what is wanted
    until = time.monotonic() + seconds
    number = 0
    with record.open("a") as file:
        while time.monotonic() < until:
            choice = chance.choice(CHOICES)
            lasts = chance.uniform(*choice.seconds)
            rest = chance.uniform(*REST_SECONDS)
            number += 1
            injection = Injection(
                number=number,
                time_ns=time.time_ns(),
                kind=choice.kind,
                process=choice.process,
                seconds=round(lasts, 3),
                recoverable=choice.recoverable,
            )
            try:
                await choice.strike(injector, lasts)
            except ImpossibleError as error:
                tell(f"{choice.kind} {choice.process} was not possible: {error}")
            else:
                file.write(json.dumps(asdict(injection)) + "\n")
                file.flush()
                tell(f"{number:4} {choice.kind} {choice.process}" + (f" for {lasts:.1f} s" if lasts else ""))
            await asyncio.sleep(rest)
    return number
