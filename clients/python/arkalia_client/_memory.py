"""The memory client."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final

import grpc.aio
from arkalia.memory.v1 import memory_pb2, memory_service_pb2
from arkalia.memory.v1.memory_service_pb2_grpc import MemoryServiceStub

from arkalia_client._calls import ask, follow, listed
from arkalia_client._errors import raising_arkalia_errors

FORGET_SECONDS: Final = 60.0
AHEAD: Final = 16
"""How many batches are under way at a time."""
_PAGE: Final = 200


def new_memory(
    text: str,
    *,
    id: str = "",
    collection: str = "",
    importance: float = 0.0,
    expire_time: datetime | None = None,
    attributes: Mapping[str, str] | None = None,
    supersedes: str = "",
) -> memory_pb2.NewMemory:
    """Return a text that is to be remembered. Without an id the same text is the same memory."""
    memory = memory_pb2.NewMemory(
        id=id,
        text=text,
        collection=collection,
        importance=importance,
        attributes=[memory_pb2.Attribute(key=key, value=value) for key, value in (attributes or {}).items()],
        supersedes=supersedes,
    )
    if expire_time is not None:
        memory.expire_time.FromDatetime(expire_time)
    return memory


class MemoryClient:
    """Talks to ``arkalia.memory.v1.MemoryService``, in one namespace at a time."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = MemoryServiceStub(channel)

    async def retain(
        self, namespace: str, memory: memory_pb2.NewMemory, *, visible: bool = False, similar_max: int = 0
    ) -> memory_service_pb2.RetainResponse:
        """Retain one text. A lost answer is asked for again: the same text is retained once."""
        request = memory_service_pb2.RetainRequest(
            namespace=namespace, memory=memory, visible=visible, similar_max=similar_max
        )
        return await ask(self._stub.Retain, request)

    async def retain_many(
        self, batches: AsyncIterable[memory_service_pb2.RetainManyRequest]
    ) -> AsyncGenerator[memory_service_pb2.RetainManyResponse, None]:
        """Retain batches, several of them under way at a time, and yield the outcome of each, in order."""
        room = asyncio.Semaphore(AHEAD)

        async def sent() -> AsyncIterator[memory_service_pb2.RetainManyRequest]:
            async for batch in batches:
                await room.acquire()
                yield batch

        call = self._stub.RetainMany(sent())
        try:
            with raising_arkalia_errors():
                async for outcome in call:
                    room.release()
                    yield outcome
        finally:
            # Leaving the loop does not hang up by itself.
            call.cancel()

    async def recall(
        self,
        namespace: str,
        text: str,
        *,
        limit: int = 10,
        filter: memory_pb2.MemoryFilter | None = None,
        mode: memory_pb2.RecallMode = memory_pb2.RECALL_MODE_HYBRID,
        score_min: float = 0.0,
        as_of: memory_pb2.RecallMoment | None = None,
    ) -> memory_service_pb2.RecallResponse:
        """Find the memories that answer a question, best first."""
        request = memory_service_pb2.RecallRequest(
            namespace=namespace, text=text, limit=limit, filter=filter, mode=mode, score_min=score_min, as_of=as_of
        )
        return await self.ask(request)

    async def ask(self, request: memory_service_pb2.RecallRequest) -> memory_service_pb2.RecallResponse:
        """Find memories, with everything that a question may say."""
        return await ask(self._stub.Recall, request)

    def reflect(
        self,
        namespace: str,
        text: str,
        *,
        limit: int = 10,
        filter: memory_pb2.MemoryFilter | None = None,
        model: str = "",
    ) -> AsyncGenerator[memory_service_pb2.ReflectResponse, None]:
        """Yield memories, what they say about a question as a whole, and what summed them up. Closing this stops it."""
        request = memory_service_pb2.ReflectRequest(
            namespace=namespace, text=text, limit=limit, filter=filter, model=model
        )
        return follow(self._stub.Reflect, request)

    async def get(self, namespace: str, id: str) -> memory_pb2.Memory:
        """Return one memory."""
        request = memory_service_pb2.GetMemoryRequest(namespace=namespace, id=id)
        return (await ask(self._stub.GetMemory, request)).memory

    async def list(
        self, namespace: str, *, filter: memory_pb2.MemoryFilter | None = None, limit: int = 0
    ) -> AsyncGenerator[memory_pb2.Memory, None]:
        """Yield the memories of a namespace by their ids, up to *limit* or to the end."""
        request = memory_service_pb2.ListMemoriesRequest(namespace=namespace, filter=filter)
        found = listed(self._stub.ListMemories, request, lambda page: page.memories, page_size=_PAGE, limit=limit)
        async with aclosing(found) as memories:
            async for memory in memories:
                yield memory

    async def forget(
        self, namespace: str, ids: Sequence[str] = (), *, everything: bool = False, purge: bool = False
    ) -> memory_service_pb2.ForgetResponse:
        """Forget memories, or *everything* of the namespace; with *purge* in past states of the index too."""
        request = memory_service_pb2.ForgetRequest(namespace=namespace, ids=ids, everything=everything, purge=purge)
        return await ask(self._stub.Forget, request, seconds=FORGET_SECONDS)

    async def versions(self, *, limit: int = 0) -> Sequence[memory_pb2.IndexVersion]:
        """Return the past states of the index that can still be read, newest first."""
        request = memory_service_pb2.ListVersionsRequest(page_size=limit)
        return (await ask(self._stub.ListVersions, request)).versions

    async def tag(self, tag: str) -> memory_pb2.IndexVersion:
        """Keep the present state of the index under a name."""
        return (await ask(self._stub.TagVersion, memory_service_pb2.TagVersionRequest(tag=tag))).version

    def restore(
        self, namespace: str, as_of: memory_pb2.RecallMoment, *, dry_run: bool = False, missing_only: bool = False
    ) -> AsyncGenerator[memory_service_pb2.RestoreVersionResponse, None]:
        """Make a namespace what it was, and yield how far that is."""
        request = memory_service_pb2.RestoreVersionRequest(
            namespace=namespace, as_of=as_of, dry_run=dry_run, missing_only=missing_only
        )
        return follow(self._stub.RestoreVersion, request)

    def reindex(self) -> AsyncGenerator[memory_service_pb2.ReindexResponse, None]:
        """Make the index anew, and yield how far that is."""
        return follow(self._stub.Reindex, memory_service_pb2.ReindexRequest())

    async def stats(self, namespace: str = "") -> memory_service_pb2.GetStatsResponse:
        """Return figures about the index, and about a namespace."""
        return await ask(self._stub.GetStats, memory_service_pb2.GetStatsRequest(namespace=namespace))
