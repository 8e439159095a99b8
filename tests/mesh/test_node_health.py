"""Health of the whole node, as the sidecar answers it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from luna.sidecar.node_health import NODE_SERVICE, NodeHealth
from luna.sidecar.places import socket_link
from luna.topology import SPLIT

EVENTS, HELLORIA = "arkalia.events.v1.EventService", "arkalia.helloria.v1.HelloriaService"
MEMORY = "arkalia.memory.v1.MemoryService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def process(run: Path, name: str, service: str) -> tuple[grpc.aio.Server, HealthServicer]:
    server, health = grpc.aio.server(), HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    for known in ("", service):
        await health.set(known, SERVING)
    server.add_insecure_port(f"unix:{socket_link(run, name, 0)}")
    await server.start()
    return server, health


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[tuple[health_pb2_grpc.HealthStub, HealthServicer, grpc.aio.Server]]:
    log, log_health = await process(tmp_path, "log", EVENTS)
    kernel, _ = await process(tmp_path, "kernel", HELLORIA)
    mind, _ = await process(tmp_path, "mind", MEMORY)
    whole = NodeHealth(SPLIT, tmp_path)
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(whole, server)
    server.add_insecure_port(f"unix:{tmp_path / 'sidecar.sock'}")
    await server.start()
    async with grpc.aio.insecure_channel(f"unix:{tmp_path / 'sidecar.sock'}") as channel:
        yield health_pb2_grpc.HealthStub(channel), log_health, log
    for each in (server, log, kernel, mind):
        await each.stop(None)
    await whole.aclose()


async def status(stub: health_pb2_grpc.HealthStub, service: str) -> int:
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    return int(answer.status)


async def test_each_service_is_asked_of_its_own_process(
    node: tuple[health_pb2_grpc.HealthStub, HealthServicer, grpc.aio.Server],
) -> None:
    """
    One that is unwell makes the node unwell, and no other service.
    """
    stub, log_health, _ = node
    before = [await status(stub, service) for service in ("", EVENTS, HELLORIA, NODE_SERVICE)]
    for service in ("", EVENTS):
        await log_health.set(service, NOT_SERVING)
    after = [await status(stub, service) for service in ("", EVENTS, HELLORIA, NODE_SERVICE)]

    assert before == [SERVING] * 4
    assert after == [NOT_SERVING, NOT_SERVING, SERVING, SERVING]


async def test_a_process_that_does_not_answer_is_not_serving(
    node: tuple[health_pb2_grpc.HealthStub, HealthServicer, grpc.aio.Server],
) -> None:
    """
    Silence is no health.
    """
    stub, _, log = node
    await log.stop(None)

    assert await status(stub, EVENTS) == NOT_SERVING
    assert await status(stub, "") == NOT_SERVING


async def test_a_service_that_nobody_serves_is_unknown(
    node: tuple[health_pb2_grpc.HealthStub, HealthServicer, grpc.aio.Server],
) -> None:
    """
    Neither an unknown module nor an unknown service of a known one.
    """
    stub, _, _ = node

    for service in ("nobody.v1.Service", "arkalia.nobody.v1.Service", "arkalia.events.v1.Nobody"):
        assert await status(stub, service) == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


async def test_a_watcher_is_told_of_each_change(
    node: tuple[health_pb2_grpc.HealthStub, HealthServicer, grpc.aio.Server],
) -> None:
    """
    The status at once, then every other one.
    """
    stub, log_health, _ = node
    call = stub.Watch(health_pb2.HealthCheckRequest(service=EVENTS))
    async with asyncio.timeout(5):
        first = (await call.read()).status
        await log_health.set(EVENTS, NOT_SERVING)
        second = (await call.read()).status
    call.cancel()

    assert (first, second) == (SERVING, NOT_SERVING)
