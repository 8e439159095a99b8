"""Decisions, through a real server and a real client."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import grpc.aio
import pytest
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc

from tests.integration.zeroia_server import (
    BUSY,
    CALM,
    DESPERATE,
    Node,
    Running,
    decided,
    events_in,
    reason,
    running,
    take_sample,
)
from tests.zeroia import NODE, total


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(node: Node) -> AsyncIterator[Running]:
    async with running(node) as server:
        yield server


async def test_a_decision_is_in_the_log_when_it_is_answered(node: Node, server: Running) -> None:
    """
    The answer and the event are the same decision, and the id of one is the id of the other.
    """
    made = await server.decide(signals=BUSY)
    event = await node.log.find(made.decision.decision_id)
    found = await server.decisions.GetDecision(rpc.GetDecisionRequest(decision_id=made.decision.decision_id))

    assert event is not None
    assert event.position == made.position == found.position
    assert found.decision == made.decision
    assert made.decision.action == pb.DECISION_ACTION_REDUCE_LOAD
    assert made.decision.origin == pb.DECISION_ORIGIN_SIGNALS


async def test_an_id_that_was_used_answers_the_first_decision(server: Running) -> None:
    """
    A retried request is one decision, whatever the retry asks.
    """
    chosen = str(uuid4())
    first = await server.decide(signals=CALM, decision_id=chosen)
    second = await server.decide(signals=DESPERATE, decision_id=chosen.upper())

    assert not first.duplicate
    assert second.duplicate
    assert second.decision == first.decision


async def test_an_id_of_something_else_is_refused(node: Node, server: Running) -> None:
    """
    A sample's id names no decision, and none can be made under it.
    """
    taken = await take_sample(node)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.decide(signals=CALM, decision_id=taken)
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await server.decisions.GetDecision(rpc.GetDecisionRequest(decision_id=taken))

    assert reason(caught.value).reason == "ZEROIA_ERROR_REASON_ID_TAKEN"
    assert reason(unknown.value).reason == "ZEROIA_ERROR_REASON_DECISION_UNKNOWN"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
async def test_an_impossible_reading_is_refused(server: Running, value: float) -> None:
    """
    Not a number, infinity and values out of range never reach a decision.
    """
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.decide(signals=pb.Signals(cpu_ratio=value))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_without_a_sample_the_caller_is_told_what_to_do(server: Running) -> None:
    """
    The error names the node.
    """
    with pytest.raises(grpc.aio.AioRpcError, match="send signals") as caught:
        await server.decide()

    assert reason(caught.value).metadata == {"node": NODE}


async def test_the_newest_sample_is_judged_with_its_age(node: Node, server: Running) -> None:
    """
    A sample that is older than twice its interval raises the severity and lowers the confidence.
    """
    await take_sample(node)
    fresh = (await server.decide()).decision
    node.clock.shift_ns = 10_000_000_000
    stale = (await server.decide()).decision

    assert fresh.sample_id == stale.sample_id
    assert stale.sample_age.ToNanoseconds() > 2 * stale.sample_interval.ToNanoseconds()
    assert stale.severity == fresh.severity + 1
    assert stale.confidence < fresh.confidence


async def test_every_explicit_decision_is_recorded(node: Node, server: Running) -> None:
    """
    Repeats are suppressed by the loop, never for somebody who asked.
    """
    await take_sample(node)
    for _ in range(5):
        await server.decide()

    assert len([one for one in await decided(node.log) if one.origin == pb.DECISION_ORIGIN_CALL]) == 5


async def test_an_explanation_adds_up_to_the_confidence(node: Node, server: Running) -> None:
    """
    Level by level, exactly, and in words.
    """
    await take_sample(node, cpu=0.9)
    made = (await server.decide()).decision
    answer = await server.decisions.ExplainDecision(rpc.ExplainDecisionRequest(decision_id=made.decision_id))
    tree = answer.explanation.confidence

    assert tree.contribution == made.confidence == total([term.contribution for term in tree.terms])
    assert {"consistency", "system_health", "context_relevance", "clarity"} <= {term.name for term in tree.terms}
    assert all(term.text for term in tree.terms)
    assert "pressure" in answer.explanation.summary
    assert any("dwell" in step or "took effect" in step or "stays" in step for step in answer.explanation.reasoning)


async def test_many_decisions_on_one_stream_have_hysteresis_between_them(server: Running) -> None:
    """
    A pressure just below the threshold keeps what it had entered; alone it would be normal.
    """

    async def requests() -> AsyncIterator[rpc.DecideManyRequest]:
        for cpu in (0.72, 0.645, 0.1):
            yield rpc.DecideManyRequest(request=rpc.DecideRequest(signals=pb.Signals(cpu_ratio=cpu)))

    answers = [answer.responses[0].decision async for answer in server.decisions.DecideMany(requests())]
    alone = (await server.decide(signals=pb.Signals(cpu_ratio=0.57))).decision

    assert [one.reasoning.wanted_action for one in answers] == [
        pb.DECISION_ACTION_MONITOR,
        pb.DECISION_ACTION_MONITOR,
        pb.DECISION_ACTION_NORMAL,
    ]
    assert answers[2].action == pb.DECISION_ACTION_MONITOR
    assert answers[2].reasoning.ruling == pb.DWELL_RULING_HELD
    assert alone.action == pb.DECISION_ACTION_NORMAL


async def test_an_outcome_is_reported_once_and_counts_for_the_calibration(server: Running) -> None:
    """
    The same verdict again is the same outcome; another one is refused.
    """
    made = (await server.decide(signals=CALM)).decision
    report = rpc.ReportOutcomeRequest(decision_id=made.decision_id, verdict=pb.OUTCOME_VERDICT_RIGHT, note="it was")
    first = (await server.decisions.ReportOutcome(report)).decision
    again = (await server.decisions.ReportOutcome(report)).decision
    report.verdict = pb.OUTCOME_VERDICT_TOO_WEAK
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.decisions.ReportOutcome(report)
    async with asyncio.timeout(5):
        while not (found := (await server.decisions.GetCalibration(rpc.GetCalibrationRequest())).calibration).bins:
            await asyncio.sleep(0.005)
    listed = (await server.decisions.ListDecisions(rpc.ListDecisionsRequest())).decisions[0]

    assert first == again == listed
    assert first.outcome.note == "it was"
    assert reason(caught.value).reason == "ZEROIA_ERROR_REASON_OUTCOME_EXISTS"
    assert found.outcome_count == 1
    assert found.brier_score == pytest.approx((1 - made.confidence) ** 2)
    assert found.calibration_error == pytest.approx(1 - made.confidence)


async def test_decisions_at_once_are_all_recorded(node: Node, server: Running) -> None:
    """
    Sixty-four callers get sixty-four decisions, each at the position it was told.
    """
    answers = await asyncio.gather(*(server.decide(signals=CALM) for _ in range(64)))
    stored = {event.event_id: event.position for event in await events_in(node.log, "zeroia/decisions")}

    assert stored == {answer.decision.decision_id: answer.position for answer in answers}
    assert len(stored) == 64
