"""A level of degradation, from the decision to what callers of a whole node are told."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import httpx
import pytest
import pytest_asyncio
from arkalia.node.v1.health_pb2 import DegradationLevel
from arkalia.node.v1.node_service_pb2 import GetNodeRequest
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub
from arkalia.resilience.v1.degradation_service_pb2 import ReleaseDegradationRequest, SetDegradationRequest
from arkalia.resilience.v1.degradation_service_pb2_grpc import DegradationServiceStub

from tests.node import Node, running_node

pytestmark = [pytest.mark.mesh, pytest.mark.asyncio(loop_scope="module")]

LOW, CRITICAL = "/v1/capabilities", "/v1/echo/x"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), sample_seconds="0.2") as node:
            yield node


async def hold(node: Node, level: int) -> None:
    request = SetDegradationRequest(level=DegradationLevel.Name(level), reason="a test")
    async with node.channel() as channel:
        await DegradationServiceStub(channel).SetDegradation(request, timeout=10)


async def edge_level(node: Node) -> str:
    """Return the level that Envoy says when it answers by itself."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{node.url}/nowhere")
    return str(answer.headers["x-arkalia-degradation"])


async def edge_says(node: Node, level: str) -> None:
    async with asyncio.timeout(10):
        while {await edge_level(node) for _ in range(6)} != {level}:
            await asyncio.sleep(0.05)


async def test_envoy_refuses_what_a_held_level_does_not_do(node: Node) -> None:
    """
    And lets it in again when the level is left. The sidecar's answers say the level as well.
    """
    await hold(node, DegradationLevel.DEGRADATION_LEVEL_MODERATE)
    await edge_says(node, "MODERATE")
    async with httpx.AsyncClient(base_url=node.url) as client, node.channel() as channel:
        low, critical = await client.get(LOW), await client.get(CRITICAL)
        call = NodeServiceStub(channel).GetNode(GetNodeRequest(), timeout=10)
        await call
        trailers = dict(await call.trailing_metadata())
    await hold(node, DegradationLevel.DEGRADATION_LEVEL_NORMAL)
    await edge_says(node, "NORMAL")
    async with httpx.AsyncClient(base_url=node.url) as client:
        again = await client.get(LOW)

    assert (low.status_code, low.json()["details"][0]["reason"]) == (503, "REQUEST_ERROR_REASON_DEGRADED")
    assert critical.status_code == 200
    assert trailers["x-arkalia-degradation"] == "MODERATE"
    assert again.status_code == 200


async def test_the_level_outlives_the_sidecar(node: Node) -> None:
    """
    Envoy stays at it while nobody leads, and follows again afterwards.
    """
    await hold(node, DegradationLevel.DEGRADATION_LEVEL_LIGHT)
    await edge_says(node, "LIGHT")
    os.kill(await node.sidecar_pid(), signal.SIGKILL)
    seen = set()
    async with asyncio.timeout(20):
        while not await _answers(node):
            seen.add(await edge_level(node))
            await asyncio.sleep(0.05)
    seen.add(await edge_level(node))
    async with node.channel() as channel:
        await DegradationServiceStub(channel).ReleaseDegradation(ReleaseDegradationRequest(reason="over"), timeout=10)
    await hold(node, DegradationLevel.DEGRADATION_LEVEL_NORMAL)
    await edge_says(node, "NORMAL")

    assert seen == {"LIGHT"}


async def _answers(node: Node) -> bool:
    try:
        await node.sidecar_pid()
    except grpc.aio.AioRpcError:
        return False
    return True
