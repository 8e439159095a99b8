"""A namespace is made what it was, by new facts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from arkalia.memory.v1.memory_event_pb2 import FORGOTTEN_REASON_RESTORED, MemoriesForgotten
from arkalia.memory.v1.memory_pb2 import Memory, MemoryFilter, RecallMoment
from arkalia.memory.v1.memory_service_pb2 import RestoreVersionResponse, RetainManyRequest

from arkalia_client import ArkaliaError, new_memory
from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.events import EventFilter
from luna.modules.memory.facts import FORGOTTEN
from tests.integration.memory_server import Node, Running, running

BEFORE = RecallMoment(tag="before")


@pytest.fixture(params=["fake", "lance"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    return Node(indexes=LanceIndexes(tmp_path / "memory")) if request.param == "lance" else Node()


@pytest.fixture
async def memory(node: Node) -> AsyncIterator[Running]:
    async with running(node) as found:
        yield found


async def keep(memory: Running, id: str, text: str, *, supersedes: str = "", namespace: str = "me") -> None:
    said = new_memory(text, id=id, supersedes=supersedes, importance=0.5, attributes={"lang": "en"})
    await memory.client.retain(namespace, said, visible=True)


async def held(memory: Running, namespace: str = "me") -> list[Memory]:
    """Return what is remembered, without the events that it came from."""
    found = []
    async for each in memory.client.list(namespace, filter=MemoryFilter(include_superseded=True)):
        each.ClearField("event_id")
        each.ClearField("position")
        found.append(each)
    return found


async def restored(
    memory: Running, moment: RecallMoment = BEFORE, *, dry_run: bool = False, missing_only: bool = False
) -> RestoreVersionResponse:
    work = memory.client.restore("me", moment, dry_run=dry_run, missing_only=missing_only)
    return [step async for step in work][-1]


async def learned(memory: Running) -> tuple[list[Memory], list[Memory]]:
    """Remember, change what is remembered in every way there is, and return what was and what is."""
    await keep(memory, "a", "the door is red")
    await keep(memory, "b", "the door is green", supersedes="a")
    await keep(memory, "c", "the cat sleeps")
    await keep(memory, "d", "it rains")
    await keep(memory, "e", "the stove is warm")
    await memory.client.tag("before")
    before = await held(memory)
    await memory.client.forget("me", ["b", "d"])
    await keep(memory, "d", "it snows")
    await keep(memory, "f", "the cat is awake", supersedes="c")
    await keep(memory, "g", "the stove is cold")
    await keep(memory, "b", "another namespace", namespace="you")
    return before, await held(memory)


async def test_a_version_is_restored(node: Node, memory: Running) -> None:
    """
    To the last field and the very time, in its namespace alone; and it is as true as anything else in the log.
    """
    before, after = await learned(memory)
    outcome = await restored(memory)

    assert await held(memory) == before
    assert (outcome.retain_total, outcome.forget_total, outcome.done) == (3, 4, True)
    assert (outcome.retained_count, outcome.forgotten_count) == (3, 4)
    assert [each.text for each in await held(memory, "you")] == ["another namespace"]
    assert [step async for step in memory.client.reindex()][-1].done
    assert await held(memory) == before
    found = await memory.client.recall("me", "it rains", limit=1)
    assert found.memories[0].score.similarity == pytest.approx(1, abs=1e-3)
    told = [each for each in (await node.log.read(EventFilter(category="memory"))).events if each.type == FORGOTTEN]
    assert MemoriesForgotten.FromString(told[-1].payload).reason == FORGOTTEN_REASON_RESTORED
    assert after != before


async def test_one_can_go_back_again(memory: Running) -> None:
    """
    The answer names the version that there was before.
    """
    _, after = await learned(memory)
    outcome = await restored(memory)
    await restored(memory, RecallMoment(version=outcome.previous_version))

    assert await held(memory) == after


async def test_restoring_again_changes_nothing(node: Node, memory: Running) -> None:
    """
    Nor does restoring the present.
    """
    await learned(memory)
    await restored(memory)
    head = await node.log.head()
    again, present = await restored(memory), await restored(memory, RecallMoment())

    assert [(each.retain_total, each.forget_total, each.done) for each in (again, present)] == [(0, 0, True)] * 2
    assert await node.log.head() == head


async def test_a_dry_run_only_tells(node: Node, memory: Running) -> None:
    """
    What would change, and nothing does.
    """
    _, after = await learned(memory)
    head = await node.log.head()
    outcome = await restored(memory, dry_run=True)

    assert (outcome.retain_total, outcome.forget_total, outcome.done) == (3, 4, True)
    assert (outcome.retained_count, outcome.forgotten_count) == (0, 0)
    assert await node.log.head() == head
    assert await held(memory) == after


async def test_what_is_missing_can_be_brought_back_alone(memory: Running) -> None:
    """
    What is there stays as it is.
    """
    _, after = await learned(memory)
    outcome = await restored(memory, missing_only=True)
    now = {each.id: each.text for each in await held(memory)}

    assert (outcome.retain_total, outcome.forget_total) == (1, 0)
    assert now == {each.id: each.text for each in after} | {"b": "the door is green"}


async def test_what_has_expired_stays_so(memory: Running) -> None:
    """
    Its time is over, whatever else comes back.
    """
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    await memory.client.retain("me", new_memory("soon over", id="a", expire_time=soon), visible=True)
    await keep(memory, "b", "stays")
    await memory.client.tag("before")
    await memory.client.forget("me", everything=True)
    while datetime.now(UTC) <= soon:
        pass
    await restored(memory)

    assert [each.id for each in await held(memory)] == ["b"]


async def test_large_namespaces_are_restored_in_steps(node: Node, memory: Running) -> None:
    """
    Each step tells how far it is; what was one event becomes one for each step it is part of.
    """

    async def batch() -> AsyncIterator[RetainManyRequest]:
        memories = [new_memory(f"note {number}", id=f"{number:06}") for number in range(700)]
        vectors = np.random.default_rng(1).normal(size=(700, node.embedder.dimension)).astype("<f4").tobytes()
        yield RetainManyRequest(namespace="me", memories=memories, vectors=vectors, visible=True)

    async for _ in memory.client.retain_many(batch()):
        pass
    await memory.client.tag("before")
    before = await held(memory)
    await memory.client.forget("me", everything=True)
    steps = [step async for step in memory.client.restore("me", BEFORE)]

    assert [step.retained_count for step in steps] == [0, 500, 700, 700]
    assert await held(memory) == before


async def test_a_version_that_never_was_is_refused(memory: Running) -> None:
    """
    With those that there are.
    """
    with pytest.raises(ArkaliaError) as caught:
        await restored(memory)

    assert caught.value.reason == "MEMORY_ERROR_REASON_VERSION_UNKNOWN"
