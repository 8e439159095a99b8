"""Measures what the interceptor chain costs: unary Echo with all steps against a bare grpc.aio server.

Both servers run in processes of their own, on Unix sockets, and take turns
under the same load. What counts is the processor time of the server.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import grpc.aio
import uvloop
from arkalia.helloria.v1 import helloria_service_pb2_grpc as stubs
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest

SIDES: Final = ("bare", "chain")
CALLERS: Final = (1, 32)
ROUNDS: Final = 31
CALLS: Final = 1_000
RATIO_MAX: Final = 1.35


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


@dataclass
class Side:
    """One of the servers, and what was measured of it."""

    name: str
    process: asyncio.subprocess.Process
    stub: "stubs.HelloriaServiceAsyncStub"
    cpu_us: dict[int, list[float]] = field(default_factory=dict)
    wall_us: dict[int, list[float]] = field(default_factory=dict)

    async def cpu_seconds(self) -> float:
        """Ask the server for the processor time that it has used."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(b"\n")
        return int(await self.process.stdout.readline()) / 1e9


async def _main() -> Mapping[str, object]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="luna")))
        sides = [await stack.enter_async_context(_side(name, folder / f"{name}.sock")) for name in SIDES]
        for callers in CALLERS:
            await _measure(sides, callers)
    return _report(sides)


@asynccontextmanager
async def _side(name: str, socket: Path) -> AsyncIterator[Side]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.chain_server", name, str(socket)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
            stub: stubs.HelloriaServiceAsyncStub = stubs.HelloriaServiceStub(channel)
            yield Side(name, process, stub)
    finally:
        process.kill()
        await process.wait()


async def _measure(sides: Sequence[Side], callers: int) -> None:
    for side in sides:
        await _calls(side, callers, CALLS // 2)
    for turn in range(ROUNDS):
        for side in sides if turn % 2 else reversed(sides):
            cpu, wall = await side.cpu_seconds(), time.perf_counter()
            await _calls(side, callers, CALLS)
            cpu, wall = await side.cpu_seconds() - cpu, time.perf_counter() - wall
            side.cpu_us.setdefault(callers, []).append(1e6 * cpu / CALLS)
            side.wall_us.setdefault(callers, []).append(1e6 * wall / CALLS)


async def _calls(side: Side, callers: int, calls: int) -> None:
    request = EchoRequest(message="how much does this cost?")

    async def caller() -> None:
        for _ in range(calls // callers):
            await side.stub.Echo(request)

    await asyncio.gather(*(caller() for _ in range(callers)))


def _report(sides: Sequence[Side]) -> Mapping[str, object]:
    bare, chain = sides
    print(f"unary Echo, server CPU-µs per call, median of {ROUNDS} rounds of {CALLS} calls (min…max):")
    print(f"  {'callers':>7}  {'bare':>22}  {'whole chain':>22}  {'ratio':>6}   wall-µs per call")
    figures: dict[str, object] = {"ratio_required": RATIO_MAX}
    for callers in CALLERS:
        ratios = [ours / theirs for ours, theirs in zip(chain.cpu_us[callers], bare.cpu_us[callers], strict=True)]
        ratio = statistics.median(ratios)
        walls = [statistics.median(side.wall_us[callers]) for side in sides]
        cells = "  ".join(f"{_spread(side.cpu_us[callers]):>22}" for side in sides)
        print(f"  {callers:>7}  {cells}  {ratio:6.3f}   {walls[0]:.0f} and {walls[1]:.0f}")
        figures[f"callers_{callers}"] = {
            "ratio": ratio,
            "ratio_spread": [min(ratios), max(ratios)],
            **{f"{side.name}_cpu_us": side.cpu_us[callers] for side in sides},
            **{f"{side.name}_wall_us": side.wall_us[callers] for side in sides},
        }
    print(f"  required: at most {RATIO_MAX}")
    return figures


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}…{max(values):.1f})"
