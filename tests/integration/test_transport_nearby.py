"""Calls to services of the same process."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest

from luna.kernel import context
from luna.kernel.context import CallContext, current_call
from luna.transport.nearby import Nearby
from luna.transport.peers import Peers
from tests.integration.transport_contract import SERVICE, question
from tests.integration.transport_probe import Node, Stub, details, probe_node, until

NOBODY = "unix:/nobody/listens/here.sock"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@asynccontextmanager
async def nearby_node(target: str = NOBODY) -> AsyncIterator[tuple[Node, Stub]]:
    """Serve the probe, and yield a stub of the process itself, whose socket is said to be at *target*."""
    nearby = Nearby("probe")
    peers = Peers({SERVICE: target}, message_bytes_max=1024, processes={SERVICE: "probe"}, nearby=nearby)
    async with probe_node() as node:
        nearby.open(node.chain, [node.probe.register])
        try:
            yield node, Stub(peers(SERVICE))
        finally:
            await peers.aclose()


async def test_no_socket_is_needed() -> None:
    """
    Not even if nobody listens there.
    """
    async with nearby_node() as (node, stub):
        answer = await stub["Ask"](question("hello", count=3))

    assert (answer.text, len(answer.ballast)) == ("hello", 3)
    assert node.probe.seen == ["hello"]


async def test_a_call_knows_what_it_is_told_and_no_more() -> None:
    """
    What it is made for goes along, as over a socket; and whoever calls is afterwards who it was before.
    """
    async with nearby_node() as (node, stub):
        behind = CallContext(trace_id=TRACE, subject="somebody", correlation_id="order-7", priority=2)
        token = context.enter(behind)
        await stub["Ask"](question("hello"))
        after = current_call()
        context.leave(token)
        found = node.probe.contexts[0]

    assert after is behind
    assert (found.trace_id, found.correlation_id, found.subject) == (TRACE, "order-7", "")
    assert found.deadline is not None
    assert found.deadline - time.monotonic() < 0.3


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("refuse", grpc.StatusCode.FAILED_PRECONDITION),
        ("later", grpc.StatusCode.UNAVAILABLE),
        ("break", grpc.StatusCode.INTERNAL),
        ("hang", grpc.StatusCode.DEADLINE_EXCEEDED),
        ("x" * 101, grpc.StatusCode.INVALID_ARGUMENT),
        ("x" * 2000, grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_it_fails_as_over_a_socket(asked: str, code: grpc.StatusCode) -> None:
    """
    With the same code, words and trailers.
    """
    async with nearby_node() as (node, stub):
        with pytest.raises(grpc.aio.AioRpcError) as near:
            await stub["Ask"](question(asked))
        with pytest.raises(grpc.aio.AioRpcError) as far:
            await node.stub["Ask"](question(asked))

    assert near.value.code() is far.value.code() is code
    assert _without_numbers(near.value.details()) == _without_numbers(far.value.details())
    assert {*dict(near.value.trailing_metadata() or ())} == {*dict(far.value.trailing_metadata() or ())}
    if asked == "refuse":
        assert details(near.value).reason == "PROBE_ERROR_REASON_NO"


async def test_whoever_gives_up_ends_it() -> None:
    """
    The work would be for nobody.
    """
    async with nearby_node() as (node, stub):
        asking = asyncio.ensure_future(stub["Look"](question("hang")))
        await until(lambda: node.probe.seen == ["hang"])
        asking.cancel()
        await asyncio.wait({asking})
        await until(lambda: node.probe.ended == ["hang"])

    assert asking.cancelled()


async def test_a_probe_takes_the_socket() -> None:
    """
    It is to find out whether others get through.
    """
    async with nearby_node() as (node, stub):
        token = context.enter(context.PROBE)
        with pytest.raises(grpc.aio.AioRpcError):
            await stub["Ask"](question("hello"), timeout=0.2)
        context.leave(token)

    assert node.probe.seen == []


def _without_numbers(said: str | None) -> str:
    return re.sub(r"[0-9.]+", "#", said or "")
