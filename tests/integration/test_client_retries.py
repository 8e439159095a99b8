"""The client sends again what may run twice, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import grpc
import grpc.aio
import pytest
from arkalia.node.v1.health_pb2 import DEGRADATION_LEVEL_HEAVY
from arkalia.resilience.v1.circuit_breaker_pb2 import CircuitSelector
from arkalia.resilience.v1.circuit_breaker_service_pb2 import TripCircuitBreakerRequest
from arkalia.resilience.v1.degradation_service_pb2 import SetDegradationRequest
from arkalia.zeroia.v1.zeroia_service_pb2 import DecideRequest
from arkalia.zeroia.v1.zeroia_service_pb2_grpc import DecisionServiceStub

from arkalia_client import UnreachableError, connect


class Moody:
    """Fails the first calls, as a front door does whose backends are away."""

    def __init__(self, failures: int, *, pushback: str = "") -> None:
        self.calls = 0
        self.requests: list[bytes] = []
        self._failures = failures
        self._trailers = (("grpc-retry-pushback-ms", pushback),) if pushback else ()

    async def answer(self, request: bytes, context: Any) -> bytes:
        """Send back what came, which is a valid answer to all that is asked here."""
        self.calls += 1
        self.requests.append(request)
        if self.calls <= self._failures:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away", self._trailers)
        return request


class Everything(grpc.GenericRpcHandler):
    """Leads every call to one handler."""

    def __init__(self, moody: Moody) -> None:
        self._handler: Any = grpc.unary_unary_rpc_method_handler(moody.answer)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return self._handler


@asynccontextmanager
async def serving(moody: Moody, address: str) -> AsyncIterator[None]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Everything(moody),))
    server.add_insecure_port(address)
    await server.start()
    try:
        yield
    finally:
        await server.stop(0)


@pytest.fixture
def address() -> Iterator[str]:
    with TemporaryDirectory(prefix="luna") as folder:
        yield f"unix:{Path(folder) / 'node.sock'}"


async def test_what_may_run_twice_is_sent_again(address: str) -> None:
    """
    The caller of a read does not notice that the first attempts failed.
    """
    moody = Moody(failures=3)
    async with serving(moody, address), connect(address) as node:
        answer = await node.echo("hello")

    assert answer.message == "hello"
    assert moody.calls == 4


async def test_a_command_that_is_sent_again_is_the_same_command(address: str) -> None:
    """
    Each command has an id of its own, and every attempt at it has that one: the node does it once.
    """
    moody = Moody(failures=1)
    async with serving(moody, address), connect(address) as node:
        for _ in range(2):
            await node.breakers.trip(CircuitSelector(peer="log"), reason="an experiment")
            await node.degradation.set(DEGRADATION_LEVEL_HEAVY, reason="an experiment")

    first, again, level, *others = moody.requests
    assert first == again
    trips = [TripCircuitBreakerRequest.FromString(sent).request_id for sent in (first, others[0])]
    levels = [SetDegradationRequest.FromString(sent).request_id for sent in (level, others[1])]
    assert len({UUID(sent) for sent in (*trips, *levels)}) == 4


async def test_what_may_not_run_twice_is_sent_once(address: str) -> None:
    """
    A decision without an id of the caller's is not made twice.
    """
    moody = Moody(failures=1)
    async with serving(moody, address), connect(address) as node:
        with pytest.raises(grpc.aio.AioRpcError):
            await DecisionServiceStub(node.channel).Decide(DecideRequest(), timeout=5)

    assert moody.calls == 1


async def test_a_refusal_that_is_meant_is_final(address: str) -> None:
    """
    The node pushes back with a negative delay, and the client obeys.
    """
    moody = Moody(failures=1, pushback="-1")
    async with serving(moody, address), connect(address) as node:
        with pytest.raises(UnreachableError):
            await node.echo("hello")

    assert moody.calls == 1


async def test_a_node_that_comes_up_later_is_waited_for(address: str) -> None:
    """
    A connection that is refused is no failure, as long as there is time.
    """
    moody = Moody(failures=0)
    async with connect(address) as node:
        asked = asyncio.ensure_future(node.echo("hello"))
        await asyncio.sleep(0.3)
        async with serving(moody, address):
            answer = await asked

    assert answer.message == "hello"
