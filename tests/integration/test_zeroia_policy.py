"""The policy and its revisions, through a real server and a real client."""

import asyncio
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc

from luna.modules.zeroia.errors import PolicyChangedError
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.policy import built_in
from tests.integration.zeroia_server import Node, Running, reason, running, take_sample

ONLY_CPU = pb.Signals(cpu_ratio=0.45)


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(node: Node) -> AsyncIterator[Running]:
    async with running(node) as server:
        yield server


async def current(server: Running) -> pb.PolicyRevision:
    return (await server.policy.GetPolicy(rpc.GetPolicyRequest())).revision


async def change(server: Running, policy: pb.Policy, etag: str) -> pb.PolicyRevision:
    request = rpc.UpdatePolicyRequest(policy=policy, etag=etag, reason="for the test")
    return (await server.policy.UpdatePolicy(request)).revision


def nervous() -> pb.Policy:
    policy = built_in()
    policy.actions.monitor = 0.4
    return policy


async def test_a_node_that_was_never_told_otherwise_has_the_built_in_policy(server: Running) -> None:
    """
    Revision 0, with every number set.
    """
    revision = await current(server)

    assert revision.revision == 0
    assert revision.policy == built_in()


async def test_a_changed_policy_is_what_decisions_are_made_by(node: Node, server: Running) -> None:
    """
    The next decision names the new revision, and so does a node that was started again.
    """
    before = (await server.decide(signals=ONLY_CPU)).decision
    revision = await change(server, nervous(), (await current(server)).etag)
    after = (await server.decide(signals=ONLY_CPU)).decision
    async with running(node) as again:
        restarted = (await again.decide(signals=ONLY_CPU)).decision

    assert (before.policy_revision, before.action) == (0, pb.DECISION_ACTION_NORMAL)
    assert (after.policy_revision, after.action) == (1, pb.DECISION_ACTION_MONITOR)
    assert (restarted.policy_revision, restarted.action) == (1, pb.DECISION_ACTION_MONITOR)
    assert revision.reason == "for the test"


async def test_an_old_decision_is_explained_by_the_policy_of_its_time(server: Running) -> None:
    """
    A later revision changes no explanation.
    """
    made = (await server.decide(signals=ONLY_CPU)).decision
    request = rpc.ExplainDecisionRequest(decision_id=made.decision_id)
    before = await server.decisions.ExplainDecision(request)
    await change(server, nervous(), (await current(server)).etag)
    after = await server.decisions.ExplainDecision(request)

    assert before.explanation == after.explanation


async def test_of_two_changes_to_one_revision_the_second_is_refused(server: Running) -> None:
    """
    The error carries the etag to read and try again with; the same change again is the same revision.
    """
    etag = (await current(server)).etag
    first = await change(server, nervous(), etag)
    again = await change(server, nervous(), etag)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await change(server, built_in(), etag)

    assert first == again
    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert reason(caught.value).metadata == {"etag": first.etag, "revision": "1"}


async def test_changes_at_once_make_one_revision(server: Running) -> None:
    """
    Of sixteen different changes to one revision one is made, fifteen are refused.
    """
    etag = (await current(server)).etag

    async def one(index: int) -> str:
        policy = nervous()
        policy.pressure.calls_min = index + 1
        try:
            await change(server, policy, etag)
        except grpc.aio.AioRpcError as error:
            return reason(error).reason
        return "made"

    found = sorted(await asyncio.gather(*(one(index) for index in range(16))))

    assert found == ["ZEROIA_ERROR_REASON_POLICY_CHANGED"] * 15 + ["made"]
    assert (await current(server)).revision == 1


async def test_two_replicas_cannot_both_change_one_revision(node: Node) -> None:
    """
    The log refuses the second change even where its replica has not heard of the first.
    """
    here, there = (PolicyBook(node.log, node.clock, source) for source in ("here", "there"))
    etag = (await there.get(None)).etag
    made = await here.update(nervous(), etag=etag, reason="")
    with pytest.raises(PolicyChangedError):
        await there.update(built_in(), etag=etag, reason="")

    assert (await there.get(None)) == made


