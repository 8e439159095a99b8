"""A steady load of mixed priorities through Envoy, sent as the published client sends it."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import grpc.aio
from arkalia.events.v1.event_service_pb2 import GetStatsRequest, ListConsumersRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.zeroia.v1.zeroia_service_pb2 import GetPolicyRequest, ListDecisionsRequest
from arkalia.zeroia.v1.zeroia_service_pb2_grpc import DecisionServiceStub, PolicyServiceStub

from arkalia_client import Arkalia, ArkaliaError, connect

Ask = Callable[[Arkalia], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request, and how often it is sent."""

    name: str
    priority: str
    per_second: float
    ask: Ask


async def _echo(node: Arkalia) -> object:
    return await node.echo("still there?")


async def _status(node: Arkalia) -> object:
    return await node.status()


async def _decide(node: Arkalia) -> object:
    return await node.decisions.decide()


async def _policy(node: Arkalia) -> object:
    return await PolicyServiceStub(node.channel).GetPolicy(GetPolicyRequest(), timeout=10)


async def _consumers(node: Arkalia) -> object:
    return await EventServiceStub(node.channel).ListConsumers(ListConsumersRequest(), timeout=10)


async def _decisions(node: Arkalia) -> object:
    return await DecisionServiceStub(node.channel).ListDecisions(ListDecisionsRequest(page_size=10), timeout=10)


async def _stats(node: Arkalia) -> object:
    return await EventServiceStub(node.channel).GetStats(GetStatsRequest(), timeout=10)


MIX = (
    Kind("Echo", "CRITICAL", 30, _echo),
    Kind("GetStatus", "CRITICAL", 5, _status),
    Kind("Decide", "HIGH", 10, _decide),
    Kind("GetPolicy", "MEDIUM", 8, _policy),
    Kind("ListConsumers", "MEDIUM", 4, _consumers),
    Kind("ListDecisions", "LOW", 4, _decisions),
    Kind("GetStats", "LOW", 4, _stats),
)


@dataclass(slots=True)
class Tally:
    """What became of the requests."""

    sent: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    """Priority, kind and reason of each request that failed."""
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def failed(self, *priorities: str) -> int:
        """Return how many requests of these priorities failed."""
        return sum(priority in priorities for priority, _, _ in self.failures)

    def reasons(self) -> Counter[str]:
        """Return how often which kind failed for which reason."""
        return Counter(f"{kind}: {reason}" for _, kind, reason in self.failures)


@asynccontextmanager
async def steady_load(target: str, *, seed: int = 1) -> AsyncIterator[Tally]:
    """Send the mix to the node at *target* while the block runs, then wait for the last answers."""
    tally = Tally()
    async with connect(target) as node, asyncio.TaskGroup() as group:
        senders = [
            group.create_task(_send(node, kind, tally, group, random.Random(number)))
            for kind, number in zip(MIX, count(seed), strict=False)
        ]
        try:
            yield tally
        finally:
            for sender in senders:
                sender.cancel()


async def _send(node: Arkalia, kind: Kind, tally: Tally, group: asyncio.TaskGroup, chance: random.Random) -> None:
    """Send requests of one kind at random times, whether or not those before were answered."""
    for due in _times(kind.per_second, chance):
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        tally.sent[kind.priority] += 1
        group.create_task(_one(node, kind, tally))


def _times(per_second: float, chance: random.Random) -> Iterator[float]:
    due = time.monotonic()
    while True:
        due += chance.expovariate(per_second)
        yield due


async def _one(node: Arkalia, kind: Kind, tally: Tally) -> None:
    started = time.monotonic()
    try:
        await kind.ask(node)
    except Exception as error:  # noqa: BLE001  whatever a user would meet is counted
        tally.failures.append((kind.priority, kind.name, _reason(error)))
    else:
        tally.seconds.setdefault(kind.priority, []).append(time.monotonic() - started)


def _reason(error: Exception) -> str:
    if isinstance(error, ArkaliaError):
        return error.reason
    return error.code().name if isinstance(error, grpc.aio.AioRpcError) else repr(error)
