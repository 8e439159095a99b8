"""The loop decides on every sample exactly once, whatever happens to it."""

import asyncio
from uuid import uuid4

import pytest
from arkalia.zeroia.v1 import zeroia_event_pb2 as facts
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.kernel.events import Append, NewEvent, StreamWrite
from luna.manifest import Health
from luna.modules.zeroia.loop import CONSUMER
from tests.integration.zeroia_server import (
    SAMPLE_TAKEN,
    Node,
    decided,
    events_in,
    running,
    take_sample,
    until_consuming,
    until_decided,
    until_handled,
)
from tests.zeroia import NODE

DECISIONS = "arkalia.zeroia.v1.DecisionService"
POLICY = "arkalia.zeroia.v1.PolicyService"


@pytest.fixture
def node() -> Node:
    return Node()


async def test_a_sample_leads_to_a_decision_that_names_it(node: Node) -> None:
    """
    The decision is caused by the sample, and settles it for the consumer in the same append.
    """
    async with running(node):
        await until_consuming(node)
        taken = await take_sample(node)
        (decision,) = await until_decided(node.log, 1)
        (event,) = await events_in(node.log, "zeroia/decisions")

    assert decision.sample_id == event.causation_id == event.correlation_id == taken
    assert decision.action == pb.DECISION_ACTION_NORMAL
    assert decision.origin == pb.DECISION_ORIGIN_SAMPLE
    assert node.log.consumer_storage.is_settled(CONSUMER, decision.sample_position)


async def test_a_new_consumer_starts_at_the_head(node: Node) -> None:
    """
    Samples from before the first start are not decided on.
    """
    await take_sample(node)
    async with running(node):
        await until_consuming(node)
        fresh = await take_sample(node)
        (decision,) = await until_decided(node.log, 1)

    assert decision.sample_id == fresh


async def test_repeats_are_counted_and_carried_by_the_next_decision(node: Node) -> None:
    """
    Four calm samples within the dwell make one decision; the one after the dwell carries three repeats.
    """
    async with running(node):
        await until_consuming(node)
        for _ in range(4):
            await take_sample(node)
        await until_handled(node)
        before = await decided(node.log)
        node.clock.shift_ns = 31_000_000_000
        await take_sample(node)
        after = await until_decided(node.log, 2)

    assert len(before) == 1
    assert [decision.suppressed_count for decision in after] == [0, 3]


async def test_trouble_passes_at_once_and_calm_waits_for_the_dwell(node: Node) -> None:
    """
    A change is recorded at its sample; the way back is held for 30 s.
    """
    async with running(node):
        await until_consuming(node)
        await take_sample(node)
        await until_decided(node.log, 1)
        node.clock.shift_ns = 30_000_000_000
        await take_sample(node, cpu=1.0)
        busy = (await until_decided(node.log, 2))[-1]
        await take_sample(node)
        await until_handled(node)
        held = await decided(node.log)
        node.clock.shift_ns = 61_000_000_000
        await take_sample(node)
        calm = (await until_decided(node.log, 3))[-1]

    assert busy.action == pb.DECISION_ACTION_REDUCE_LOAD
    assert busy.reasoning.ruling == pb.DWELL_RULING_CHANGED
    assert len(held) == 2
    assert calm.action == pb.DECISION_ACTION_NORMAL
    assert calm.suppressed_count == 1


async def test_a_restart_goes_on_where_it_stopped(node: Node) -> None:
    """
    Samples taken meanwhile are decided on, none twice, and the dwell and the count survive.
    """
    async with running(node):
        await until_consuming(node)
        for _ in range(3):
            await take_sample(node)
        await until_handled(node)
    await take_sample(node, cpu=1.0)
    async with running(node):
        await until_handled(node)
        within = await decided(node.log)
        node.clock.shift_ns = 31_000_000_000
        await take_sample(node, cpu=1.0)
        after = await until_decided(node.log, 2)

    assert len(within) == 1
    assert after[1].action == pb.DECISION_ACTION_REDUCE_LOAD
    assert after[1].reasoning.previous_action == pb.DECISION_ACTION_NORMAL
    assert after[1].suppressed_count == 3
    assert len({decision.sample_id for decision in after}) == 2


async def test_a_log_that_cannot_be_written_loses_no_decision(node: Node) -> None:
    """
    The sample is tried again until the log takes its decision, which is recorded once.
    """
    async with running(node):
        await until_consuming(node)
        taken = await take_sample(node)
        await until_decided(node.log, 1)
        node.clock.shift_ns = 31_000_000_000
        troubled = await take_sample(node, cpu=1.0)
        # Refused from here on, unless the loop was faster.
        node.log.refusing = True
        await asyncio.sleep(0.3)
        node.log.refusing = False
        found = await until_decided(node.log, 2)

    assert [decision.sample_id for decision in found] == [taken, troubled]
    assert found[1].action == pb.DECISION_ACTION_REDUCE_LOAD
    assert found[1].reasoning.ruling == pb.DWELL_RULING_CHANGED


async def test_nonsense_among_the_samples_is_passed_over(node: Node) -> None:
    """
    Bytes that are no sample are settled, and the next sample is decided on.
    """
    async with running(node):
        await until_consuming(node)
        event = NewEvent(type=SAMPLE_TAKEN, payload=b"\xff\xff\xff", event_id=str(uuid4()))
        await node.log.append(Append(writes=(StreamWrite(stream=f"reflexia/{NODE}", events=(event,)),)))
        taken = await take_sample(node)
        (decision,) = await until_decided(node.log, 1)

    assert decision.sample_id == taken


async def test_a_sample_from_the_future_is_a_finding_and_a_fact(node: Node) -> None:
    """
    The decision lowers its confidence and the violation is recorded beside it, once.
    """
    async with running(node) as server:
        await until_consuming(node)
        await take_sample(node)
        (calm,) = await until_decided(node.log, 1)
        await take_sample(node, age_seconds=-60)
        odd = (await until_decided(node.log, 2))[-1]
        again = (await server.decide()).decision
        (event,) = await events_in(node.log, "zeroia/integrity")

    violated = facts.IntegrityViolated.FromString(event.payload)
    assert [finding.check for finding in odd.findings] == [pb.INTEGRITY_CHECK_TIME_FUTURE]
    assert odd.confidence < calm.confidence
    assert again.findings == odd.findings
    assert violated.decision_id == odd.decision_id
    assert not violated.compromised


async def test_the_probe_follows_the_loop(node: Node) -> None:
    """
    Serving while samples arrive, degraded when none has for long.
    """
    async with running(node) as server:
        await until_consuming(node)
        await take_sample(node)
        await until_decided(node.log, 1)

        assert (await server.probes[DECISIONS]())[0] is Health.SERVING
        assert (await server.probes[POLICY]())[0] is Health.SERVING
