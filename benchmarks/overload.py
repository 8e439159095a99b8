"""Measures a node at three times the load that it can carry: who is still served, how fast, and how much gets done.

The generators run on the same machine, in processes of their own, and cost it as little as they can. How fast CRITICAL
requests are served is measured by another process that sends few: one that floods is late by itself. That process also
asks the front door for what it answers alone, which tells what of a delay is the machine's.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import uvloop
from arkalia.node.v1.health_pb2 import DegradationLevel

from arkalia_client import ArkaliaError, connect
from tests.node import Node, running_node

GENERATORS: Final = 2
CALLERS: Final = 24
"""Of each generator, for the peak."""
QUIET_PER_SECOND: Final = 40.0
WARM_SECONDS: Final = 12.0
PHASE_SECONDS: Final = 12.0
OVERLOAD_SECONDS: Final = 30.0
FACTOR: Final = 3.0
CALM_SECONDS_MAX: Final = 120.0
REQUIRED: Final = {"critical_success": 0.999, "critical_p99_ratio": 4.0, "goodput_ratio": 0.85}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What became of the requests of one phase."""

    seconds: float
    offered: int
    in_time: int
    sent: Counter[str]
    served: Counter[str]
    codes: Counter[str]
    critical_seconds: Sequence[float]
    """How long those of the observer took."""
    alone_seconds: Sequence[float]
    """How long Envoy took for what it answers by itself."""

    @property
    def per_second(self) -> float:
        """The requests that were served while the phase went on, a second."""
        return self.in_time / self.seconds

    @property
    def p99(self) -> float:
        """The time below which 99 of 100 CRITICAL requests were served."""
        return statistics.quantiles(self.critical_seconds, n=100)[98]

    @property
    def p99_alone(self) -> float:
        """The time below which Envoy itself answered 99 of 100."""
        return statistics.quantiles(self.alone_seconds, n=100)[98]

    @property
    def critical_success(self) -> float:
        """The share of CRITICAL requests that were served."""
        return self.served["CRITICAL"] / self.sent["CRITICAL"]


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            # What a process loads some time after its start is not to be measured.
            await _phase(node, seconds=WARM_SECONDS, callers=4)
            quiet = await _phase(node, seconds=PHASE_SECONDS, rate=QUIET_PER_SECOND)
            peak = await _phase(node, seconds=PHASE_SECONDS, callers=CALLERS)
            await _calm(node)
            over = await _phase(node, seconds=OVERLOAD_SECONDS, rate=FACTOR * peak.per_second)
            level = await _level(node)
            calm = await _calm(node)
    return _report(quiet, peak, over, level, calm)


async def _phase(node: Node, *, seconds: float, callers: int = 1, rate: float = 0.0) -> Phase:
    arguments = [node.target, str(seconds), str(callers), str(rate / GENERATORS)]
    observed, *found = await asyncio.gather(
        _run("benchmarks.overload_observer", [node.target, str(seconds)]),
        *(_run("benchmarks.overload_client", [*arguments, str(seed)]) for seed in range(GENERATORS)),
    )
    found.append(observed)
    return Phase(
        seconds=seconds,
        offered=sum(each["offered"] for each in found),
        in_time=sum(each["in_time"] for each in found),
        sent=_sum(found, "sent"),
        served=_sum(found, "served"),
        codes=_sum(found, "codes"),
        critical_seconds=observed["critical_seconds"],
        alone_seconds=observed["alone_seconds"],
    )


async def _run(module: str, arguments: Sequence[str]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    output, _ = await process.communicate()
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def _sum(found: Sequence[Mapping[str, Any]], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in found:
        total.update(each[name])
    return total


async def _level(node: Node) -> str:
    async with connect(node.target) as client:
        try:
            return DegradationLevel.Name((await client.degradation.get()).level).removeprefix("DEGRADATION_LEVEL_")
        except ArkaliaError as error:
            return error.reason


async def _calm(node: Node) -> float | None:
    """Return the seconds until the level is NORMAL again, ``None`` if it takes too long."""
    started = time.monotonic()
    while (passed := time.monotonic() - started) < CALM_SECONDS_MAX:
        if await _level(node) == "NORMAL":
            return passed
        await asyncio.sleep(1)
    return None


def _report(quiet: Phase, peak: Phase, over: Phase, level: str, calm: float | None) -> Mapping[str, object]:
    print(
        f"{'phase':10} {'offered/s':>9} {'sent/s':>8} {'served/s':>9} "
        f"{'CRITICAL served':>16} {'CRITICAL p99':>13} {'Envoy p99':>12}  codes"
    )
    for name, phase in (("quiet", quiet), ("peak", peak), (f"{FACTOR:g} x peak", over)):
        offered, sent = phase.offered / phase.seconds, sum(phase.sent.values()) / phase.seconds
        print(
            f"{name:10} {offered:9.0f} {sent:8.0f} {phase.per_second:9.0f} "
            f"{phase.critical_success:16.4%} {1e3 * phase.p99:10.1f} ms {1e3 * phase.p99_alone:9.1f} ms  "
            f"{dict(phase.codes)}"
        )
    ratio, goodput = over.p99 / quiet.p99, over.per_second / peak.per_second
    reached = over.offered / over.seconds / peak.per_second
    print(f"offered {reached:.2f} x peak (meant: {FACTOR:g})")
    print(f"CRITICAL p99 {ratio:.2f} x quiet (at most {REQUIRED['critical_p99_ratio']})")
    print(f"what Envoy answers alone: {over.p99_alone / quiet.p99_alone:.2f} x quiet")
    print(f"goodput {goodput:.2f} x peak (at least {REQUIRED['goodput_ratio']})")
    after = "not within 2 min" if calm is None else f"after {calm:.0f} s"
    print(f"level at the end of the overload {level}; NORMAL again {after} (at most {CALM_SECONDS_MAX:.0f} s)")
    return {
        "critical_success": over.critical_success,
        "critical_p99_ratio": ratio,
        "goodput_ratio": goodput,
        "envoy_p99_ratio": over.p99_alone / quiet.p99_alone,
        "offered_ratio": reached,
        "level": level,
        "calm_seconds": calm,
        "required": REQUIRED,
        "per_second": {"quiet": quiet.per_second, "peak": peak.per_second, "overload": over.per_second},
        "codes": over.codes,
    }