async def test_a_replica_hears_of_a_change_that_another_made(node: Node, server: Running) -> None:
    """
    Its next decisions are made by the new policy.
    """
    async with running(node) as other:
        before = (await other.decide(signals=ONLY_CPU)).decision.policy_revision
        await change(server, nervous(), (await current(server)).etag)
        async with asyncio.timeout(5):
            while (await other.decide(signals=ONLY_CPU)).decision.policy_revision == before:
                await asyncio.sleep(0.005)


async def test_all_violations_are_listed(server: Running) -> None:
    """
    Weights, thresholds and scales that break their rules are named together.
    """
    policy = built_in()
    policy.score.consistency = 0.5
    policy.actions.monitor = 0.9
    policy.pressure.scales.cpu.high = 0.5
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await change(server, policy, (await current(server)).etag)

    assert set(reason(caught.value).metadata) == {
        "violation/score",
        "violation/actions",
        "violation/pressure.scales.cpu",
    }


async def test_an_earlier_revision_is_brought_back_as_a_new_one(server: Running) -> None:
    """
    Rolling back to the built-in policy is revision 2, and the list tells the story.
    """
    changed = await change(server, nervous(), (await current(server)).etag)
    request = rpc.RollbackPolicyRequest(revision=0, etag=changed.etag, reason="too nervous")
    restored = (await server.policy.RollbackPolicy(request)).revision
    first = await server.policy.ListPolicyRevisions(rpc.ListPolicyRevisionsRequest(page_size=2))
    rest = await server.policy.ListPolicyRevisions(rpc.ListPolicyRevisionsRequest(page_token=first.next_page_token))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.policy.GetPolicy(rpc.GetPolicyRequest(revision=7))

    assert restored.policy == built_in()
    assert (restored.revision, restored.restored_revision) == (2, 0)
    assert [one.revision for one in (*first.revisions, *rest.revisions)] == [2, 1, 0]
    assert reason(caught.value).reason == "ZEROIA_ERROR_REASON_REVISION_UNKNOWN"


async def test_a_replay_shows_both_policies_side_by_side(node: Node, server: Running) -> None:
    """
    The summary counts what the stream showed, the progress reaches the end, and nothing is recorded.
    """
    for index in range(300):
        await take_sample(node, cpu=0.45 if index >= 100 else 0.2, age_seconds=3600 - index)
    head = await node.log.head()
    policy = nervous()
    policy.pressure.worst_share = 1
    answers = [answer async for answer in server.policy.ReplayDecisions(rpc.ReplayDecisionsRequest(policy=policy))]
    shown = [decision for answer in answers for decision in answer.decisions]
    summary = answers[-1].summary
    done = [answer.progress.done_ratio for answer in answers]

    assert summary.sample_count == 300
    assert summary.differing_count == len(shown) > 0
    assert all(one.differs and one.current.action != one.changed.action for one in shown)
    assert sum(action.changed_count for action in summary.actions) == 300
    assert done == sorted(done)
    assert done[-1] == 1
    assert not summary.truncated
    assert {event.type for event in (await node.log.read(after=head)).events} <= {"arkalia.zeroia.v1.DecisionMade"}


async def test_a_replay_stops_where_it_was_told_to(node: Node, server: Running) -> None:
    """
    It says that there would have been more.
    """
    for index in range(20):
        await take_sample(node, age_seconds=600 - index)
    request = rpc.ReplayDecisionsRequest(policy=built_in(), samples_max=7, include_same=True)
    answers = [answer async for answer in server.policy.ReplayDecisions(request)]

    assert sum(len(answer.decisions) for answer in answers) == 7
    assert answers[-1].summary.truncated
