"""Implements the contract of the event log."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeAlias

import grpc.aio
from arkalia.events.v1 import event_service_pb2 as rpc
from arkalia.events.v1 import event_service_pb2_grpc as stubs

from luna.kernel.consumers import Consumers
from luna.modules.events.anomalies import RULES, Detector
from luna.modules.events.archive import Archive
from luna.modules.events.consume import consume
from luna.modules.events.consumers import ConsumerDesk
from luna.modules.events.reading import Reader
from luna.modules.events.recording import Recorder
from luna.modules.events.retention import Policies

Context: TypeAlias = "grpc.aio.ServicerContext[object, object]"


class EventServicer(stubs.EventServiceServicer):
    """Implements ``arkalia.events.v1.EventService``."""

    def __init__(
        self,
        *,
        recorder: Recorder,
        reader: Reader,
        consumers: Consumers,
        desk: ConsumerDesk,
        detector: Detector,
        archive: Archive,
        policies: Policies,
        checkpoint_seconds: float,
    ) -> None:
        self._recorder = recorder
        self._reader = reader
        self._consumers = consumers
        self._desk = desk
        self._detector = detector
        self._archive = archive
        self._policies = policies
        self._checkpoint_seconds = checkpoint_seconds

    async def Append(self, request: rpc.AppendRequest, context: Context) -> rpc.AppendResponse:
        return await self._recorder.append(request)

    async def AppendMany(
        self, request_iterator: AsyncIterator[rpc.AppendManyRequest], context: Context
    ) -> AsyncGenerator[rpc.AppendManyResponse, None]:
        async with aclosing(self._recorder.append_many(request_iterator)) as responses:
            async for response in responses:
                yield response

    async def Read(self, request: rpc.ReadRequest, context: Context) -> AsyncGenerator[rpc.ReadResponse, None]:
        async with aclosing(self._reader.read(request)) as responses:
            async for response in responses:
                yield response

    async def ReadPage(self, request: rpc.ReadPageRequest, context: Context) -> rpc.ReadPageResponse:
        return await self._reader.page(request)

    async def GetEvent(self, request: rpc.GetEventRequest, context: Context) -> rpc.GetEventResponse:
        return await self._reader.get(request.event_id)

    async def BatchGetEvents(
        self, request: rpc.BatchGetEventsRequest, context: Context
    ) -> AsyncGenerator[rpc.BatchGetEventsResponse, None]:
        async with aclosing(self._reader.get_many(request.event_ids)) as responses:
            async for response in responses:
                yield response

    async def FindEvents(self, request: rpc.FindEventsRequest, context: Context) -> rpc.FindEventsResponse:
        return await self._reader.find(request.event_ids)

    async def WatchEvents(
        self, request: rpc.WatchEventsRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchEventsResponse, None]:
        async with aclosing(self._reader.watch(request)) as responses:
            async for response in responses:
                yield response

    async def CreateConsumer(self, request: rpc.CreateConsumerRequest, context: Context) -> rpc.CreateConsumerResponse:
        return await self._desk.create(request)

    async def UpdateConsumer(self, request: rpc.UpdateConsumerRequest, context: Context) -> rpc.UpdateConsumerResponse:
        return await self._desk.update(request)

    async def GetConsumer(self, request: rpc.GetConsumerRequest, context: Context) -> rpc.GetConsumerResponse:
        return await self._desk.get(request)

    async def ListConsumers(self, request: rpc.ListConsumersRequest, context: Context) -> rpc.ListConsumersResponse:
        return await self._desk.page(request)

    async def DeleteConsumer(self, request: rpc.DeleteConsumerRequest, context: Context) -> rpc.DeleteConsumerResponse:
        return await self._desk.delete(request)

    async def Consume(
        self, request_iterator: AsyncIterator[rpc.ConsumeRequest], context: Context
    ) -> AsyncGenerator[rpc.ConsumeResponse, None]:
        conversation = consume(self._consumers, request_iterator, every=self._checkpoint_seconds)
        async with aclosing(conversation) as responses:
            async for response in responses:
                yield response

    async def ListParked(self, request: rpc.ListParkedRequest, context: Context) -> rpc.ListParkedResponse:
        return await self._desk.parked(request)

    async def ReplayParked(self, request: rpc.ReplayParkedRequest, context: Context) -> rpc.ReplayParkedResponse:
        return await self._desk.replay(request)

    async def GetStats(self, request: rpc.GetStatsRequest, context: Context) -> rpc.GetStatsResponse:
        return await self._reader.stats()

    async def DetectAnomalies(
        self, request: rpc.DetectAnomaliesRequest, context: Context
    ) -> rpc.DetectAnomaliesResponse:
        rules = list(request.rules) or list(RULES)
        return rpc.DetectAnomaliesResponse(anomalies=await self._detector.detect(rules), rules=rules)

    async def Export(self, request: rpc.ExportRequest, context: Context) -> AsyncGenerator[rpc.ExportResponse, None]:
        async with aclosing(self._archive.export(request)) as responses:
            async for response in responses:
                yield response

    async def Import(
        self, request_iterator: AsyncIterator[rpc.ImportRequest], context: Context
    ) -> AsyncGenerator[rpc.ImportResponse, None]:
        async with aclosing(self._archive.restore(request_iterator)) as responses:
            async for response in responses:
                yield response

    async def GetRetentionPolicy(
        self, request: rpc.GetRetentionPolicyRequest, context: Context
    ) -> rpc.GetRetentionPolicyResponse:
        return rpc.GetRetentionPolicyResponse(policy=await self._policies.get())

    async def UpdateRetentionPolicy(
        self, request: rpc.UpdateRetentionPolicyRequest, context: Context
    ) -> rpc.UpdateRetentionPolicyResponse:
        return rpc.UpdateRetentionPolicyResponse(policy=await self._policies.update(request.policy))
