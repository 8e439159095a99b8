"""Translates between the reflexia contract and the reflexia service."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeAlias

import grpc.aio
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from arkalia.reflexia.v1 import reflexia_service_pb2 as rpc
from arkalia.reflexia.v1 import reflexia_service_pb2_grpc as stubs

from luna.kernel.streams import with_pauses
from luna.kernel.times import duration, seconds_of
from luna.kernel.vitals import ProcessVitals, ServiceVitals
from luna.modules.reflexia.domain import DEFAULT_POLICY, LevelPolicy
from luna.modules.reflexia.errors import TimeRangeError
from luna.modules.reflexia.service import ReflexiaService

PAGE_SIZE_DEFAULT: Final = 100

Context: TypeAlias = grpc.aio.ServicerContext[rpc.GetSnapshotRequest, rpc.GetSnapshotResponse]


class ReflexiaServicer(stubs.ReflexiaServiceServicer):
    """Implements ``arkalia.reflexia.v1.ReflexiaService``."""

    def __init__(
        self, service: ReflexiaService, *, checkpoint_seconds: float, policy: LevelPolicy = DEFAULT_POLICY
    ) -> None:
        self._service = service
        self._checkpoint_seconds = checkpoint_seconds
        self._policy = _policy(policy)

    async def GetSnapshot(self, request: rpc.GetSnapshotRequest, context: Context) -> rpc.GetSnapshotResponse:
        found = await self._service.snapshot(request.node)
        return rpc.GetSnapshotResponse(
            sample=found.sample, age=duration(found.age_seconds), stale=found.stale, policy=self._policy
        )

    async def WatchSnapshots(
        self, request: rpc.WatchSnapshotsRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchSnapshotsResponse, None]:
        token = request.resume_token
        batches = self._service.watch(request.node, resume_token=token, interval_ns=request.interval.ToNanoseconds())
        async with aclosing(with_pauses(batches, every=self._checkpoint_seconds)) as news:
            async for batch in news:
                samples, token = batch if batch is not None else ((), token)
                yield rpc.WatchSnapshotsResponse(samples=samples, resume_token=token)

    async def ListSnapshots(self, request: rpc.ListSnapshotsRequest, context: Context) -> rpc.ListSnapshotsResponse:
        since_ns, until_ns = request.start_time.ToNanoseconds(), request.end_time.ToNanoseconds()
        if request.HasField("end_time") and since_ns >= until_ns:
            raise TimeRangeError(request.start_time.ToJsonString(), request.end_time.ToJsonString())
        samples, token = await self._service.history(
            request.node,
            since_ns=since_ns,
            until_ns=until_ns,
            limit=request.page_size or PAGE_SIZE_DEFAULT,
            page_token=request.page_token,
        )
        return rpc.ListSnapshotsResponse(samples=samples, next_page_token=token)

    async def ReportSamples(self, request: rpc.ReportSamplesRequest, context: Context) -> rpc.ReportSamplesResponse:
        samples = [_sample(report) for report in request.samples]
        recorded, known = await self._service.report(request.source, samples)
        return rpc.ReportSamplesResponse(recorded_count=recorded, duplicate_count=known)

    async def ReportVitals(self, request: rpc.ReportVitalsRequest, context: Context) -> rpc.ReportVitalsResponse:
        self._service.hear(request.node, _vitals(request), take_ns=request.take_time.ToNanoseconds())
        return rpc.ReportVitalsResponse()


def _sample(report: pb.SampleReport) -> pb.Sample:
    return pb.Sample(
        sample_id=report.sample_id.lower(),
        node=report.node,
        sample_time=report.sample_time,
        interval=report.interval,
        machine=report.machine,
        processes=report.processes,
        services=report.services,
    )


def _vitals(request: rpc.ReportVitalsRequest) -> ProcessVitals:
    return ProcessVitals(
        process=request.process,
        pid=request.pid,
        started_ns=request.start_time.ToNanoseconds(),
        window_seconds=seconds_of(request.window),
        loop_lag_seconds=seconds_of(request.loop_lag),
        rss_bytes=request.rss_bytes,
        cpu_ratio=request.cpu_ratio,
        services=[_service(reading) for reading in request.services],
        circuit_breakers=request.circuit_breakers if request.HasField("circuit_breakers") else None,
        open_circuit_breakers=request.open_circuit_breakers if request.HasField("open_circuit_breakers") else None,
        queued_calls=request.queued_calls if request.HasField("queued_calls") else None,
    )


def _service(reading: pb.ServiceReading) -> ServiceVitals:
    return ServiceVitals(
        service=reading.service,
        calls=reading.calls,
        errors=round(reading.error_ratio * reading.calls),
        latency_p50_seconds=seconds_of(reading.latency_p50) if reading.HasField("latency_p50") else None,
        latency_p99_seconds=seconds_of(reading.latency_p99) if reading.HasField("latency_p99") else None,
        in_flight=reading.in_flight,
    )


def _policy(policy: LevelPolicy) -> pb.LevelPolicy:
    return pb.LevelPolicy(
        revision=policy.revision,
        thresholds=[
            pb.Thresholds(
                signal=pb.Signal.Name(signal),
                elevated=bounds.elevated,
                high=bounds.high,
                critical=bounds.critical,
                leave_margin=bounds.leave_margin,
            )
            for signal, bounds in policy.thresholds.items()
        ],
    )
