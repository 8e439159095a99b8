"""Channels between processes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from luna.kernel.context import CallContext, enter, leave
from luna.transport.peers import Peers, UnknownPeerError
from luna.transport.request_errors import DeadlineError
from tests.integration.transport_contract import SERVICE, question
from tests.integration.transport_probe import Node, Stub, details, probe_node

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@asynccontextmanager
async def peers_of(address: str) -> AsyncIterator[Peers]:
    peers = Peers({SERVICE: address}, message_bytes_max=1024)
    try:
        yield peers
    finally:
        await peers.aclose()


@asynccontextmanager
async def behind(**fields: Any) -> AsyncIterator[None]:
    """Act on behalf of a call."""
    token = enter(CallContext(**fields))
    try:
        yield
    finally:
        leave(token)


async def test_what_is_known_of_a_call_goes_along() -> None:
    """
    Trace, correlation, and what is left of the deadline, minus what the caller needs itself.
    """
    async with probe_node() as node, peers_of(node.address) as peers:
        deadline = time.monotonic() + 0.2
        async with behind(trace_id=TRACE, traceparent=PARENT, correlation_id="order-7", deadline=deadline):
            await Stub(peers(SERVICE))["Ask"](question("hello"))
        found = node.probe.contexts[0]

    assert (found.trace_id, found.traceparent, found.correlation_id) == (TRACE, PARENT, "order-7")
    assert found.deadline is not None
    assert found.deadline < deadline


async def test_a_spent_deadline_is_not_sent_on() -> None:
    """
    The work would be for nobody.
    """
    async with probe_node() as node, peers_of(node.address) as peers:
        async with behind(deadline=time.monotonic() - 1):
            with pytest.raises(DeadlineError):
                Stub(peers(SERVICE))["Ask"](question("hello"))
        assert node.probe.seen == []


@pytest.mark.parametrize("method", ["Tell", "Talk", "Collect"])
async def test_streams_carry_the_trace_too(method: str) -> None:
    """
    One wrapper serves all four shapes.
    """
    async with probe_node() as node, peers_of(node.address) as peers:
        async with behind(trace_id=TRACE):
            call = Stub(peers(SERVICE))[method](question() if method == "Tell" else iter([question()]))
            if method == "Collect":
                await call
            else:
                assert len([response async for response in call]) == (method == "Talk")
        trailers = await call.trailing_metadata()

    assert dict(trailers)["x-arkalia-trace"] == TRACE


async def test_one_channel_serves_all_services_of_a_process() -> None:
    """
    Channels cost memory that is never given back.
    """
    peers = Peers({"a.A": "unix:/x", "a.B": "unix:/x", "a.C": "unix:/y"}, message_bytes_max=1024)
    channels = [peers(name) for name in ("a.A", "a.B", "a.C", "a.A")]
    await peers.aclose()

    assert len({id(channel) for channel in channels}) == 2
    with pytest.raises(UnknownPeerError, match=r"a\.A, a\.B, a\.C"):
        peers("a.D")


async def test_a_peer_that_restarts_is_back_within_a_second(tmp_path: Path) -> None:
    """
    Reconnecting does not wait for long, and calls with a deadline wait for the connection.
    """
    address = f"unix:{tmp_path / 'p.sock'}"
    async with peers_of(address) as peers:
        stub = Stub(peers(SERVICE))
        async with probe_node(address=address):
            await stub["Ask"](question("hello"))
        with pytest.raises(grpc.aio.AioRpcError):
            await stub["Ask"](question("hello"), timeout=0.3)
        async with probe_node(address=address):
            started = time.monotonic()
            await stub["Ask"](question("hello"), timeout=3)

    assert time.monotonic() - started < 1


class Relay:
    """Asks a peer, and lets its failures through."""

    def __init__(self, node: Node, stub: Stub, **kwargs: Any) -> None:
        self._stub = stub
        self._kwargs = kwargs
        node.probe._do = self.relay  # type: ignore[method-assign]

    async def relay(self, request: Any, context: Any) -> None:
        del context
        await self._stub["Ask"](request, **self._kwargs)


async def test_a_peers_refusal_is_passed_on(tmp_path: Path) -> None:
    """
    It was said in the words of a contract.
    """
    async with (
        probe_node(address=f"unix:{tmp_path / 'a.sock'}") as far,
        peers_of(far.address) as peers,
        probe_node() as near,
    ):
        Relay(near, Stub(peers(SERVICE)))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await near.stub["Ask"](question("refuse"))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert details(caught.value).reason == "PROBE_ERROR_REASON_NO"


async def test_a_peer_that_is_gone_is_named(tmp_path: Path) -> None:
    """
    The caller learns that it may try again, and who was missing.
    """
    async with peers_of(f"unix:{tmp_path / 'nobody.sock'}") as peers, probe_node() as near:
        Relay(near, Stub(peers(SERVICE)), wait_for_ready=False)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await near.stub["Ask"](question("hello"))

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert details(caught.value).reason == "REQUEST_ERROR_REASON_PEER_UNAVAILABLE"
    assert details(caught.value).metadata["peer"] == SERVICE
