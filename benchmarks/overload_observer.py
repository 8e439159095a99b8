"""Watches a node that is under load: sends a few CRITICAL requests, and tells how long each took.

Its arguments are TARGET SECONDS. The last line that is written is what it found, as JSON.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Final

import grpc.aio
import httpx
import uvloop
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub

TIMEOUT_SECONDS: Final = 5.0
PAUSE_SECONDS: Final = 0.02


async def main(target: str, seconds: float) -> None:
    """Send, and write what became of it."""
    until = time.monotonic() + seconds
    sent, served, in_time, codes = 0, list[float](), 0, Counter[str]()

    async def critical(stub: HelloriaServiceStub) -> None:
        nonlocal sent, in_time
        while time.monotonic() < until:
            sent += 1
            started = time.monotonic()
            try:
                await stub.Echo(EchoRequest(message="hello"), timeout=TIMEOUT_SECONDS)  # type: ignore[misc]
            except grpc.aio.AioRpcError as error:
                codes[f"CRITICAL {error.code().name}"] += 1
            else:
                served.append(time.monotonic() - started)
                in_time += time.monotonic() <= until
            await asyncio.sleep(PAUSE_SECONDS)

    async with grpc.aio.insecure_channel(target) as channel, httpx.AsyncClient(base_url=f"http://{target}") as door:
        _, alone = await asyncio.gather(critical(HelloriaServiceStub(channel)), _alone(door, until))
    found = {
        "offered": sent,
        "in_time": in_time,
        "sent": {"CRITICAL": sent},
        "served": {"CRITICAL": len(served)},
        "codes": codes,
        "critical_seconds": served,
        "alone_seconds": alone,
    }
    print(json.dumps(found))


async def _alone(door: httpx.AsyncClient, until: float) -> list[float]:
    """Return how long Envoy takes to say that there is nothing at a path."""
    found = list[float]()
    while time.monotonic() < until:
        started = time.monotonic()
        await door.get("/nothing", timeout=TIMEOUT_SECONDS)
        found.append(time.monotonic() - started)
        await asyncio.sleep(PAUSE_SECONDS)
    return found


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2])))
