"""Measures what a circuit breaker costs a call that succeeds: ours, aiobreaker behind our port, and other packages.

All take turns in one process. The cost of the loop, and of the empty function
where a package wants one to call, is measured the same way and taken off.
"""

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import aiobreaker
import uvloop
from purgatory import AsyncCircuitBreakerFactory

from luna.adapters.aiobreaker_engine import AiobreakerEngine
from luna.kernel.clock import SystemClock
from luna.resilience.breaker import Breaker, BreakerEngine
from luna.resilience.circuit import CircuitKey, CircuitPolicy, Side
from luna.resilience.guard import guard

ROUNDS: Final = 31
CALLS: Final = 10_000
REQUIRED_US: Final[Mapping[str, float]] = {"our machine": 1.5, "our guard": 3.0}
"""The most that a call may cost."""

KEY: Final = CircuitKey(process="kernel-0", side=Side.CLIENT, peer="log", method="a.Service/Call", priority=1)
POLICY: Final = CircuitPolicy(slow_call_seconds=2.5)


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    native = Breaker(KEY, POLICY, on_transition=print)
    wrapped = AiobreakerEngine(KEY, POLICY, on_transition=print)
    plain = aiobreaker.CircuitBreaker()
    factory = AsyncCircuitBreakerFactory()
    sides: dict[str, tuple[Callable[[], Awaitable[float]], str]] = {
        "an empty loop": (_empty, ""),
        "an empty call": (_empty_calls, ""),
        "our machine": (lambda: _machine(native), "an empty loop"),
        "aiobreaker engine": (lambda: _machine(wrapped), "an empty loop"),
        "our guard": (lambda: _guard(native), "an empty loop"),
        "guard, aiobreaker": (lambda: _guard(wrapped), "an empty loop"),
        "purgatory": (lambda: _purgatory(factory), "an empty loop"),
        "plain aiobreaker": (lambda: _aiobreaker(plain), "an empty call"),
    }
    costs: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(ROUNDS):
        for name in sides if turn % 2 else reversed(sides):
            costs[name].append(await sides[name][0]())
    return _report({name: _less(costs[name], costs[than]) for name, (_, than) in sides.items() if than})


async def _empty() -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        pass
    return time.perf_counter() - started


async def _nothing() -> None:
    pass


async def _empty_calls() -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        await _nothing()
    return time.perf_counter() - started


async def _machine(engine: BreakerEngine) -> float:
    now = time.monotonic()
    started = time.perf_counter()
    for _ in range(CALLS):
        engine.succeed(engine.enter(now), now, 0.001)
    return time.perf_counter() - started


async def _guard(engine: BreakerEngine) -> float:
    clock = SystemClock()
    started = time.perf_counter()
    for _ in range(CALLS):
        async with guard(engine, clock):
            pass
    return time.perf_counter() - started


async def _purgatory(factory: AsyncCircuitBreakerFactory) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        async with await factory.get_breaker("log"):
            pass
    return time.perf_counter() - started


async def _aiobreaker(breaker: aiobreaker.CircuitBreaker) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        await breaker.call_async(_nothing)
    return time.perf_counter() - started


def _less(seconds: Sequence[float], than: Sequence[float]) -> list[float]:
    """Return the microseconds a call, without those of the loop of the same round."""
    return [1e6 * (ours - theirs) / CALLS for ours, theirs in zip(seconds, than, strict=True)]


def _report(costs: Mapping[str, Sequence[float]]) -> Mapping[str, object]:
    print(f"a call that succeeds, µs, median of {ROUNDS} rounds of {CALLS} calls by turns (min…max):")
    for name, values in costs.items():
        required = f"   at most {REQUIRED_US[name]}" if name in REQUIRED_US else ""
        print(f"  {name:18} {statistics.median(values):5.2f} ({min(values):.2f}…{max(values):.2f}){required}")
    return {
        "required_us": dict(REQUIRED_US),
        "median_us": {name: statistics.median(values) for name, values in costs.items()},
        "rounds_us": {name: list(values) for name, values in costs.items()},
    }
