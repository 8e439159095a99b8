"""Lists and streams of decisions, through a real server and a real client."""

import asyncio
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from arkalia.zeroia.v1 import zeroia_service_pb2 as rpc

from tests.integration.zeroia_server import BUSY, CALM, Node, Running, reason, running


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    async with running(Node()) as server:
        yield server


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
