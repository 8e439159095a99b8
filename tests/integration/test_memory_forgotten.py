"""What was forgotten can be read nowhere any more, not even in the log."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from arkalia.memory.v1.memory_event_pb2 import FORGOTTEN_REASON_EXPIRED, MemoriesForgotten, MemoriesRetained
from arkalia.memory.v1.memory_service_pb2 import RetainManyRequest

from arkalia_client import ArkaliaError, new_memory
from luna.adapters.lance_indexes import LanceIndexes
from luna.adapters.memory_keys import SqliteMemoryKeys
from luna.kernel.clock import SystemClock
from luna.kernel.events import Append, Event, EventFilter, StreamWrite
from luna.kernel.facts import event_of
from luna.kernel.memory_errors import IndexUnavailableError
from luna.kernel.memory_keys import KeysFullError, KeysUnavailableError, Sealed
from luna.modules.memory.facts import FORGOTTEN
from tests.fake_memory_keys import FakeMemoryKeys
from tests.integration.memory_server import Node, Running, ShakyIndexes, running

DOOR, CAT = "the greenhouse door was left open", "a cat sleeps on the warm oven"


@pytest.fixture(params=["fake", "real"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    if request.param == "fake":
        return Node()
    return Node(indexes=LanceIndexes(tmp_path / "memory"), keys=SqliteMemoryKeys(tmp_path / "memory-keys.db"))


@pytest.fixture
def keys() -> FakeMemoryKeys:
    return FakeMemoryKeys()


@pytest.fixture
def shaky(keys: FakeMemoryKeys) -> Node:
    return Node(keys=keys)


async def events(node: Node) -> list[Event]:
    return list((await node.log.read(EventFilter(category="memory"))).events)


async def readable(node: Node) -> list[bool]:
    """Tell of each memory of the log whether its text can be read there."""
    found = []
    for event in await events(node):
        if event.type != FORGOTTEN:
            sealed = Sealed(event_id=event.event_id, parts=MemoriesRetained.FromString(event.payload).sealed)
            (opened,) = await node.keys.open([sealed])
            found += [part is not None for part in opened.parts]
    return found


async def listed(memory: Running, namespace: str = "me") -> list[str]:
    return [each.id async for each in memory.client.list(namespace)]


async def made_anew(memory: Running) -> int:
    return [step async for step in memory.client.reindex()][-1].memory_count


async def retain_three(memory: Running) -> None:
    async def batch() -> AsyncIterator[RetainManyRequest]:
        memories = [new_memory(f"{DOOR} {id}", id=id) for id in "abc"]
        yield RetainManyRequest(namespace="me", memories=memories, visible=True)

    async for _ in memory.client.retain_many(batch()):
        pass


async def test_the_log_does_not_show_what_is_remembered(node: Node) -> None:
    """
    Neither texts nor what belongs to them; the index made anew has all of it.
    """
    async with running(node) as memory:
        await retain_three(memory)
        await memory.client.retain(
            "me", new_memory(CAT, collection="pets", attributes={"colour": "grey"}), visible=True
        )
        before = [each async for each in memory.client.list("me")]
        count = await made_anew(memory)
        after = [each async for each in memory.client.list("me")]

    recorded = b"".join(event.payload for event in await events(node))
    assert not [word for word in (b"greenhouse", b"cat", b"pets", b"grey") if word in recorded]
    assert count == 4
    assert before == after


@pytest.mark.parametrize("everything", [False, True])
async def test_what_is_forgotten_cannot_be_read_in_the_log(node: Node, *, everything: bool) -> None:
    """
    What came with it in one event can, and so can what was retained afterwards.
    """
    async with running(node) as memory:
        await retain_three(memory)
        await memory.client.retain("other", new_memory(DOOR, id="a"), visible=True)
        await memory.client.forget("me", [] if everything else ["b"], everything=everything)
        await memory.client.retain("me", new_memory(CAT, id="b"), visible=True)
        assert await readable(node) == [not everything, False, not everything, True, True]
        assert await made_anew(memory) == (2 if everything else 4)
        assert await listed(memory) == (["b"] if everything else ["a", "b", "c"])
        assert (await memory.client.get("me", "b")).text == CAT
        assert await listed(memory, "other") == ["a"]


async def test_an_id_that_is_used_again_leaves_nothing_behind(node: Node) -> None:
    """
    The memory that had it before has expired, and cannot be read in the log once another has it.
    """
    soon = datetime.now(UTC) + timedelta(seconds=0.2)
    async with running(node) as memory:
        await memory.client.retain("me", new_memory(DOOR, id="a", expire_time=soon), visible=True)
        async with asyncio.timeout(10):
            while await listed(memory):
                await asyncio.sleep(0.05)
        await memory.client.retain("me", new_memory(CAT, id="a"), visible=True)
        assert await readable(node) == [False, True]


class HastyClock(SystemClock):
    """A clock whose sleepers wake up early."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 600)


