"""A small process for the supervisor to run: ``health_server.py SOCKET [BEHAVIOUR…]``.

SIGUSR1 makes its event loop stand still, SIGUSR2 makes it hold 64 MiB more.
"""

import asyncio
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from luna.transport.heartbeat import Heartbeat, beat_path
from luna.transport.sockets import urgent_sockets

HELD: list[bytearray] = []


async def main(path: str, behaviours: frozenset[str]) -> int:
    """Serve grpc.health.v1 until SIGTERM."""
    if (code := refused(Path(path).parent, behaviours)) is not None:
        return code
    stop = stopping(deaf="deaf" in behaviours)
    servicer = health.aio.HealthServicer()
    for service in ("", *sorted(behaviour for behaviour in behaviours if behaviour.startswith("arkalia."))):
        await servicer.set(service, health_pb2.HealthCheckResponse.SERVING)
    if behaviours & {"mute", "heir"} or ("slow" in behaviours and (Path(path).parent / "slow").exists()):
        await servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    server = await serving(path, servicer)
    beating = asyncio.create_task(Heartbeat(beat_path(Path(path))).run()) if "beating" in behaviours else None
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: time.sleep(60))
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, lambda: grow(HELD))
    say(f"serving {path} as {os.getpid()}")
    if "heir" in behaviours:
        await inherit(Path(path).parent / "estate")
        await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    await stop.wait()
    if beating:
        beating.cancel()
    await servicer.enter_graceful_shutdown()
    await server.stop(0.5)
    return 0


async def serving(path: str, servicer: health.aio.HealthServicer) -> grpc.aio.Server:
    """Listen where a server process does, for urgent calls too."""
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for address in (*urgent_sockets(Path(path)), path):
        server.add_insecure_port(f"unix:{address}")
    await server.start()
    return server


def grow(held: list[bytearray]) -> None:
    held.append(bytearray(b"x" * 64 * 2**20))


def stopping(*, deaf: bool) -> asyncio.Event:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, (lambda: None) if deaf else stop.set)
    return stop


async def inherit(estate: Path) -> None:
    """Wait for a lock that is held for good, as a log's owner does."""
    lock = os.open(estate, os.O_RDWR | os.O_CREAT)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(0.02)
        else:
            return


def refused(run: Path, behaviours: frozenset[str]) -> int | None:
    if "corrupt" in behaviours:
        say("events.db is corrupt after position 41; run `arkalia log recover`")
        return 65
    if "crash" in behaviours:
        say("cannot think")
        return 1
    return 1 if "late" in behaviours and (run / "late").exists() else None


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], frozenset(sys.argv[2:]))))
