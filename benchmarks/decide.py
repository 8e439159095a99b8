"""Measures decisions through a whole node: `Decide` with its durable event, beside `Echo` on the same path."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvloop
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.zeroia.v1.zeroia_service_pb2 import DecideRequest
from arkalia.zeroia.v1.zeroia_service_pb2_grpc import DecisionServiceStub

from tests.node import running_node

CONCURRENT: Final = 64
ROUNDS: Final = 9
ROUND_SECONDS: Final = 1.5
RATIO_MIN: Final = 0.4

Call = Callable[[], Awaitable[object]]


def main() -> Mapping[str, object]:
    """Print and return the rates, interleaved in one run."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), sample_seconds="1") as node, node.channel() as channel:
            echo, decide = HelloriaServiceStub(channel), DecisionServiceStub(channel)
            sides: dict[str, Call] = {
                "Echo": lambda: echo.Echo(EchoRequest(message="hello"), timeout=10),
                "Decide": lambda: decide.Decide(DecideRequest(), timeout=10),
            }
            # The first decision needs a sample.
            await asyncio.sleep(3)
            rates: dict[str, list[float]] = {name: [] for name in sides}
            for _ in range(ROUNDS):
                for name, call in sides.items():
                    rates[name].append(await _rate(call))
    return _report(rates)


async def _rate(call: Call) -> float:
    done = 0
    started = time.perf_counter()
    end = started + ROUND_SECONDS

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await call()
            done += 1

    await asyncio.gather(*(caller() for _ in range(CONCURRENT)))
    return done / (time.perf_counter() - started)


def _report(rates: Mapping[str, list[float]]) -> Mapping[str, object]:
    ratio = statistics.median(d / e for d, e in zip(rates["Decide"], rates["Echo"], strict=True))
    print(f"{CONCURRENT} concurrent callers, through Envoy, {ROUNDS} rounds of {ROUND_SECONDS} s each")
    for name, values in rates.items():
        print(f"  {name:8} {statistics.median(values):8.0f}/s   from {min(values):.0f} to {max(values):.0f}")
    first, last = rates["Decide"][0], rates["Decide"][-1]
    print(f"  Decide / Echo {ratio:.2f} (at least {RATIO_MIN}); last round / first round {last / first:.2f}")
    return {
        "rates_per_second": dict(rates),
        "decide_per_echo": ratio,
        "required": RATIO_MIN,
        "last_per_first": last / first,
    }
