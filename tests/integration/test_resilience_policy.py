"""The policies of breakers and their revisions, through a real server."""

from collections.abc import AsyncIterator

import grpc.aio
import pytest
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from google.protobuf.duration_pb2 import Duration

from luna.resilience.circuit import CircuitPolicy
from luna.resilience.circuit_messages import policy_to_pb
from tests.integration.resilience_server import APPEND, READ, STREAMS, Reporter, Running, name_of, running
from tests.integration.zeroia_server import Node, events_in, reason

LOG = pb.CircuitSelector(process="log")


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(node: Node) -> AsyncIterator[Running]:
    async with running(node) as server:
        yield server


async def current(server: Running, number: int | None = None) -> pb.CircuitPolicyRevision:
    request = rpc.GetCircuitBreakerPolicyRequest(revision=number)
    return (await server.circuits.GetCircuitBreakerPolicy(request)).revision


async def change(
    server: Running,
    policy: pb.CircuitBreakerPolicy | None,
    *,
    etag: str,
    selector: pb.CircuitSelector | None = LOG,
    dry_run: bool = False,
) -> rpc.UpdateCircuitBreakerResponse:
    request = rpc.UpdateCircuitBreakerRequest(
        selector=selector, policy=policy, etag=etag, reason="for the test", dry_run=dry_run
    )
    return await server.circuits.UpdateCircuitBreaker(request)


def nervous() -> pb.CircuitBreakerPolicy:
    return policy_to_pb(CircuitPolicy(consecutive_failures=2))


async def test_a_node_that_was_never_told_otherwise_has_the_built_in_policy(server: Running) -> None:
    """
    Revision 0, and no rules.
    """
    revision = await current(server)

    assert revision.revision == 0
    assert revision.policy == policy_to_pb(CircuitPolicy())
    assert not revision.rules


async def test_a_change_is_a_revision_that_outlives_the_process(node: Node, server: Running) -> None:
    """
    A rule is added, replaced and removed, each in a revision of its own.
    """
    first = (await change(server, nervous(), etag=(await current(server)).etag)).revision
    calm = policy_to_pb(CircuitPolicy(consecutive_failures=50))
    second = (await change(server, calm, etag=first.etag)).revision
    third = (await change(server, None, etag=second.etag)).revision

    assert [len(one.rules) for one in (first, second, third)] == [1, 1, 0]
    assert second.rules[0].policy == calm
    assert await current(server, 1) == first
    async with running(node) as restarted:
        assert await current(restarted) == third
    assert len(await events_in(node.log, STREAMS.breaker_policy)) == 3


async def test_what_is_said_for_all_leaves_the_rules(server: Running) -> None:
    """
    Without a selector, the policy is that of breakers without a rule.
    """
    first = (await change(server, nervous(), etag=(await current(server)).etag)).revision
    second = (await change(server, nervous(), etag=first.etag, selector=None)).revision

    assert second.policy == nervous()
    assert list(second.rules) == list(first.rules)


async def test_a_contradictory_policy_is_refused_whole(node: Node, server: Running) -> None:
    """
    Every violation is in the answer, and nothing is recorded.
    """
    policy = nervous()
    policy.window_calls = 5
    policy.open_max.CopyFrom(Duration(seconds=1))
    policy.ClearField("window")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await change(server, policy, etag=(await current(server)).etag)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    info = reason(caught.value)
    assert info.reason == "RESILIENCE_ERROR_REASON_POLICY_INVALID"
    assert set(info.metadata) == {
        "violation/policy.window",
        "violation/policy.window_calls",
        "violation/policy.open_max",
    }
    assert not await events_in(node.log, STREAMS.breaker_policy)


async def test_a_rule_that_is_not_there_cannot_be_removed(server: Running) -> None:
    """
    Nor can the policy of all.
    """
    etag = (await current(server)).etag
    for selector in (LOG, None):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await change(server, None, etag=etag, selector=selector)
        assert set(reason(caught.value).metadata) == {"violation/policy"}


async def test_a_stale_etag_is_refused(server: Running) -> None:
    """
    Whoever has not seen the newest revision must not undo it.
    """
    first = await current(server)
    made = (await change(server, nervous(), etag=first.etag)).revision
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await change(server, policy_to_pb(CircuitPolicy(calls_min=50)), etag=first.etag)

    assert caught.value.code() is grpc.StatusCode.ABORTED
    info = reason(caught.value)
    assert info.reason == "RESILIENCE_ERROR_REASON_POLICY_CHANGED"
    assert dict(info.metadata) == {"etag": made.etag, "revision": "1"}


async def test_a_change_that_is_repeated_is_made_once(node: Node, server: Running) -> None:
    """
    Whoever lost the answer gets it again.
    """
    etag = (await current(server)).etag
    first = await change(server, nervous(), etag=etag)
    again = await change(server, nervous(), etag=etag)

    assert again.revision == first.revision
    assert len(await events_in(node.log, STREAMS.breaker_policy)) == 1


async def test_a_dry_run_tells_what_would_open(node: Node, server: Running) -> None:
    """
    Which breakers change their policy, and which have counted enough already; nothing is recorded.
    """
    log = Reporter(node=node, stub=server.circuits)
    log.fail(log.breaker(APPEND), 3)
    log.breaker(READ)
    await log.report()
    kernel = Reporter(node=node, stub=server.circuits, process="kernel-0")
    kernel.fail(kernel.breaker(APPEND), 3)
    await kernel.report()

    told = await change(server, nervous(), etag=(await current(server)).etag, dry_run=True)

    assert told.revision.revision == 1
    assert list(told.affected) == [name_of("log-0"), name_of("log-0", READ)]
    assert list(told.opening) == [name_of("log-0")]
    assert (await current(server)).revision == 0


async def test_revisions_are_listed_newest_first(server: Running) -> None:
    """
    In pages, down to what is built in.
    """
    etag = (await current(server)).etag
    for failures in (2, 3, 4):
        policy = policy_to_pb(CircuitPolicy(consecutive_failures=failures))
        etag = (await change(server, policy, etag=etag)).revision.etag
    numbers: list[list[int]] = []
    token = ""
    while not numbers or token:
        answer = await server.circuits.ListCircuitBreakerPolicyRevisions(
            rpc.ListCircuitBreakerPolicyRevisionsRequest(page_size=2, page_token=token)
        )
        numbers.append([one.revision for one in answer.revisions])
        token = answer.next_page_token

    assert numbers == [[3, 2], [1, 0]]


async def test_a_revision_that_was_never_made_is_not_found(server: Running) -> None:
    """
    The refusal names it.
    """
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await current(server, 7)

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert dict(reason(caught.value).metadata) == {"revision": "7"}
