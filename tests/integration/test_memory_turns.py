"""Who retains shares a turn with whom."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from arkalia.memory.v1.memory_pb2 import NewMemory

from luna.kernel.memory_keys import Unsealed
from luna.modules.memory.applier import Applier
from luna.modules.memory.embedding import LateEmbedder
from luna.modules.memory.guards import Guards
from luna.modules.memory.projection import Projection
from luna.modules.memory.recorder import QUIET_LOOPS, Recorder
from luna.modules.memory.requests import Retained, Retaining
from luna.modules.memory.sealing import Sealer
from tests.fake_memory_keys import FakeMemoryKeys
from tests.integration.memory_server import Node


class CountingKeys(FakeMemoryKeys):
    """Notes how many requests each turn has."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[int] = []

    async def seal(self, events: Sequence[Unsealed]) -> Sequence[Sequence[bytes]]:
        self.turns.append(len(events))
        return await super().seal(events)


@asynccontextmanager
async def recording(keys: CountingKeys) -> AsyncIterator[Recorder]:
    tools = Node(keys=keys).tools()
    assert tools.memory is not None
    model, sealer = LateEmbedder(tools.memory), Sealer(keys)
    projection = Projection(tools.events, tools.memory, model, sealer)
    applier = Applier(projection, tools.clock)
    guards = Guards(model, tools.clock, "mind-0", tools.breaker)
    recorder = Recorder(
        tools.events, tools.clock, projection=projection, sealer=sealer, applier=applier, guards=guards, source="test"
    )
    loops = [asyncio.create_task(loop()) for loop in (applier.run, recorder.run)]
    await projection.ready()
    yield recorder
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


def submitted(recorder: Recorder, text: str) -> asyncio.Future[Retained]:
    memories = [NewMemory(id=text, text=text)]
    return recorder.submit(
        Retaining(namespace="me", memories=memories, keys=[("me", text)], vectors=None, visible=False)
    )


async def in_a_row(recorder: Recorder) -> None:
    """Submit two, the second when the event loop has turned half as often as somebody is waited for."""
    first = submitted(recorder, "c")
    for _ in range(QUIET_LOOPS // 2):
        await asyncio.sleep(0)
    await asyncio.gather(first, submitted(recorder, "d"))


async def test_where_several_came_those_are_waited_for_that_are_about_to() -> None:
    """
    They share a turn, which costs hardly more than for one.
    """
    keys = CountingKeys()
    async with recording(keys) as recorder:
        await asyncio.gather(submitted(recorder, "a"), submitted(recorder, "b"))
        await in_a_row(recorder)

    assert keys.turns == [2, 2]


async def test_who_is_alone_waits_for_nobody() -> None:
    """
    The next one has a turn of his own.
    """
    keys = CountingKeys()
    async with recording(keys) as recorder:
        await submitted(recorder, "a")
        await in_a_row(recorder)

    assert keys.turns == [1, 1, 1]