async def test_what_has_expired_is_forgotten(node: Node) -> None:
    """
    By itself, in every namespace; the event says why, and nobody can read it in the log any more.
    """
    node.clock = HastyClock()
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    async with running(node) as memory:
        await retain_three(memory)
        await memory.client.retain("me", new_memory(DOOR, id="x", expire_time=soon), visible=True)
        await memory.client.retain("you", new_memory(CAT, id="y", expire_time=soon), visible=True)
        async with asyncio.timeout(20):
            while (await memory.client.stats()).row_count > 3:
                await asyncio.sleep(0.05)
        assert await readable(node) == [True, True, True, False, False]
        assert await listed(memory) == ["a", "b", "c"]

    told = [MemoriesForgotten.FromString(event.payload) for event in await events(node) if event.type == FORGOTTEN]
    assert {(each.namespace, *each.ids) for each in told} == {("me", "x"), ("you", "y")}
    assert {each.reason for each in told} == {FORGOTTEN_REASON_EXPIRED}


async def test_memories_in_clear_are_read_and_forgotten(shaky: Node) -> None:
    """
    They were recorded before memories were sealed.
    """
    told = MemoriesRetained(namespace="me", memories=[new_memory(DOOR, id="a"), new_memory(CAT, id="b")])
    event = event_of(told, source="past", time_ns=1)
    await shaky.log.append(Append(writes=(StreamWrite("memory/me", (event,)),)))
    async with running(shaky) as memory:
        async with asyncio.timeout(10):
            while await listed(memory) != ["a", "b"]:
                await asyncio.sleep(0.02)
        await memory.client.forget("me", ["a"])
        await made_anew(memory)
        assert await listed(memory) == ["b"]


async def test_without_keys_nothing_is_recorded(shaky: Node, keys: FakeMemoryKeys) -> None:
    """
    A memory that could never be read again would be lost.
    """
    async with running(shaky) as memory:
        reasons = []
        for failure in (KeysUnavailableError("for the test"), KeysFullError("for the test")):
            keys.failure = failure
            with pytest.raises(ArkaliaError) as caught:
                await memory.client.retain("me", new_memory(DOOR, id="a"))
            reasons.append(caught.value.reason)
        keys.failure = None
        assert await events(shaky) == []
        await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)

    assert reasons == ["MEMORY_ERROR_REASON_KEYS", "MEMORY_ERROR_REASON_INDEX_FULL"]


async def test_forgetting_is_done_in_the_end(shaky: Node, keys: FakeMemoryKeys) -> None:
    """
    Whoever was not answered asks again; what was recorded is done as soon as it can be.
    """
    async with running(shaky) as memory:
        await retain_three(memory)
        keys.failure = KeysUnavailableError("for the test")
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.forget("me", ["b"])
        keys.failure = None
        async with asyncio.timeout(10):
            while await listed(memory) != ["a", "c"]:
                await asyncio.sleep(0.02)

    assert caught.value.reason == "MEMORY_ERROR_REASON_KEYS"
    assert await readable(shaky) == [True, False, True]


async def test_a_crash_between_the_keys_and_the_index_changes_nothing(shaky: Node) -> None:
    """
    What the log says is forgotten is gone from the index of the next process.
    """
    assert isinstance(shaky.indexes, ShakyIndexes)
    async with running(shaky) as memory:
        await retain_three(memory)
        index = shaky.indexes.index
        assert index is not None
        index.failure = IndexUnavailableError("as if the process had ended")
        with pytest.raises(ArkaliaError):
            await memory.client.forget("me", ["b"])
    index.failure = None
    async with running(shaky) as memory:
        async with asyncio.timeout(10):
            while await listed(memory) != ["a", "c"]:
                await asyncio.sleep(0.02)

    assert await readable(shaky) == [True, False, True]
    forgotten = [event for event in await events(shaky) if event.type == FORGOTTEN]
    assert list(MemoriesForgotten.FromString(forgotten[0].payload).ids) == ["b"]


async def test_keys_that_are_lost_do_not_hold_up_the_rest(shaky: Node, keys: FakeMemoryKeys) -> None:
    """
    Brought back, they make everything readable again.
    """
    async with running(shaky) as memory:
        await retain_three(memory)
    shaky.keys, shaky.indexes = FakeMemoryKeys(), ShakyIndexes()
    async with running(shaky) as memory:
        await memory.client.retain("me", new_memory(CAT, id="d"), visible=True)
        assert await listed(memory) == ["d"]
    shaky.keys, shaky.indexes = keys, ShakyIndexes()
    async with running(shaky) as memory, asyncio.timeout(10):
        while await listed(memory) != ["a", "b", "c"]:
            await asyncio.sleep(0.02)
