"""Samples are read as they were recorded, through a real server and a real client."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import grpc.aio
import pytest
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from arkalia.reflexia.v1 import reflexia_service_pb2 as rpc
from google.protobuf.duration_pb2 import Duration

from luna.kernel.event_log import EventLog
from luna.kernel.tokens import issue
from luna.manifest import Toolbox
from tests.integration.reflexia.node import (
    NODE,
    SECOND,
    fill,
    next_of,
    recorded,
    running,
    samples_in,
    timestamp_now,
    until_sampled,
    watched,
)


class TestSnapshots:
    async def test_a_node_that_was_never_sampled_has_none(self, tools: Toolbox) -> None:
        """
        Nothing is made up for it.
        """
        async with running(tools) as node:
            with pytest.raises(grpc.aio.AioRpcError, match="no sample of node 'node-z'"):
                await node.stub.GetSnapshot(rpc.GetSnapshotRequest(node="node-z"))

    async def test_the_newest_sample_comes_with_age_and_policy(self, tools: Toolbox, log: EventLog) -> None:
        """
        A reader needs nothing else to judge it.
        """
        async with running(tools) as node:
            await until_sampled(log, 2)
            found = await node.stub.GetSnapshot(rpc.GetSnapshotRequest())

        assert found.sample.node == NODE
        assert 0 <= found.age.ToNanoseconds() < 3 * SECOND
        assert not found.stale
        cpu = found.policy.thresholds[0]
        assert (cpu.signal, cpu.elevated, cpu.high, cpu.critical) == (pb.SIGNAL_CPU, 0.6, 0.8, 0.95)

    async def test_a_replica_that_does_not_sample_follows_the_log(self, tools: Toolbox, log: EventLog) -> None:
        """
        What others record is known here without asking the log.
        """
        sample = pb.Sample(
            node="node-q", sample_id=str(uuid4()), sample_time=timestamp_now(), interval=Duration(seconds=1)
        )
        async with running(tools) as node:
            await log.append(recorded(sample))
            async with asyncio.timeout(5):
                while True:
                    with suppress(grpc.aio.AioRpcError):
                        found = await node.stub.GetSnapshot(rpc.GetSnapshotRequest(node="node-q"))
                        break
                    await asyncio.sleep(0.01)

        assert found.sample == sample

    async def test_lists_are_paged_newest_first_without_gap_or_repeat(self, tools: Toolbox, log: EventLog) -> None:
        """
        All pages together are the range that was asked for.
        """
        samples = await fill(log, "node-b", count=25)
        async with running(tools) as node:
            found: list[str] = []
            token = ""
            while True:
                page = await node.stub.ListSnapshots(
                    rpc.ListSnapshotsRequest(
                        node="node-b",
                        start_time=samples[5].sample_time,
                        end_time=samples[20].sample_time,
                        page_size=4,
                        page_token=token,
                    )
                )
                found += [sample.sample_id for sample in page.samples]
                token = page.next_page_token
                if not token:
                    break

        assert found == [sample.sample_id for sample in reversed(samples[5:20])]

    async def test_a_range_without_a_moment_and_a_forged_token_are_refused(self, tools: Toolbox) -> None:
        """
        The message says what to do.
        """
        now = timestamp_now()
        async with running(tools) as node:
            with pytest.raises(grpc.aio.AioRpcError, match="must be before"):
                await node.stub.ListSnapshots(rpc.ListSnapshotsRequest(start_time=now, end_time=now))
            with pytest.raises(grpc.aio.AioRpcError, match="page_token was not issued"):
                await node.stub.ListSnapshots(rpc.ListSnapshotsRequest(page_token="forged"))
            with pytest.raises(grpc.aio.AioRpcError, match="resume_token is garbled"):
                await node.stub.WatchSnapshots(rpc.WatchSnapshotsRequest(resume_token="forged")).read()

    async def test_large_samples_are_split_over_messages(self, tools: Toolbox, log: EventLog) -> None:
        """
        A page that would not fit into a message ends early, and the next one goes on.
        """
        count = 60
        await fill(log, "node-b", count=count, reason="x" * 100_000)
        async with running(tools) as node:
            page = await node.stub.ListSnapshots(rpc.ListSnapshotsRequest(node="node-b", page_size=1000))
            found = [sample.sample_id for sample in page.samples]
            while page.next_page_token:
                page = await node.stub.ListSnapshots(
                    rpc.ListSnapshotsRequest(node="node-b", page_size=1000, page_token=page.next_page_token)
                )
                found += [sample.sample_id for sample in page.samples]

        assert len(found) == len(set(found)) == count


class TestWatching:
    async def test_a_new_watcher_starts_with_the_newest_and_then_sees_each(self, tools: Toolbox, log: EventLog) -> None:
        """
        No history, no gap, in order.
        """
        async with running(tools) as node:
            await until_sampled(log, 3)
            before = [event.event_id for event in await samples_in(log)]
            seen = await watched(node, 4)
            recorded = [event.event_id for event in await samples_in(log)]

        assert seen[0] not in before[:-1]
        start = recorded.index(seen[0])
        assert seen == recorded[start : start + len(seen)]

    async def test_watching_resumes_without_gap_or_repeat(self, tools: Toolbox, log: EventLog) -> None:
        """
        A reconnecting client goes on just after what it saw.
        """
        samples = await fill(log, "node-b", count=10)
        ids = [sample.sample_id for sample in samples]
        async with running(tools) as node:
            call = node.stub.WatchSnapshots(rpc.WatchSnapshotsRequest(node="node-b"))
            first = await next_of(call)
            call.cancel()
            more = await fill(log, "node-b", count=5)
            rest = await watched(node, 5, node_name="node-b", resume_token=first.resume_token)

        assert [sample.sample_id for sample in first.samples] == ids[-1:]
        assert rest == [sample.sample_id for sample in more]

    async def test_a_quiet_stream_sends_checkpoints(self, tools: Toolbox) -> None:
        """
        A node that nobody samples still keeps its watchers connected, with a token that works.
        """
        async with running(tools) as node:
            call = node.stub.WatchSnapshots(rpc.WatchSnapshotsRequest(node="node-z"))
            first, second = await next_of(call), await next_of(call)
            call.cancel()
            again = node.stub.WatchSnapshots(rpc.WatchSnapshotsRequest(node="node-z", resume_token=second.resume_token))
            third = await next_of(again)
            again.cancel()

        assert not first.samples
        assert not second.samples
        assert third.resume_token

    async def test_an_interval_thins_the_stream_out(self, tools: Toolbox, log: EventLog) -> None:
        """
        The stream starts at once; then the newest sample of each interval is sent, as soon as it is the newest.
        """
        start = 1_700_000_000
        head = await log.head()
        stats = await log.stats()
        await fill(log, "node-b", count=35, start_seconds=start)
        async with running(tools) as node:
            call = node.stub.WatchSnapshots(
                rpc.WatchSnapshotsRequest(
                    node="node-b", interval=Duration(seconds=10), resume_token=issue(stats.log_id, head)
                )
            )
            seen: list[int] = []
            async with asyncio.timeout(5):
                while len(seen) < 3:
                    seen += [sample.sample_time.seconds - start for sample in (await next_of(call)).samples]
            call.cancel()

        assert seen == [0, 19, 29]

    async def test_hanging_up_stops_the_work_behind_the_stream(self, tools: Toolbox, log: EventLog) -> None:
        """
        A watcher that leaves is not followed for.
        """
        async with running(tools) as node:
            await until_sampled(log, 1)
            await asyncio.sleep(0.1)
            before = len(asyncio.all_tasks())
            call = node.stub.WatchSnapshots(rpc.WatchSnapshotsRequest())
            await next_of(call)
            call.cancel()
            async with asyncio.timeout(5):
                while len(asyncio.all_tasks()) > before:
                    await asyncio.sleep(0.01)
