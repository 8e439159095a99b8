"""Projections that are damaged, found damaged and made anew, through a real server and a recovery that listens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import grpc.aio
import pytest
from arkalia.node.v1 import health_pb2
from arkalia.recovery.v1 import recovery_pb2, recovery_service_pb2
from arkalia.resilience.v1 import degradation_service_pb2, projection_pb2, resilience_event_pb2
from arkalia.resilience.v1 import projection_service_pb2 as rpc

from luna.kernel.faults import Damage, FaultKind
from luna.manifest import Health, Toolbox
from luna.modules.resilience import vigil
from tests.integration.resilience_server import STREAMS, Reporter, Running, running
from tests.integration.zeroia_server import Node, events_in, reason

CIRCUITS = "resilience/circuits"
DEGRADATION = "resilience/degradation"
SERVICE = "arkalia.resilience.v1.ProjectionService"


@dataclass(kw_only=True)
class Offered:
    """Remembers what could be damaged."""

    damages: dict[str, Damage] = field(default_factory=dict)

    def offer(self, kind: FaultKind, name: str, damage: Damage) -> None:
        assert kind is FaultKind.CORRUPT_PROJECTION
        self.damages[name] = damage


class Listening:
    """A recovery that takes reports, from the second one on."""

    def __init__(self) -> None:
        self.errors: list[recovery_pb2.ErrorReport] = []

    async def report(
        self,
        request: recovery_service_pb2.ReportErrorRequest,
        context: "grpc.aio.ServicerContext[object, object]",
    ) -> recovery_service_pb2.ReportErrorResponse:
        self.errors.append(request.error)
        if len(self.errors) == 1:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        return recovery_service_pb2.ReportErrorResponse()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vigil, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(vigil, "SAVE_LOOKS", 2)


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def offered() -> Offered:
    return Offered()


@pytest.fixture
async def recovery() -> AsyncIterator[tuple[Listening, grpc.aio.Channel]]:
    server, listening = grpc.aio.server(), Listening()
    handler = grpc.unary_unary_rpc_method_handler(
        listening.report,
        request_deserializer=recovery_service_pb2.ReportErrorRequest.FromString,
        response_serializer=recovery_service_pb2.ReportErrorResponse.SerializeToString,
    )
    name = "arkalia.recovery.v1.RecoveryService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"ReportError": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield listening, channel
    await server.stop(0)


@pytest.fixture
def tools(node: Node, offered: Offered, recovery: tuple[Listening, grpc.aio.Channel], tmp_path: Path) -> Toolbox:
    return replace(node.tools(), faults=offered, peers=lambda _: recovery[1], home=tmp_path)


async def listed(server: Running) -> dict[str, projection_pb2.Projection]:
    answer = await server.projections.ListProjections(rpc.ListProjectionsRequest())
    return {one.name: one for one in answer.projections}


async def rebuilt(server: Running, name: str) -> projection_pb2.Projection:
    return (await server.projections.RebuildProjection(rpc.RebuildProjectionRequest(name=name))).projection


@asynccontextmanager
async def busy(node: Node, tools: Toolbox) -> AsyncIterator[Running]:
    """A server in whose log something has happened, and was folded."""
    async with running(node, tools) as server:
        log = Reporter(node=node, stub=server.circuits)
        log.fail(log.breaker(), 5)
        await log.tell()
        await server.degradation.SetDegradation(
            degradation_service_pb2.SetDegradationRequest(
                level=health_pb2.DEGRADATION_LEVEL_LIGHT, reason="an experiment"
            )
        )
        await until(server, CIRCUITS)
        await until(server, DEGRADATION)
        yield server


async def until(server: Running, name: str) -> projection_pb2.Projection:
    async with asyncio.timeout(5):
        while (found := (await listed(server))[name]).position < found.head or not found.head:
            await asyncio.sleep(0.01)
    return found


async def test_projections_follow_the_log(node: Node, tools: Toolbox) -> None:
    """
    Each is verified when it is listed.
    """
    async with busy(node, tools) as server:
        found = await listed(server)

        assert list(found) == [CIRCUITS, DEGRADATION]
        assert [one.entries for one in found.values()] == [1, 2]
        assert all(one.intact and one.process == "kernel-0" for one in found.values())
        assert (await server.probes[SERVICE]())[0] is Health.SERVING


async def test_damage_is_found_reported_and_mended(
    node: Node, tools: Toolbox, offered: Offered, recovery: tuple[Listening, grpc.aio.Channel]
) -> None:
    """
    Help is asked for until somebody listens; building it again makes it what it was, on record.
    """
    async with busy(node, tools) as server:
        before = (await listed(server))[CIRCUITS]
        offered.damages[CIRCUITS]()
        health, why = await server.probes[SERVICE]()
        assert (health, why) == (Health.DEGRADED, f"damaged: {CIRCUITS}")
        assert not (await listed(server))[CIRCUITS].intact
        async with asyncio.timeout(5):
            while len(recovery[0].errors) < 2:
                await asyncio.sleep(0.01)
        told = await rebuilt(server, CIRCUITS)

        assert told.intact
        assert told.checksum == before.checksum
        assert told.HasField("rebuild_time")
        assert (await server.probes[SERVICE]())[0] is Health.SERVING
    first, second, *_ = recovery[0].errors
    assert first.error_id == second.error_id
    assert first.type == recovery_pb2.ERROR_TYPE_STATE_CORRUPTED
    assert (first.target.process, first.target.resource, first.reporter) == ("kernel", CIRCUITS, "kernel-0")
    [event] = await events_in(node.log, STREAMS.projection)
    fact = resilience_event_pb2.ProjectionRebuilt.FromString(event.payload)
    assert fact.checksum == fact.expected_checksum != fact.found_checksum


async def test_damage_of_another_time_is_another_report(
    node: Node, tools: Toolbox, offered: Offered, recovery: tuple[Listening, grpc.aio.Channel]
) -> None:
    """
    Although what is held is the same.
    """
    async with busy(node, tools) as server:
        for count in (1, 2):
            offered.damages[DEGRADATION]()
            async with asyncio.timeout(5):
                while len({error.error_id for error in recovery[0].errors}) < count:
                    await asyncio.sleep(0.01)
            await rebuilt(server, DEGRADATION)
            await asyncio.sleep(0.1)

    assert len({error.error_id for error in recovery[0].errors}) == 2


async def test_a_start_goes_on_from_what_was_saved(node: Node, tools: Toolbox, tmp_path: Path) -> None:
    """
    And folds the log where that is damaged.
    """
    kept = tmp_path / "projections"
    async with busy(node, tools) as server:
        before = await listed(server)
        async with asyncio.timeout(5):
            while len(list(kept.glob("kernel-0.*"))) < 2:
                await asyncio.sleep(0.01)
    for harm in (False, True):
        if harm:
            for path in kept.iterdir():
                path.write_bytes(path.read_bytes()[:-5])
        async with running(node, tools) as server:
            for name in (CIRCUITS, DEGRADATION):
                found = await until(server, name)
                assert found.intact
                assert found.checksum == before[name].checksum


async def test_a_projection_that_is_not_there_cannot_be_built(node: Node, tools: Toolbox) -> None:
    """
    The refusal names it.
    """
    async with running(node, tools) as server:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await rebuilt(server, "resilience/nothing")

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert reason(caught.value).reason == "RESILIENCE_ERROR_REASON_PROJECTION_UNKNOWN"
    assert dict(reason(caught.value).metadata) == {"name": "resilience/nothing"}
