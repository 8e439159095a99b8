"""Cycles, modes and the timeline, through a real server and a real client."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import grpc.aio
import pytest
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc
from google.protobuf.duration_pb2 import Duration

from luna.manifest import Health
from luna.modules.zeroia.policy import built_in
from tests.integration.zeroia_server import Node, Running, decided, reason, running, take_sample

COORDINATOR = "arkalia.zeroia.v1.CoordinatorService"


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(node: Node) -> AsyncIterator[Running]:
    async with running(node) as server:
        yield server


async def test_a_cycle_goes_through_its_stages(node: Node, server: Running) -> None:
    """
    Sense, integrity, score, decide, report; with a decision that is recorded beside the cycle.
    """
    await take_sample(node)
    chosen = str(uuid4())
    cycle = (await server.cycles.RunCycle(rpc.RunCycleRequest(cycle_id=chosen))).cycle
    again = (await server.cycles.RunCycle(rpc.RunCycleRequest(cycle_id=chosen))).cycle
    found = await server.decisions.GetDecision(rpc.GetDecisionRequest(decision_id=cycle.decision_id))

    assert [stage.stage for stage in cycle.stages] == [1, 2, 3, 4, 5]
    assert cycle.status == pb.CYCLE_STATUS_DECIDED
    assert cycle == again
    assert found.decision.origin == pb.DECISION_ORIGIN_CYCLE
    assert found.decision.action == cycle.judgement.action


async def test_a_cycle_without_a_sample_says_so(node: Node, server: Running) -> None:
    """
    It is a cycle all the same, and nothing is decided.
    """
    cycle = (await server.cycles.RunCycle(rpc.RunCycleRequest())).cycle

    assert cycle.status == pb.CYCLE_STATUS_NO_SAMPLE
    assert not cycle.HasField("judgement")
    assert await decided(node.log) == []


async def test_the_mode_sets_the_pace_and_survives_a_restart(node: Node, server: Running) -> None:
    """
    A change of mode takes effect while the coordinator waits for the next cycle.
    """
    normal = await server.cycles.GetMode(rpc.GetModeRequest())
    policy = built_in()
    policy.cycles.urgent.CopyFrom(Duration(seconds=1))
    etag = (await server.policy.GetPolicy(rpc.GetPolicyRequest())).revision.etag
    await server.policy.UpdatePolicy(rpc.UpdatePolicyRequest(policy=policy, etag=etag))
    call = server.cycles.WatchCycles(rpc.WatchCyclesRequest())
    urgent = await server.cycles.SetMode(rpc.SetModeRequest(mode=pb.CYCLE_MODE_URGENT, reason="for the test"))
    async with asyncio.timeout(10):
        while not (cycles := (await anext(aiter(call))).cycles):
            pass
    call.cancel()
    async with running(node) as again:
        kept = await again.cycles.GetMode(rpc.GetModeRequest())

    assert normal == rpc.GetModeResponse(mode=pb.CYCLE_MODE_NORMAL, interval=Duration(seconds=30))
    assert (urgent.mode, urgent.interval.seconds) == (pb.CYCLE_MODE_URGENT, 1)
    assert cycles[0].mode == kept.mode == pb.CYCLE_MODE_URGENT
    assert not cycles[0].called
    assert (await server.probes[COORDINATOR]())[0] is Health.SERVING


async def test_the_timeline_adds_up_what_cycles_found(node: Node, server: Running) -> None:
    """
    Buckets, heat map and patterns agree on the number of cycles, and the run at the end is open.
    """
    await take_sample(node)
    for _ in range(4):
        await server.cycles.RunCycle(rpc.RunCycleRequest())
    timeline = await server.cycles.GetTimeline(rpc.GetTimelineRequest())

    assert timeline.cycle_count == 4
    assert sum(bucket.cycle_count for bucket in timeline.buckets) == 4
    assert sum(cell.cycle_count for cell in timeline.heat_map) == 4
    assert [(pattern.kind, pattern.cycle_count) for pattern in timeline.patterns] == [(pb.CYCLE_PATTERN_KIND_STEADY, 4)]
    assert not timeline.patterns[0].HasField("end_time")


async def test_a_timeline_of_too_many_buckets_is_refused(server: Running) -> None:
    """
    The error says how many there may be.
    """
    request = rpc.GetTimelineRequest(bucket=Duration(seconds=1))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.cycles.GetTimeline(request)

    assert reason(caught.value).reason == "ZEROIA_ERROR_REASON_TOO_MANY_BUCKETS"
