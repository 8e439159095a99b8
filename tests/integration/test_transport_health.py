"""Health, reflection and channelz: the services that every process has."""

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from luna.manifest import Health
from luna.transport.health import HealthMonitor
from tests.integration.transport_contract import SERVICE
from tests.integration.transport_probe import probe_node, until

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def test_unknown_services_have_no_health() -> None:
    """
    Check says NOT_FOUND, Watch says SERVICE_UNKNOWN, List has what there is.
    """
    async with probe_node() as node:
        stub = health_pb2_grpc.HealthStub(node.channel)
        await until(lambda: node.health.snapshot()[""].serving)
        with pytest.raises(grpc.aio.AioRpcError, match="NOT_FOUND"):
            await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
        watch = stub.Watch(health_pb2.HealthCheckRequest(service="nobody"))
        watched = (await watch.read()).status
        watch.cancel()
        listed = await stub.List(health_pb2.HealthListRequest())

    assert watched == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    assert {name: response.status for name, response in listed.statuses.items()} == {"": SERVING}


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_answers_under_both_names(version: str) -> None:
    """
    Tools ask v1 first; what they get describes every service, reflection itself too.
    """
    async with probe_node() as node:
        call: Any = node.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        names = [service.name for service in (await call.read()).list_services_response.service]
        described = []
        for name in names:
            await call.write(reflection_pb2.ServerReflectionRequest(file_containing_symbol=name))
            described.append(len((await call.read()).file_descriptor_response.file_descriptor_proto))
        await call.done_writing()
        ended = await call.read()

    assert {SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"} <= set(names)
    assert all(described)
    assert ended is grpc.aio.EOF


@pytest.mark.parametrize("channelz", [True, False])
async def test_channelz_is_there_when_asked_for(channelz: bool) -> None:  # noqa: FBT001
    """
    It tells about connections, so it is off unless an operator wants it.
    """
    async with probe_node(channelz=channelz) as node:
        stub = channelz_pb2_grpc.ChannelzStub(node.channel)
        code = await stub.GetServers(channelz_pb2.GetServersRequest(start_server_id=0)).code()

    assert code is (grpc.StatusCode.OK if channelz else grpc.StatusCode.UNIMPLEMENTED)


class Patient:
    """A probe that says what it is told to."""

    def __init__(self) -> None:
        self.answer: tuple[Health, str] | Exception | None = (Health.SERVING, "")

    async def __call__(self) -> tuple[Health, str]:
        if self.answer is None:
            await asyncio.sleep(60)
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None
        return self.answer


@pytest.fixture
async def monitored() -> tuple[HealthMonitor, Patient]:
    patient = Patient()
    return HealthMonitor({"a.B": patient}, probe_seconds=0.05), patient


async def test_nothing_is_healthy_before_it_was_probed(monitored: tuple[HealthMonitor, Patient]) -> None:
    """
    Health is the result of a probe, never a constant.
    """
    monitor, _ = monitored

    assert {name: checkup.serving for name, checkup in monitor.snapshot().items()} == {"": False, "a.B": False}


@pytest.mark.parametrize(
    ("answer", "serving", "reason"),
    [
        ((Health.SERVING, ""), True, ""),
        ((Health.DEGRADED, "slow"), True, "slow"),
        ((Health.NOT_SERVING, "no disk"), False, "no disk"),
        (RuntimeError("boom"), False, "RuntimeError: boom"),
        (None, False, "no answer within 0.05 s"),
    ],
)
async def test_health_is_what_the_probe_found(
    monitored: tuple[HealthMonitor, Patient],
    answer: Any,
    serving: bool,  # noqa: FBT001
    reason: str,
) -> None:
    """
    Degraded stays in rotation; a probe that fails or hangs is an answer too.
    """
    monitor, patient = monitored
    patient.answer = answer
    await monitor.probe()
    found = monitor.snapshot()

    assert (found["a.B"].serving, found["a.B"].reason) == (serving, reason)
    assert found[""].serving is serving


async def test_since_is_when_the_health_changed(monitored: tuple[HealthMonitor, Patient]) -> None:
    """
    Being found the same again does not reset it.
    """
    monitor, patient = monitored
    await monitor.probe()
    first = monitor.snapshot()["a.B"].since_ns
    await monitor.probe()
    same = monitor.snapshot()["a.B"].since_ns
    patient.answer = (Health.NOT_SERVING, "gone")
    await monitor.probe()

    assert same == first < monitor.snapshot()["a.B"].since_ns


async def test_a_probe_cannot_undo_the_shutdown(monitored: tuple[HealthMonitor, Patient]) -> None:
    """
    From then on everything is NOT_SERVING.
    """
    monitor, _ = monitored
    monitor.shut_down()
    await monitor.probe()

    assert not any(checkup.serving for checkup in monitor.snapshot().values())
