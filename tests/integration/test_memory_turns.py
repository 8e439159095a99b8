"""Who retains shares a turn with whom."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
from arkalia.memory.v1.memory_pb2 import NewMemory

from arkalia_client import new_memory
from luna.kernel.embedding import Vectors
from luna.kernel.memory_keys import KeysUnavailableError, Unsealed
from luna.modules.memory.applier import BARE_MAX, Applier
from luna.modules.memory.applying import CHARACTERS_MAX, Applying
from luna.modules.memory.embedding import LateEmbedder
from luna.modules.memory.facts import BARE, Fact
from luna.modules.memory.guards import Guards
from luna.modules.memory.projection import Projection
from luna.modules.memory.recorder import QUIET_LOOPS, Recorder
from luna.modules.memory.recording import PART_MEMORIES
from luna.modules.memory.requests import Retained, Retaining
from luna.modules.memory.sealing import Sealer
from tests.fake_memory_keys import FakeMemoryKeys
from tests.fakes import HashEmbedder
from tests.integration.memory_server import Node, running


class CountingKeys(FakeMemoryKeys):
    """Notes how many requests each turn has."""

    def __init__(self, *, fail_at: int = 0) -> None:
        super().__init__()
        self.turns: list[int] = []
        self._fail_at = fail_at
        """Which time they cannot be written."""

    async def seal(self, events: Sequence[Unsealed]) -> Sequence[Sequence[bytes]]:
        self.turns.append(len(events))
        if len(self.turns) == self._fail_at:
            raise KeysUnavailableError("the disk is gone for a moment")
        return await super().seal(events)


class SlowEmbedder(HashEmbedder):
    """Embeds nothing while it is not free."""

    def __init__(self) -> None:
        super().__init__()
        self.free = asyncio.Event()
        self.free.set()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        await self.free.wait()
        return await super().embed(texts)


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


def many_submitted(recorder: Recorder, name: str, *, visible: bool) -> asyncio.Future[Retained]:
    memories = [NewMemory(id=f"{name}{n}", text=f"{name} {n}") for n in range(PART_MEMORIES // 2)]
    keys, vectors = [("me", each.id) for each in memories], np.ones((len(memories), 384), np.float32)
    return recorder.submit(Retaining(namespace="me", memories=memories, keys=keys, vectors=vectors, visible=visible))


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


async def test_a_large_turn_is_recorded_in_parts() -> None:
    """
    In the order in which they came, and one after the other comes into the index.
    """
    keys = CountingKeys()
    async with recording(keys) as recorder:
        outcomes = await asyncio.gather(*(many_submitted(recorder, name, visible=True) for name in "abcde"))

    assert keys.turns == [2, 2, 1]
    positions = [each.position for each in outcomes]
    assert positions == sorted(positions)
    assert [each.visible for each in outcomes] == [True] * 5


async def test_a_part_that_fails_leaves_those_before_it() -> None:
    """
    They are recorded and answered; the others may come again.
    """
    keys = CountingKeys(fail_at=3)
    async with recording(keys) as recorder:
        brought = [many_submitted(recorder, name, visible=False) for name in "abcde"]
        outcomes = await asyncio.gather(*brought, return_exceptions=True)
        assert not recorder._projection.lost
        again = await asyncio.gather(*(many_submitted(recorder, name, visible=True) for name in "abcde"))

    assert [type(each).__name__ for each in outcomes] == ["Retained"] * 4 + ["KeysDownError"]
    assert [each.new for each in again] == [0] * 4 + [PART_MEMORIES // 2]
    assert [each.visible for each in again] == [True] * 5


async def test_texts_wait_for_each_other_by_their_length() -> None:
    """
    As long as they are few letters they are acknowledged before they are embedded, and after that once some are.
    """
    embedder, most = SlowEmbedder(), BARE_MAX // CHARACTERS_MAX
    async with running(Node(embedder=embedder)) as memory:
        await memory.client.retain("me", new_memory("the first"), visible=True)
        embedder.free.clear()
        for number in range(most + 1):
            await memory.client.retain("me", new_memory(f"{number} " + "x" * 2 * CHARACTERS_MAX))
        late = asyncio.create_task(memory.client.retain("me", new_memory("one more")))
        done, _ = await asyncio.wait([late], timeout=0.1)
        embedder.free.set()
        await late
        await memory.client.retain("me", new_memory("the last"), visible=True)
        count = (await memory.client.stats("me")).memory_count

    assert not done
    assert count == most + 4


async def test_who_brings_what_came_into_the_index_just_now_is_answered_at_once() -> None:
    """
    It was under way when it was looked for.
    """
    tools, memories = Node().tools(), [NewMemory(id="a", text="a")]
    assert tools.memory is not None
    model, sealer = LateEmbedder(tools.memory), Sealer(FakeMemoryKeys())
    applier = Applier(Projection(tools.events, tools.memory, model, sealer), tools.clock)
    first, again = (
        Retaining(namespace="me", memories=memories, keys=[("me", "a")], vectors=None, visible=True) for _ in range(2)
    )
    fact = Fact(rows=[], vectors=BARE, model_id="", position=7)
    done = Retained(new=1, duplicates=0, position=7)
    applier.follow(Applying(fact=fact, keys=first.keys, memories=memories, request=first, outcome=done), again)

    assert again.outcome.result() == Retained(new=0, duplicates=1, position=7, visible=True)
