"""Remembers while files may not grow, and says what became of it. A script of its own: the limit is the process's."""

import asyncio
import json
import resource
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from arkalia.memory.v1.memory_service_pb2 import RetainManyRequest

from arkalia_client import ArkaliaError, new_memory
from luna.adapters import lance_opening  # noqa: F401  loading it takes a while
from luna.adapters.lance_indexes import LanceIndexes
from luna.adapters.memory_keys import SqliteMemoryKeys
from tests.fake_memory_keys import FakeMemoryKeys
from tests.integration.memory_server import Node, Running, running


@contextmanager
def full(most: int = 1) -> Iterator[None]:
    """Let no file have more than so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def batch(memory: Running, name: str, *, visible: bool) -> str:
    """Retain ten memories, and return the reason if that is refused."""

    async def sent() -> AsyncIterator[RetainManyRequest]:
        memories = [new_memory(f"note {number} of {name}", id=f"{name}-{number}") for number in range(10)]
        yield RetainManyRequest(namespace="me", memories=memories, visible=visible)

    try:
        async for _ in memory.client.retain_many(sent()):
            pass
    except ArkaliaError as error:
        return str(error.reason)
    return ""


async def listed(memory: Running) -> list[str]:
    return [each.id async for each in memory.client.list("me")]


async def tried(folder: Path, *, keys: bool) -> dict[str, object]:
    """Retain without room, with room, and after a restart."""
    node = Node(
        indexes=LanceIndexes(folder / "memory"),
        keys=SqliteMemoryKeys(folder / "memory-keys.db") if keys else FakeMemoryKeys(),
    )
    told: dict[str, object] = {}
    async with running(node) as memory:
        await batch(memory, "before", visible=True)
        with full():
            told["visible"] = await batch(memory, "seen", visible=True)
            told["not visible"] = await batch(memory, "unseen", visible=False)
            told["recalled"] = bool((await memory.client.recall("me", "note 1 of before")).memories)
        # What was refused is sent again.
        told["again"] = await batch(memory, "seen", visible=True)
        async with asyncio.timeout(60):
            while len(await listed(memory)) < 20 + 10 * (told["not visible"] == ""):
                await asyncio.sleep(0.05)
        told["listed"] = sorted({id.rpartition("-")[0] for id in await listed(memory)})
        told["events"] = await node.log.head()
        told["anew"] = [step async for step in memory.client.reindex()][-1].memory_count
    return told


if __name__ == "__main__":
    print(json.dumps(asyncio.run(tried(Path(sys.argv[1]), keys=sys.argv[2] == "keys"))))  # noqa: T201
