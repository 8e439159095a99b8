"""Watches a node that is under load: sends a few CRITICAL requests, and tells how long each took.

Its arguments are TARGET SECONDS. The last line that is written is what it found, as JSON.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Final

import uvloop
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from google.protobuf.message import Message

from benchmarks.overload_client import ECHO, TIMEOUT_SECONDS
from benchmarks.raw_calls import SERVED, RawChannel

PAUSE_SECONDS: Final = 0.02


class Watched:
    """One call after the other, and how long those took that were served."""

    def __init__(self) -> None:
        self.sent = 0
        self.seconds = list[float]()
        self.codes: Counter[str] = Counter()

    async def run(self, channel: RawChannel, headers: bytes, request: Message | None, until: float) -> None:
        """Call *until* then."""
        while time.monotonic() < until:
            ended = asyncio.Event()

            def told(outcome: str, seconds: float, ended: asyncio.Event = ended) -> None:
                if outcome == SERVED:
                    self.seconds.append(seconds)
                else:
                    self.codes[f"CRITICAL {outcome}"] += 1
                ended.set()

            self.sent += 1
            channel.call(headers, told, request)
            await ended.wait()
            await asyncio.sleep(PAUSE_SECONDS)


async def main(target: str, seconds: float) -> None:
    """Send, and write what became of it."""
    until = time.monotonic() + seconds
    channel = await RawChannel.open(target)
    # Envoy says by itself that there is nothing at that path.
    critical, alone = Watched(), Watched()
    await asyncio.gather(
        critical.run(channel, channel.rpc(ECHO, TIMEOUT_SECONDS), EchoRequest(message="hello"), until),
        alone.run(channel, channel.get("/nothing"), None, until),
    )
    channel.close()
    found = {
        "offered": critical.sent,
        "in_time": len(critical.seconds),
        "sent": {"CRITICAL": critical.sent},
        "served": {"CRITICAL": len(critical.seconds)},
        "codes": critical.codes,
        "critical_seconds": critical.seconds,
        "alone_seconds": alone.seconds,
        "processor_seconds": time.process_time(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2])))
