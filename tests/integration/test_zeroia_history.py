"""Lists and streams of decisions, through a real server and a real client."""

import asyncio
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc

from luna.modules.zeroia.decision_history import DECISIONS_MAX
from tests.integration.zeroia_server import BUSY, CALM, Node, Running, reason, running

RIGHT = pb.OUTCOME_VERDICT_RIGHT


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def server(node: Node) -> AsyncIterator[Running]:
    async with running(node) as server:
        yield server


def position_of(answer: rpc.DecideResponse) -> int:
    return answer.position


async def report(server: Running, decision_id: str) -> None:
    await server.decisions.ReportOutcome(rpc.ReportOutcomeRequest(decision_id=decision_id, verdict=RIGHT))


async def test_a_list_is_newest_first_and_pages_meet(server: Running) -> None:
    """
    Pages hold every decision once, and filters hold on all of them.
    """
    made = [(await server.decide(signals=signals)).decision.decision_id for signals in (CALM, BUSY, CALM, BUSY, CALM)]
    pages, token = list[str](), ""
    while True:
        page = await server.decisions.ListDecisions(rpc.ListDecisionsRequest(page_size=2, page_token=token))
        pages += [decision.decision_id for decision in page.decisions]
        if not (token := page.next_page_token):
            break
    busy = await server.decisions.ListDecisions(
        rpc.ListDecisionsRequest(actions=[pb.DECISION_ACTION_REDUCE_LOAD], page_size=10)
    )

    assert pages == made[::-1]
    assert [decision.decision_id for decision in busy.decisions] == [made[3], made[1]]


async def test_a_list_goes_on_where_no_more_are_kept_at_hand(server: Running) -> None:
    """
    Decisions that are no longer kept come from the log, with their outcomes, and those made in between are seen.
    """
    made = list[str]()
    for _ in range(DECISIONS_MAX // 200 + 1):
        calls = (server.decide(signals=CALM) for _ in range(200))
        made += [answer.decision.decision_id for answer in sorted(await asyncio.gather(*calls), key=position_of)]
        await server.decisions.ListDecisions(rpc.ListDecisionsRequest(page_size=1))
    await report(server, made[3])
    found, token = list[pb.Decision](), None
    while token != "":
        page = await server.decisions.ListDecisions(rpc.ListDecisionsRequest(page_size=500, page_token=token or ""))
        found, token = [*found, *page.decisions], page.next_page_token
    nothing = await server.decisions.ListDecisions(rpc.ListDecisionsRequest(node="nobody"))

    assert [decision.decision_id for decision in found] == made[::-1]
    assert [decision.decision_id for decision in found if decision.HasField("outcome")] == [made[3]]
    assert not nothing.decisions


async def test_an_outcome_shows_in_the_list_at_once(node: Node, server: Running) -> None:
    """
    Whether it was reported before or after the decision was first listed.
    """
    made = [(await server.decide(signals=CALM)).decision.decision_id for _ in range(3)]

    async def verdicts(server: Running) -> list[int]:
        page = await server.decisions.ListDecisions(rpc.ListDecisionsRequest())
        return [decision.outcome.verdict for decision in page.decisions]

    await report(server, made[0])
    first = await verdicts(server)
    await report(server, made[2])
    async with running(node) as again:
        assert [first, await verdicts(server), await verdicts(again)] == [
            [0, 0, RIGHT],
            [RIGHT, 0, RIGHT],
            [RIGHT, 0, RIGHT],
        ]


async def test_a_garbled_page_token_is_refused(server: Running) -> None:
    """
    The error says what to do.
    """
    with pytest.raises(grpc.aio.AioRpcError, match="empty one") as caught:
        await server.decisions.ListDecisions(rpc.ListDecisionsRequest(page_token="forged"))

    assert reason(caught.value).reason == "ZEROIA_ERROR_REASON_PAGE_TOKEN"


async def test_watching_resumes_without_gap_or_repeat(server: Running) -> None:
    """
    A client that reconnects continues just after the last decision it saw.
    """
    made = [(await server.decide(signals=CALM)).decision.decision_id for _ in range(2)]
    call = server.decisions.WatchDecisions(rpc.WatchDecisionsRequest())
    first = await anext(aiter(call))
    call.cancel()
    made += [(await server.decide(signals=CALM)).decision.decision_id for _ in range(3)]
    seen = [decision.decision_id for decision in first.decisions]
    call = server.decisions.WatchDecisions(rpc.WatchDecisionsRequest(resume_token=first.resume_token))
    async with asyncio.timeout(5):
        while len(seen) < 4:
            seen += [decision.decision_id for decision in (await anext(aiter(call))).decisions]
    call.cancel()

    assert seen == made[1:]


async def test_a_quiet_stream_sends_checkpoints(server: Running) -> None:
    """
    A proxy sees traffic, and the client keeps a recent token.
    """
    call = server.decisions.WatchDecisions(rpc.WatchDecisionsRequest())
    async with asyncio.timeout(5):
        answers = [await anext(aiter(call)) for _ in range(3)]
    call.cancel()

    assert all(not answer.decisions and answer.resume_token for answer in answers)
