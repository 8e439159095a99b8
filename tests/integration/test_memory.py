"""Memory as its callers see it, and what the log says of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from arkalia.memory.v1 import memory_event_pb2, memory_pb2
from arkalia.memory.v1.memory_service_pb2 import RecallRequest, RetainManyRequest, RetainManyResponse

from arkalia_client import ArkaliaError, new_memory
from luna.adapters.lance_indexes import LanceIndexes
from luna.kernel.embedding import EmbedderUnavailableError
from luna.kernel.events import Event, EventFilter
from luna.kernel.memory_errors import IndexUnavailableError
from luna.manifest import Health
from luna.resilience.circuit import CircuitState
from luna.resilience.selection import Selector
from luna.transport.circuit_commands import Command
from tests.fakes import HashEmbedder
from tests.integration.memory_server import Node, Running, ShakyIndexes, running

DOOR, CAT = "the greenhouse door was left open", "a cat sleeps on the warm oven"


@pytest.fixture(params=["fake", "lance"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    return Node(indexes=LanceIndexes(tmp_path / "memory")) if request.param == "lance" else Node()


@pytest.fixture
async def memory(node: Node) -> AsyncIterator[Running]:
    async with running(node) as found:
        yield found


@pytest.fixture
def shaky() -> Node:
    return Node()


async def events(node: Node) -> Sequence[Event]:
    return (await node.log.read(EventFilter(category="memory"))).events


async def retained(memory: Running, batches: Sequence[RetainManyRequest]) -> list[RetainManyResponse]:
    async def sent() -> AsyncIterator[RetainManyRequest]:
        for batch in batches:
            yield batch

    return [outcome async for outcome in memory.client.retain_many(sent())]


def batch(count: int, *, first: int = 0, vectors: bytes = b"", namespace: str = "me") -> RetainManyRequest:
    memories = [new_memory(f"note {number}", id=f"{number:06}") for number in range(first, first + count)]
    return RetainManyRequest(namespace=namespace, memories=memories, vectors=vectors, visible=True)


async def test_what_was_retained_is_recalled_with_its_event(node: Node, memory: Running) -> None:
    """
    The event is in the log, and its id is the citation.
    """
    done = await memory.client.retain("me", new_memory(DOOR, importance=0.5, attributes={"room": "1"}), visible=True)
    await memory.client.retain("me", new_memory(CAT), visible=True)
    answer = await memory.client.recall("me", "who left the door open")

    best = answer.memories[0]
    assert (best.memory.text, best.memory.event_id, best.memory.position) == (DOOR, done.event_id, done.position)
    assert best.memory.importance == pytest.approx(0.5)
    assert {each.key: each.value for each in best.memory.attributes} == {"room": "1"}
    assert best.score.total == pytest.approx(best.score.rank * best.score.recency * best.score.importance)
    assert (best.score.similarity_rank, best.score.words_rank) == (1, 1)
    assert done.event_id in {event.event_id for event in await events(node)}


async def test_retaining_again_changes_nothing(node: Node, memory: Running) -> None:
    """
    Without an id, the text decides; many at once are one as well.
    """
    first = await memory.client.retain("me", new_memory(DOOR), visible=True)
    again = await asyncio.gather(*(memory.client.retain("me", new_memory(DOOR)) for _ in range(8)))

    assert {(each.id, each.duplicate, each.event_id) for each in again} == {(first.id, True, first.event_id)}
    assert len(await events(node)) == 1


async def test_an_id_is_used_for_one_text(memory: Running) -> None:
    """
    The refusal says which id, and what to do.
    """
    await memory.client.retain("me", new_memory(DOOR, id="a"))
    with pytest.raises(ArkaliaError, match="choose a new id") as caught:
        await memory.client.retain("me", new_memory(CAT, id="a"))

    assert caught.value.reason == "MEMORY_ERROR_REASON_ID_TAKEN"
    assert caught.value.metadata == {"namespace": "me", "id": "a"}


async def test_namespaces_do_not_see_each_other(memory: Running) -> None:
    """
    Nor tell whether an id exists elsewhere.
    """
    await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)
    with pytest.raises(ArkaliaError) as caught:
        await memory.client.get("you", "a")

    assert caught.value.reason == "MEMORY_ERROR_REASON_UNKNOWN"
    assert not (await memory.client.recall("you", DOOR)).memories
    assert [each async for each in memory.client.list("you")] == []
    assert (await memory.client.forget("you", ["a"])).forgotten_count == 0
    assert (await memory.client.get("me", "a")).text == DOOR


async def test_what_says_nearly_the_same_is_returned(memory: Running) -> None:
    """
    But not the memory itself, nor what is merely related.
    """
    await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)
    await memory.client.retain("me", new_memory(CAT, id="b"), visible=True)
    done = await memory.client.retain("me", new_memory(f"{DOOR}!", id="c"), visible=True, similar_max=5)

    assert [each.memory.id for each in done.similar] == ["a"]


async def test_a_successor_takes_the_place(memory: Running) -> None:
    """
    The old one is still there for who asks for it.
    """
    await memory.client.retain("me", new_memory("the door is red", id="a"), visible=True)
    await memory.client.retain("me", new_memory("the door is blue", id="b", supersedes="a"), visible=True)
    everything = memory_pb2.MemoryFilter(include_superseded=True)

    assert [each.memory.id for each in (await memory.client.recall("me", "door")).memories] == ["b"]
    assert (await memory.client.get("me", "a")).superseded_by == "b"
    assert {each.memory.id for each in (await memory.client.recall("me", "door", filter=everything)).memories} == {
        *("a", "b")
    }


async def test_a_batch_is_one_event(node: Node, memory: Running) -> None:
    """
    And what of it was known is left out.
    """
    vectors = np.random.default_rng(1).normal(size=(40, node.embedder.dimension)).astype("<f4")
    first, second = await retained(
        memory, [batch(40, vectors=vectors.tobytes()), batch(40, first=20, vectors=vectors.tobytes())]
    )
    told = [memory_event_pb2.MemoriesRetained.FromString(event.payload) for event in await events(node)]

    assert (first.retained_count, first.duplicate_count, second.retained_count) == (40, 0, 20)
    assert second.duplicate_count == 20
    assert [len(each.sealed) for each in told] == [40, 20]
    assert first.visible
    assert second.visible
    answer = await memory.client.ask(RecallRequest(namespace="me", vector=vectors[7].tobytes(), limit=1))
    assert answer.memories[0].memory.id == "000007"


async def test_pages_lead_through_all_memories(memory: Running) -> None:
    """
    Each once, by id.
    """
    await retained(memory, [batch(450)])

    assert [each.id async for each in memory.client.list("me")] == [f"{number:06}" for number in range(450)]


async def test_what_is_forgotten_is_gone(node: Node, memory: Running) -> None:
    """
    Also for who asks for the past, if past states were purged; the event says so.
    """
    await retained(memory, [batch(10), batch(10, namespace="you")])
    done = await memory.client.forget("me", ["000003", "nothing"], purge=True)
    await memory.client.forget("you", everything=True)

    assert done.forgotten_count == 1
    assert done.event_id in {event.event_id for event in await events(node)}
    assert len([each async for each in memory.client.list("me")]) == 9
    assert [each async for each in memory.client.list("you")] == []
    with pytest.raises(ArkaliaError):
        await memory.client.get("me", "000003")
    again = await retained(memory, [batch(10)])
    assert (again[0].retained_count, again[0].duplicate_count) == (1, 9)


async def test_a_memory_expires(memory: Running) -> None:
    """
    Then its id may be used again.
    """
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    await memory.client.retain("me", new_memory(DOOR, id="a", expire_time=soon), visible=True)
    assert (await memory.client.get("me", "a")).text == DOOR
    async with asyncio.timeout(5):
        while (await memory.client.recall("me", DOOR)).memories:
            await asyncio.sleep(0.05)

    assert not (await memory.client.retain("me", new_memory(CAT, id="a"), visible=True)).duplicate
    assert (await memory.client.get("me", "a")).text == CAT


async def test_the_past_can_be_asked(memory: Running) -> None:
    """
    By version and by tag; a version that never was is refused.
    """
    await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)
    version = await memory.client.tag("before")
    await memory.client.retain("me", new_memory(f"{DOOR} again", id="b"), visible=True)
    for moment in (memory_pb2.RecallMoment(tag="before"), memory_pb2.RecallMoment(version=version.number)):
        answer = await memory.client.recall("me", DOOR, as_of=moment)
        assert [each.memory.id for each in answer.memories] == ["a"]

    assert ["before"] in [list(each.tags) for each in await memory.client.versions()]
    for moment in (memory_pb2.RecallMoment(version=99_999), memory_pb2.RecallMoment(time={})):
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.recall("me", DOOR, as_of=moment)
        assert caught.value.reason == "MEMORY_ERROR_REASON_VERSION_UNKNOWN"


async def test_an_index_that_is_lost_is_made_from_the_log(node: Node) -> None:
    """
    With what was retained, superseded and forgotten.
    """
    async with running(node) as memory:
        await retained(memory, [batch(20)])
        await memory.client.retain("me", new_memory("note anew", id="x", supersedes="000001"), visible=True)
        await memory.client.forget("me", ["000002"])
        before = [each async for each in memory.client.list("me")]
    node.indexes = ShakyIndexes()
    async with running(node) as memory:
        async with asyncio.timeout(10):
            while (await memory.client.stats()).position < before[-1].position:
                await asyncio.sleep(0.02)
        assert [each async for each in memory.client.list("me")] == before
    assert len(before) == 19


async def test_another_model_needs_a_new_index(node: Node) -> None:
    """
    What is stored is refused with what to do; made anew, it has all memories with vectors of the new model.
    """
    async with running(node) as memory:
        await retained(memory, [batch(30)])
    node.embedder = HashEmbedder(dimension=64, model_id="other")
    async with running(node) as memory:
        with pytest.raises(ArkaliaError, match="reindex") as caught:
            await memory.client.recall("me", "note 3")
        assert caught.value.reason == "MEMORY_ERROR_REASON_INDEX_MISMATCH"
        assert (await memory.health())[0] is Health.DEGRADED
        steps = [step async for step in memory.client.reindex()]
        assert steps[-1].done
        assert steps[-1].memory_count == 30
        assert (await memory.client.recall("me", "note 3", limit=1)).memories[0].memory.id == "000003"
        assert (await memory.client.stats("me")).memory_count == 30


async def test_every_rung_is_said(shaky: Node) -> None:
    """
    From the best to the one answer that is remembered, and to the refusal.
    """
    assert isinstance(shaky.indexes, ShakyIndexes)
    async with running(shaky) as memory:
        await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)
        found = []
        for broken in ({"indexed"}, {"indexed", "flat"}, {"indexed", "flat", "words"}):
            shaky.indexes.broken |= broken
            answer = await memory.client.recall("me", "door")
            found.append((answer.rung, [each.memory.id for each in answer.memories]))
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.recall("me", "another door")

    assert found == [
        (memory_pb2.RUNG_FLAT, ["a"]),
        (memory_pb2.RUNG_FULL_TEXT, ["a"]),
        (memory_pb2.RUNG_CACHE, ["a"]),
    ]
    assert caught.value.reason == "MEMORY_ERROR_REASON_INDEX"


async def test_the_breakers_of_the_ladder_are_among_the_others(shaky: Node) -> None:
    """
    One opens when its way of looking fails, and whoever trips one takes its rung away.
    """
    assert isinstance(shaky.indexes, ShakyIndexes)
    async with running(shaky) as memory:
        await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)
        shaky.indexes.broken |= {"words"}
        for _ in range(3):
            await memory.client.recall("me", "door", mode=memory_pb2.RECALL_MODE_HYBRID)
        states = {engine.key.method: engine.state for engine in shaky.circuits.engines()}
        shaky.indexes.broken.clear()
        reset = Command(selector=Selector(peer="index"), state=CircuitState.CLOSED, cause="for the test")
        shaky.circuits.command(reset)
        trip = Command(selector=Selector(peer="embedder"), state=CircuitState.FORCED_OPEN, cause="for the test")
        shaky.circuits.command(trip)
        answer = await memory.client.recall("me", "door")

    assert states == {
        "memory/embed": CircuitState.CLOSED,
        "memory/indexed": CircuitState.CLOSED,
        "memory/flat": CircuitState.CLOSED,
        "memory/words": CircuitState.OPEN,
        "memory/ids": CircuitState.CLOSED,
    }
    assert (answer.rung, [each.memory.id for each in answer.memories]) == (memory_pb2.RUNG_FULL_TEXT, ["a"])


async def test_without_an_embedder_words_are_left(shaky: Node) -> None:
    """
    Texts cannot be retained; those with vectors can.
    """
    async with running(shaky) as memory:
        await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)
        shaky.embedder.failure = EmbedderUnavailableError("gone for the test")
        answer = await memory.client.recall("me", "door")
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.retain("me", new_memory(CAT))
        vectors = np.ones((3, shaky.embedder.dimension), "<f4").tobytes()
        given = await retained(memory, [batch(3, vectors=vectors)])

    assert (answer.rung, [each.memory.id for each in answer.memories]) == (memory_pb2.RUNG_FULL_TEXT, ["a"])
    assert caught.value.reason == "MEMORY_ERROR_REASON_EMBEDDER"
    assert given[0].retained_count == 3


async def test_an_index_that_fails_for_a_while_misses_nothing(shaky: Node) -> None:
    """
    What was recorded meanwhile is read from the log, once.
    """
    assert isinstance(shaky.indexes, ShakyIndexes)
    async with running(shaky) as memory:
        index = shaky.indexes.index
        assert index is not None
        index.failure = IndexUnavailableError("for the test")
        await asyncio.gather(*(memory.client.retain("me", new_memory(f"note {each}")) for each in range(50)))
        assert [each async for each in memory.client.list("me")] == []
        async with asyncio.timeout(5):
            while (await memory.health())[0] is Health.SERVING:
                await asyncio.sleep(0.01)
        index.failure = None
        async with asyncio.timeout(10):
            while (await memory.client.stats("me")).memory_count < 50:
                await asyncio.sleep(0.02)
        assert sorted([each.text async for each in memory.client.list("me")]) == sorted(
            f"note {each}" for each in range(50)
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "REQUEST_ERROR_REASON_INVALID"),
        ("x" * 65537, "REQUEST_ERROR_REASON_INVALID"),
        (" \n\t", "MEMORY_ERROR_REASON_TEXT"),
    ],
    ids=["empty", "too long", "blank"],
)
async def test_a_text_that_cannot_be_kept_is_refused(shaky: Node, text: str, reason: str) -> None:
    async with running(shaky) as memory:
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.retain("me", new_memory(text))

    assert caught.value.reason == reason
    assert await events(shaky) == []


@pytest.mark.parametrize("namespace", ["", "a/b", "a b", "'; drop", "x" * 129])
async def test_a_namespace_is_a_plain_word(shaky: Node, namespace: str) -> None:
    async with running(shaky) as memory:
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.recall(namespace, "door")

    assert caught.value.reason == "REQUEST_ERROR_REASON_INVALID"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
async def test_vectors_must_have_a_direction(shaky: Node, value: float) -> None:
    """
    One bad batch is refused, and the stream with it; nothing of it is kept.
    """
    vectors = np.full((2, shaky.embedder.dimension), value, "<f4").tobytes()
    async with running(shaky) as memory:
        with pytest.raises(ArkaliaError) as caught:
            await retained(memory, [batch(2, vectors=vectors)])
        with pytest.raises(ArkaliaError) as wrong:
            await memory.client.ask(RecallRequest(namespace="me", vector=b"1234"))

    assert caught.value.reason == wrong.value.reason == "MEMORY_ERROR_REASON_VECTORS"
    assert await events(shaky) == []


async def test_a_question_says_something(shaky: Node) -> None:
    async with running(shaky) as memory:
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.recall("me", " ")
        with pytest.raises(ArkaliaError) as unclear:
            await memory.client.forget("me")

    assert caught.value.reason == "MEMORY_ERROR_REASON_QUESTION"
    assert unclear.value.reason == "MEMORY_ERROR_REASON_FORGET_WHAT"


async def test_nothing_is_loaded_before_it_is_needed(shaky: Node) -> None:
    """
    What was remembered is opened at once after a restart; an empty memory when somebody asks.
    """
    assert isinstance(shaky.indexes, ShakyIndexes)
    async with running(shaky, ask=False) as memory:
        await asyncio.sleep(0.1)
        assert shaky.indexes.index is None
        assert (await memory.health())[0] is Health.SERVING
        await memory.client.retain("me", new_memory(DOOR), visible=True)
    shaky.indexes = ShakyIndexes()
    async with running(shaky, ask=False) as memory, asyncio.timeout(5):
        while shaky.indexes.index is None:
            await asyncio.sleep(0.01)


async def test_who_brings_what_is_under_way_waits_for_it(node: Node) -> None:
    """
    The one that is not visible yet becomes visible for both, and is one memory.
    """
    async with running(node) as memory:
        await memory.client.retain("me", new_memory(CAT), visible=True)
        done = await asyncio.gather(
            *(memory.client.retain("me", new_memory(DOOR), visible=each % 2 == 1) for each in range(10))
        )
        count = (await memory.client.stats("me")).memory_count

    assert {each.event_id for each in done} == {done[0].event_id}
    assert [each.duplicate for each in done].count(False) == 1
    assert all(each.visible for each in done[1::2])
    assert count == 2


async def test_texts_that_nobody_waits_for_are_embedded_later(shaky: Node) -> None:
    """
    If that fails after they were acknowledged, it is tried again; meanwhile texts are refused.
    """
    async with running(shaky) as memory:
        await memory.client.retain("me", new_memory(DOOR, id="a"), visible=True)
        shaky.embedder.failure = EmbedderUnavailableError("gone for the test")
        await memory.client.retain("me", new_memory(CAT, id="b"))
        async with asyncio.timeout(5):
            while (await memory.health())[0] is Health.SERVING:
                await asyncio.sleep(0.01)
        with pytest.raises(ArkaliaError) as caught:
            await memory.client.retain("me", new_memory("another", id="c"))
        shaky.embedder.failure = None
        async with asyncio.timeout(10):
            while (await memory.client.stats("me")).memory_count < 2:
                await asyncio.sleep(0.02)
        found = await memory.client.recall("me", CAT, limit=1)

    assert caught.value.reason == "MEMORY_ERROR_REASON_EMBEDDER"
    assert found.memories[0].memory.id == "b"
    assert found.memories[0].score.similarity == pytest.approx(1, abs=1e-3)
