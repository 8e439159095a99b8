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
from collections.abc import Awaitable, Callable
from typing import Final

import grpc.aio
import uvloop
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.zeroia.v1.zeroia_service_pb2 import DecideRequest, GetTimelineRequest, ListDecisionsRequest
from arkalia.zeroia.v1.zeroia_service_pb2_grpc import CoordinatorServiceStub, DecisionServiceStub

TIMEOUT_SECONDS: Final = 5.0
IN_FLIGHT_MAX: Final = 3000
"""What one generator may have under way: it is bounded itself."""


class Client:
    """One process of callers."""

    def __init__(self, channel: grpc.aio.Channel, seed: int) -> None:
        self._chance = random.Random(seed)
        hello, decisions, cycles = (
            HelloriaServiceStub(channel),
            DecisionServiceStub(channel),
            CoordinatorServiceStub(channel),
        )
        self._mix: list[tuple[str, Callable[[], Awaitable[object]], float]] = [
            ("CRITICAL", lambda: hello.Echo(EchoRequest(message="hello"), timeout=TIMEOUT_SECONDS), 0.15),
            (
                "HIGH",
                lambda: decisions.Decide(DecideRequest(decision_id=str(uuid.uuid4())), timeout=TIMEOUT_SECONDS),
                0.15,
            ),
            (
                "LOW",
                lambda: decisions.ListDecisions(ListDecisionsRequest(page_size=50), timeout=TIMEOUT_SECONDS),
                0.4,
            ),
            ("LOW", lambda: cycles.GetTimeline(GetTimelineRequest(), timeout=TIMEOUT_SECONDS), 0.3),
        ]
        self.offered = 0
        """With those that were not sent, because too many were under way."""
        self.sent: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self.in_time = 0
        """Those that were served before the phase was over: later answers are no part of its goodput."""
        self.codes: Counter[str] = Counter()
        self._under_way = 0
        self._until = float("inf")

    async def closed(self, callers: int, seconds: float) -> None:
        """Send requests from *callers*, each as soon as its last was answered."""
        self._until = time.monotonic() + seconds

        async def caller() -> None:
            while time.monotonic() < self._until:
                self.offered += 1
                await self._one()

        await asyncio.gather(*(caller() for _ in range(callers)))

    async def open(self, rate: float, seconds: float) -> None:
        """Offer requests at random times, *rate* a second."""
        due = time.monotonic()
        self._until = due + seconds
        async with asyncio.TaskGroup() as group:
            while (due := due + self._chance.expovariate(rate)) < self._until and time.monotonic() < self._until:
                # Also when it is late: answers have to be taken in between.
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self.offered += 1
                if self._under_way < IN_FLIGHT_MAX:
                    group.create_task(self._one())
                else:
                    self.codes["NOT_SENT"] += 1

    async def _one(self) -> None:
        (priority, ask, _) = self._chance.choices(self._mix, [share for _, _, share in self._mix])[0]
        self.sent[priority] += 1
        self._under_way += 1
        try:
            await ask()
        except grpc.aio.AioRpcError as error:
            self.codes[f"{priority} {error.code().name}"] += 1
            # Whoever is turned away comes back a little later.
            await asyncio.sleep(0.01)
        else:
            self.served[priority] += 1
            self.in_time += time.monotonic() <= self._until
        finally:
            self._under_way -= 1


async def main(target: str, seconds: float, callers: int, rate: float, seed: int) -> None:
    """Send, and write what became of it."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        client = Client(channel, seed)
        await (client.open(rate, seconds) if rate else client.closed(callers, seconds))
    found = {
        "offered": client.offered,
        "sent": client.sent,
        "served": client.served,
        "in_time": client.in_time,
        "codes": client.codes,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])))
