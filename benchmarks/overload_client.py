"""Sends the mix of the overload benchmark from a process of its own.

Its arguments are TARGET SECONDS CALLERS RATE SEED.

With a rate of 0, CALLERS send one request after the other; otherwise requests are offered at random times, that many
a second, whether or not those before were answered. The last line that is written is what became of them, as JSON.
"""

import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

import uvloop
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.zeroia.v1.zeroia_service_pb2 import DecideRequest, GetTimelineRequest, ListDecisionsRequest
from google.protobuf.message import Message

from benchmarks.raw_calls import SERVED, RawChannel

TIMEOUT_SECONDS: Final = 5.0
IN_FLIGHT_MAX: Final = 1000
"""What one generator may have under way: it is bounded itself, and so is a connection."""
TURNED_AWAY_SECONDS: Final = 0.01
"""Whoever is turned away comes back a little later."""
TICK_SECONDS: Final = 0.002
ECHO: Final = "/arkalia.helloria.v1.HelloriaService/Echo"
_ZEROIA: Final = "/arkalia.zeroia.v1."


class Kind(NamedTuple):
    """A kind of request, and its share of them."""

    priority: str
    headers: bytes
    request: Callable[[], Message]
    share: float


class Generator:
    """One process of callers."""

    def __init__(self, channel: RawChannel, seed: int) -> None:
        self._channel = channel
        self._chance = random.Random(seed)
        self._mix = [
            Kind(priority, channel.rpc(path, TIMEOUT_SECONDS), request, share)
            for priority, path, request, share in (
                ("CRITICAL", ECHO, lambda: EchoRequest(message="hello"), 0.15),
                (
                    "HIGH",
                    f"{_ZEROIA}DecisionService/Decide",
                    lambda: DecideRequest(decision_id=str(uuid.uuid4())),
                    0.15,
                ),
                ("LOW", f"{_ZEROIA}DecisionService/ListDecisions", lambda: ListDecisionsRequest(page_size=50), 0.4),
                ("LOW", f"{_ZEROIA}CoordinatorService/GetTimeline", GetTimelineRequest, 0.3),
            )
        ]
        self._shares = [kind.share for kind in self._mix]
        self.offered = 0
        """With those that were not sent, because too many were under way."""
        self.sent: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self.in_time = 0
        """Those that were served before the phase was over: later answers are no part of its goodput."""
        self.codes: Counter[str] = Counter()
        self._until = float("inf")

    async def closed(self, callers: int, seconds: float) -> None:
        """Send requests from *callers*, each as soon as its last was answered."""
        self._until = time.monotonic() + seconds
        loop = asyncio.get_running_loop()

        def again(outcome: str) -> None:
            if time.monotonic() < self._until:
                loop.call_later(0.0 if outcome == SERVED else TURNED_AWAY_SECONDS, self._one, again)

        for _ in range(callers):
            self._one(again)
        await asyncio.sleep(seconds)
        await self._rest()

    async def open(self, rate: float, seconds: float) -> None:
        """Offer requests at random times, *rate* a second."""
        due = time.monotonic()
        self._until = due + seconds
        while due < self._until:
            while due <= time.monotonic():
                due += self._chance.expovariate(rate)
                if self._channel.under_way < IN_FLIGHT_MAX:
                    self._one(lambda _: None)
                else:
                    self.offered += 1
                    self.codes["NOT_SENT"] += 1
            await asyncio.sleep(TICK_SECONDS)
        await self._rest()

    def _one(self, then: Callable[[str], None]) -> None:
        kind = self._chance.choices(self._mix, self._shares)[0]
        self.offered += 1
        self.sent[kind.priority] += 1

        def told(outcome: str, _: float) -> None:
            if outcome == SERVED:
                self.served[kind.priority] += 1
                self.in_time += time.monotonic() <= self._until
            else:
                self.codes[f"{kind.priority} {outcome}"] += 1
            then(outcome)

        self._channel.call(kind.headers, told, kind.request())

    async def _rest(self) -> None:
        """Wait for the answers that are still on their way."""
        until = time.monotonic() + 2 * TIMEOUT_SECONDS
        while self._channel.under_way and time.monotonic() < until:
            await asyncio.sleep(TURNED_AWAY_SECONDS)


async def main(target: str, seconds: float, callers: int, rate: float, seed: int) -> None:
    """Send, and write what became of it."""
    channel = await RawChannel.open(target)
    generator = Generator(channel, seed)
    await (generator.open(rate, seconds) if rate else generator.closed(callers, seconds))
    channel.close()
    found = {
        "offered": generator.offered,
        "sent": generator.sent,
        "served": generator.served,
        "in_time": generator.in_time,
        "codes": generator.codes,
        "processor_seconds": time.process_time(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])))
