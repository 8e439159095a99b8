"""Events carried out of a log and into another; retention; anomalies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import pytest
from arkalia.events.v1 import anomaly_pb2, retention_pb2
from arkalia.events.v1 import event_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc
from arkalia.node.v1 import severity_pb2
from google.protobuf.duration_pb2 import Duration

from luna.adapters.sqlite_log import SqliteEventLog
from tests.integration.events_server import Stub, connected, receive, serving
from tests.integration.test_events_service import append, event, read, reason_of, stub

__all__ = ["stub"]


@pytest.fixture
async def other() -> AsyncIterator[Stub]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="luna")))
        log = await stack.enter_async_context(await SqliteEventLog.open(folder / "events.db"))
        served = await stack.enter_async_context(serving(log, folder / "log.sock"))
        yield await stack.enter_async_context(connected(served.target))


async def _export(stub: Stub) -> Sequence[rpc.ExportResponse]:
    return [response async for response in stub.Export(rpc.ExportRequest())]


async def _import(stub: Stub, exported: Sequence[rpc.ExportResponse]) -> rpc.ImportResponse:
    call = stub.Import()
    for part in exported:
        await call.write(rpc.ImportRequest(events=part.events))
    await call.done_writing()
    return [response async for response in call][-1]


async def _fill(stub: Stub) -> None:
    for n in range(12):
        await stub.Append(append(f"s/{n % 3}", *(event(100 * n + i, source="x") for i in range(100))))


async def test_an_export_is_imported_once(stub: Stub, other: Stub) -> None:
    """
    With ids, streams and times; a second run finds everything there.
    """
    await _fill(stub)
    exported = await _export(stub)
    first = await _import(other, exported)
    second = await _import(other, exported)
    _, before = await read(stub)
    _, after = await read(other)

    assert (first.recorded_count, first.duplicate_count) == (1200, 0)
    assert (second.recorded_count, second.duplicate_count) == (0, 1200)
    assert after == before
    assert [part.progress.done_count for part in exported] == [500, 1000, 1200]
    assert {part.progress.total_count for part in exported} == {1200}


async def test_a_changed_event_is_not_imported(stub: Stub, other: Stub) -> None:
    """
    The error names it, and nothing of its message is recorded.
    """
    await stub.Append(append("a/b", event(1), event(2)))
    (exported,) = await _export(stub)
    forged = exported.events[1]
    forged.payload.value = event(3).payload.value
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _import(other, [exported])
    _, found = await read(other)

    assert caught.value.code() is grpc.StatusCode.DATA_LOSS
    assert dict(reason_of(caught.value).metadata) == {"event_id": forged.event_id}
    assert not found


async def test_an_import_that_is_cancelled_stops(stub: Stub, other: Stub) -> None:
    """
    What was recorded stays, and the next run adds the rest.
    """
    await _fill(stub)
    exported = await _export(stub)
    call = other.Import()
    await call.write(rpc.ImportRequest(events=exported[0].events))
    assert (await receive(call)).recorded_count == 500
    call.cancel()
    rest = await _import(other, exported)

    assert (rest.recorded_count, rest.duplicate_count) == (700, 500)


async def test_the_log_forgets_what_its_policy_says(stub: Stub) -> None:
    """
    And says that it did, in a stream that the policy does not touch.
    """
    await _fill(stub)
    await stub.Append(append("kept/always", event(1)))
    policy = retention_pb2.RetentionPolicy(rules=[retention_pb2.RetentionRule(category="s", count_max=10)])
    updated = await stub.UpdateRetentionPolicy(rpc.UpdateRetentionPolicyRequest(policy=policy))
    async with asyncio.timeout(10):
        while not (pruned := (await read(stub, filter=pb.EventFilter(stream="events/pruned")))[1]):
            await asyncio.sleep(0.05)
    _, left = await read(stub, filter=pb.EventFilter(category="s"))
    _, kept = await read(stub, filter=pb.EventFilter(category="kept"))

    assert [found.position for found in left] == list(range(1191, 1201))
    assert len(kept) == 1
    assert [found.type for found in pruned] == ["arkalia.events.v1.EventsPruned"]
    assert updated.policy == (await stub.GetRetentionPolicy(rpc.GetRetentionPolicyRequest())).policy


async def test_two_people_cannot_change_the_policy_at_once(stub: Stub) -> None:
    """
    The second one has to read it again; who only repeats the own change is told that it holds.
    """
    rule = retention_pb2.RetentionRule(category="x", age_max=Duration(seconds=3600))
    first = rpc.UpdateRetentionPolicyRequest(policy=retention_pb2.RetentionPolicy(rules=[rule]))
    changed = await stub.UpdateRetentionPolicy(first)
    repeated = await stub.UpdateRetentionPolicy(first)
    late = rpc.UpdateRetentionPolicyRequest(policy=retention_pb2.RetentionPolicy())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.UpdateRetentionPolicy(late)
    late.policy.etag = changed.policy.etag
    emptied = await stub.UpdateRetentionPolicy(late)

    assert repeated == changed
    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert dict(reason_of(caught.value).metadata) == {"etag": changed.policy.etag}
    assert not emptied.policy.rules


async def test_more_failures_than_normal_are_an_anomaly(stub: Stub) -> None:
    """
    By the default rules, or by others.
    """
    exited = pb.NewEvent()
    exited.payload.type_url = "type.googleapis.com/arkalia.node.v1.ProcessExited"
    await stub.Append(append("node/a", exited, exited))
    calm = await stub.DetectAnomalies(rpc.DetectAnomaliesRequest())
    await stub.Append(append("node/a", exited))
    alarmed = await stub.DetectAnomalies(rpc.DetectAnomaliesRequest())
    patient = anomaly_pb2.AnomalyRule(
        name="exits", types=["arkalia.node.v1.ProcessExited"], count_max=9, severity=severity_pb2.SEVERITY_LOW
    )
    tolerated = await stub.DetectAnomalies(rpc.DetectAnomaliesRequest(rules=[patient]))

    assert not calm.anomalies
    assert len(calm.rules) == 3
    (anomaly,) = alarmed.anomalies
    assert (anomaly.rule.name, anomaly.rule.severity) == ("system-errors", severity_pb2.SEVERITY_CRITICAL)
    assert (anomaly.event_count, list(anomaly.positions)) == (3, [3, 2, 1])
    assert not tolerated.anomalies


async def test_what_is_long_ago_is_no_anomaly(stub: Stub) -> None:
    """
    Only the window counts.
    """
    old = pb.NewEvent()
    old.payload.type_url = "type.googleapis.com/arkalia.node.v1.ProcessExited"
    old.time.GetCurrentTime()
    old.time.seconds -= 3700
    await stub.Append(append("node/a", *([old] * 5)))

    assert not (await stub.DetectAnomalies(rpc.DetectAnomaliesRequest())).anomalies
