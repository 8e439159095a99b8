"""Translates between the contract of memory and its service."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final, TypeAlias

import grpc.aio
from arkalia.memory.v1 import memory_service_pb2 as rpc
from arkalia.memory.v1 import memory_service_pb2_grpc as stubs

from luna.kernel.clock import Clock
from luna.kernel.errors import DomainError
from luna.kernel.streams import pipelined
from luna.kernel.times import timestamp
from luna.modules.memory.errors import IndexDownError
from luna.modules.memory.paging import page_from, page_to
from luna.modules.memory.requests import Retained
from luna.modules.memory.service import MemoryService
from luna.modules.memory.servicer_reflect import Reflector
from luna.modules.memory.translate import (
    from_answer,
    from_hit,
    from_restored,
    from_row,
    from_version,
    to_moment,
    to_question,
    to_where,
)

PAGE_SIZE_DEFAULT: Final = 50
BATCHES_AHEAD: Final = 16

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class MemoryServicer(stubs.MemoryServiceServicer):
    """Implements ``arkalia.memory.v1.MemoryService``."""

    def __init__(self, service: MemoryService, reflector: Reflector, clock: Clock) -> None:
        self._service = service
        self._reflector = reflector
        self._clock = clock

    async def Retain(self, request: rpc.RetainRequest, context: Context) -> rpc.RetainResponse:
        wanted = await self._service.requested(
            request.namespace, [request.memory], visible=request.visible, late=not request.similar_max
        )
        done, id = await self._service.retain(wanted), wanted.memories[0].id
        similar = await self._service.similar(request.namespace, id, done.vectors, request.similar_max)
        return rpc.RetainResponse(
            id=id,
            event_id=done.event_id,
            position=done.position,
            duplicate=not done.new,
            visible=done.visible,
            similar=[from_hit(hit) for hit in similar],
        )

    async def RetainMany(
        self, requests: AsyncIterator[rpc.RetainManyRequest], context: Context
    ) -> AsyncGenerator[rpc.RetainManyResponse, None]:
        async def start(request: rpc.RetainManyRequest) -> asyncio.Future[Retained]:
            wanted = await self._service.requested(
                request.namespace, request.memories, request.vectors, visible=request.visible
            )
            return asyncio.ensure_future(self._service.retain(wanted))

        async with aclosing(pipelined(requests, start, ahead=BATCHES_AHEAD)) as outcomes:
            async for done in outcomes:
                yield rpc.RetainManyResponse(
                    retained_count=done.new,
                    duplicate_count=done.duplicates,
                    event_id=done.event_id,
                    position=done.position,
                    visible=done.visible,
                )

    async def Recall(self, request: rpc.RecallRequest, context: Context) -> rpc.RecallResponse:
        dimension = (await self._service.projection.ready()).dimension
        question = to_question(request, dimension=dimension, now_ns=self._clock.wall_ns())
        return from_answer(await self._service.recaller.recall(question, request.SerializeToString(deterministic=True)))

    async def Reflect(self, request: rpc.ReflectRequest, context: Context) -> AsyncGenerator[rpc.ReflectResponse, None]:
        question = rpc.RecallRequest(
            namespace=request.namespace, text=request.text, limit=request.limit, filter=request.filter
        )
        recalled = await self.Recall(question, context)
        async with aclosing(self._reflector.reflect(request, recalled)) as parts:
            async for part in parts:
                yield part

    async def GetMemory(self, request: rpc.GetMemoryRequest, context: Context) -> rpc.GetMemoryResponse:
        return rpc.GetMemoryResponse(memory=from_row(await self._service.get(request.namespace, request.id)))

    async def ListMemories(self, request: rpc.ListMemoriesRequest, context: Context) -> rpc.ListMemoriesResponse:
        where = to_where(request.namespace, request.filter, self._clock.wall_ns())
        after = page_from(request.page_token, request.namespace)
        page = await self._service.scroll(where, after, request.page_size or PAGE_SIZE_DEFAULT)
        token = page_to(page.rows[-1].id, request.namespace) if page.more and page.rows else ""
        return rpc.ListMemoriesResponse(memories=[from_row(row) for row in page.rows], next_page_token=token)

    async def Forget(self, request: rpc.ForgetRequest, context: Context) -> rpc.ForgetResponse:
        count, event_id = await self._service.forgetting.forget(
            request.namespace, list(request.ids), everything=request.everything, purge=request.purge
        )
        return rpc.ForgetResponse(forgotten_count=count, event_id=event_id)

    async def ListVersions(self, request: rpc.ListVersionsRequest, context: Context) -> rpc.ListVersionsResponse:
        versions = await self._service.versions(request.page_size or PAGE_SIZE_DEFAULT)
        return rpc.ListVersionsResponse(versions=[from_version(version) for version in versions])

    async def TagVersion(self, request: rpc.TagVersionRequest, context: Context) -> rpc.TagVersionResponse:
        return rpc.TagVersionResponse(version=from_version(await self._service.tag(request.tag)))

    async def RestoreVersion(
        self, request: rpc.RestoreVersionRequest, context: Context
    ) -> AsyncGenerator[rpc.RestoreVersionResponse, None]:
        work = self._service.restoring.restore(
            request.namespace,
            to_moment(request.as_of),
            dry_run=request.dry_run,
            missing_only=request.missing_only,
        )
        async with aclosing(work) as steps:
            async for step in steps:
                yield from_restored(step)

    async def Reindex(self, request: rpc.ReindexRequest, context: Context) -> AsyncGenerator[rpc.ReindexResponse, None]:
        progress, done = self._service.reindex(), False
        while not done:
            await progress.changed()
            done = progress.done
            if progress.failure is not None:
                raise _spoken(progress.failure) from progress.failure
            yield rpc.ReindexResponse(
                position=progress.position, head=progress.head, memory_count=progress.memories, done=done
            )

    async def GetStats(self, request: rpc.GetStatsRequest, context: Context) -> rpc.GetStatsResponse:
        stats, count = await self._service.stats(request.namespace)
        projection = self._service.projection
        return rpc.GetStatsResponse(
            memory_count=count,
            row_count=stats.rows,
            unindexed_count=stats.rows_unindexed,
            vector_index=stats.vector_index,
            version_count=stats.versions,
            size_bytes=stats.bytes,
            model_id=projection.index.model_id,
            dimension=projection.index.dimension,
            position=projection.seen,
            reindexing=projection.reindexing,
            time=timestamp(self._clock.wall_ns()),
        )


def _spoken(failure: Exception) -> DomainError:
    return failure if isinstance(failure, DomainError) else IndexDownError(str(failure))
