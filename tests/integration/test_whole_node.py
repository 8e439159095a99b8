"""A whole node as its users meet it: gRPC, REST, live streams and the command line, through the real Envoy."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import httpx
import psutil
import pytest
import pytest_asyncio
from arkalia.node.v1.health_pb2 import DegradationLevel
from arkalia.reflexia.v1.reflexia_event_pb2 import SampleTaken
from arkalia.zeroia.v1.zeroia_event_pb2 import DecisionMade
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from arkalia_client import Arkalia, ArkaliaError, connect
from tests.node import Node, running_node

pytestmark = [pytest.mark.mesh, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[Node]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), sample_seconds="0.2", node_name="tested") as node:
            yield node


async def _arkalia(node: Node, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "luna", *arguments),
        env=node.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, complaints = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), complaints.decode()


async def _until_decided(arkalia: Arkalia) -> str:
    async with asyncio.timeout(15):
        while not (newest := await arkalia.decisions.newest()):
            await asyncio.sleep(0.1)
    return newest[0].decision_id


async def test_a_decision_leads_back_to_the_sample_it_was_made_on(node: Node) -> None:
    """
    The decision's cause is the event of a sample of this machine, and its story is that sample's.
    """
    async with connect(node.target) as arkalia:
        decided = await _until_decided(arkalia)
        events = {event.event_id: event async for event in arkalia.events.read()}
        decision_event = events[decided]
        sample_event = events[decision_event.causation_id]

    assert decision_event.type == DecisionMade.DESCRIPTOR.full_name
    assert sample_event.type == SampleTaken.DESCRIPTOR.full_name
    sample = SampleTaken.FromString(sample_event.payload.value).sample
    decision = DecisionMade.FromString(decision_event.payload.value).decision
    assert sample.node == decision.node == "tested"
    assert decision.sample_id == sample.sample_id
    assert decision.sample_position == sample_event.position < decision_event.position
    assert 0 < sample.machine.memory_ratio < 1


async def test_every_service_is_serving_and_its_figures_are_live(node: Node) -> None:
    """
    The head of the log moves on between two looks.
    """
    async with connect(node.target) as arkalia:
        await _until_decided(arkalia)
        async with asyncio.timeout(10):
            while (first := await arkalia.status()).score < 1:
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        second = await arkalia.status()

    assert [service.service for service in first.services if service.reason] == []
    assert second.log.head_position > first.log.head_position
    assert second.sample.time.ToNanoseconds() > first.sample.time.ToNanoseconds()


async def test_events_are_watched_live_over_sse(node: Node) -> None:
    """
    A browser's EventSource sees samples as they are recorded.
    """
    seen: list[str] = []
    sample = SampleTaken.DESCRIPTOR.full_name
    headers = {"accept": "text/event-stream"}
    async with (
        asyncio.timeout(15),
        httpx.AsyncClient(base_url=node.url) as rest,
        rest.stream("GET", "/v1/events:watch?live=true", headers=headers) as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                seen += [event["type"] for event in json.loads(line.removeprefix("data:"))["events"]]
            # Whatever else happens on the node is among them.
            if seen.count(sample) >= 3:
                break

    assert seen.count(sample) >= 3


async def test_a_stream_is_resumed_without_a_gap(node: Node) -> None:
    """
    The token of one batch leads to the very next event.
    """
    async with connect(node.target) as arkalia:
        await arkalia.events.append("tested/resume", [StringValue(value=str(n)) for n in range(3)])
        first, resume_token = await anext(arkalia.events.watch())
        await arkalia.events.append("tested/resume", [StringValue(value="after")])
        following, _ = await anext(arkalia.events.watch(resume_token=resume_token))

    assert following[0].position == first[-1].position + 1


async def test_a_conflict_lists_every_check_that_failed(node: Node) -> None:
    """
    The error says at which version the stream is.
    """
    async with connect(node.target) as arkalia:
        await arkalia.events.append("tested/conflict", [StringValue(value="first")], expected_version=0)
        with pytest.raises(ArkaliaError) as caught:
            await arkalia.events.append("tested/conflict", [StringValue(value="late")], expected_version=0)

    assert caught.value.reason == "EVENT_ERROR_REASON_VERSION_CONFLICT"
    assert caught.value.metadata["actual_version/tested/conflict"] == "1"


@pytest.mark.parametrize("token", ["garbled!", "AVSEPl1jzEqsgzmwTCjU4igAAAAAAAAADPYwNdA"])
async def test_a_resume_token_that_is_not_ours_is_refused(node: Node, token: str) -> None:
    """
    Whether it is garbled or of another node.
    """
    async with connect(node.target) as arkalia:
        with pytest.raises(ArkaliaError) as caught:
            await anext(arkalia.events.watch(resume_token=token))

    assert caught.value.reason == "EVENT_ERROR_REASON_RESUME_TOKEN"
    assert "send an empty one" in str(caught.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", -1, 1.5])
async def test_signals_that_are_no_ratios_are_refused(node: Node, number: object) -> None:
    """
    The field is named, over REST as over gRPC.
    """
    async with httpx.AsyncClient(base_url=node.url) as rest:
        answer = await rest.post("/v1/zeroia/decisions:decide", json={"signals": {"cpuRatio": number}})

    assert answer.status_code == 400
    assert "cpu_ratio" in answer.text


async def test_a_message_of_five_mebibytes_is_refused(node: Node) -> None:
    """
    The error says how much is too much.
    """
    async with connect(node.target) as arkalia:
        with pytest.raises(ArkaliaError) as caught:
            await arkalia.events.append("tested/large", [StringValue(value="x" * 5 * 2**20)])

    assert caught.value.reason == "REQUEST_ERROR_REASON_TOO_LARGE"
    assert caught.value.metadata["limit_bytes"] == str(4 * 2**20)


async def test_an_unknown_consumer_is_named(node: Node) -> None:
    """
    And the error says how to create it.
    """
    async with httpx.AsyncClient(base_url=node.url) as rest:
        answer = await rest.get("/v1/consumers/nobody")

    assert answer.status_code == 404
    assert answer.json()["details"][0]["reason"] == "EVENT_ERROR_REASON_CONSUMER_UNKNOWN"
    assert "CreateConsumer" in answer.json()["message"]


async def test_a_deadline_that_is_too_short_is_said_to_have_passed(node: Node) -> None:
    """
    Whoever notices first: asking every service for its state takes longer than a millisecond.
    """
    headers = {"content-type": "application/grpc", "te": "trailers", "grpc-timeout": "1m"}
    path = "/arkalia.helloria.v1.HelloriaService/GetStatus"
    async with httpx.AsyncClient(base_url=node.url) as rest:
        answer = await rest.post(path, content=b"\0\0\0\0\0", headers=headers)

    assert answer.headers["grpc-status"] == str(grpc.StatusCode.DEADLINE_EXCEEDED.value[0])


async def test_reflection_knows_every_service_of_the_node(node: Node) -> None:
    """
    Also those of other processes.
    """
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async with node.channel() as channel:
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([request]))
        answer = await anext(aiter(call))

    names = {service.name for service in answer.list_services_response.service}
    assert {"arkalia.events.v1.EventService", "arkalia.node.v1.NodeService"} <= names


@pytest.mark.parametrize(
    "payload", [StringValue(value="plain"), Struct(fields={"door": Value(bool_value=True)}), Empty()]
)
async def test_every_payload_that_is_taken_can_be_read_over_rest(node: Node, payload: Message) -> None:
    """
    Well-known types as well as our own.
    """
    async with connect(node.target) as arkalia:
        (recorded,) = await arkalia.events.append("tested/types", [payload])
    async with httpx.AsyncClient(base_url=node.url) as rest:
        found = await rest.get(f"/v1/events/{recorded.event_id}")
        listed = await rest.get("/v1/events", params={"filter.stream": "tested/types"})

    assert found.status_code == 200
    assert found.json()["event"]["payload"]["@type"].endswith(payload.DESCRIPTOR.full_name)
    assert recorded.event_id in listed.text


async def test_health_is_told_for_the_node_and_for_each_of_its_services(node: Node) -> None:
    """
    Whichever process serves it.
    """
    async with connect(node.target) as arkalia:
        services = [service.service for service in (await arkalia.status()).services]
    async with node.channel() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        asked = [health_pb2.HealthCheckRequest(service=name) for name in ["", *services]]
        answers = [(await stub.Check(request, timeout=5)).status for request in asked]

    assert set(answers) == {health_pb2.HealthCheckResponse.SERVING}


async def test_nothing_but_envoy_listens_on_tcp(node: Node) -> None:
    """
    Servers listen on Unix sockets that only their user may open.
    """
    pids = await node.pids()
    listening = {
        name
        for name, pid in {**pids, "supervisor": node.process.pid}.items()
        if any(found.status == psutil.CONN_LISTEN for found in psutil.Process(pid).net_connections("tcp"))
    }
    sockets = [path for path in (node.home / "run").glob("*.sock") if path.is_socket() and not path.is_symlink()]

    assert listening == {"envoy-0"}
    assert sockets
    assert {path.stat().st_mode & 0o777 for path in sockets} == {0o600}


async def test_the_command_line_tells_people_and_programs(node: Node) -> None:
    """
    Each command answers, and in JSON when asked.
    """
    async with connect(node.target) as arkalia:
        await _until_decided(arkalia)

    code, out, _ = await _arkalia(node, "status", "--json")
    assert (code, json.loads(out)["node"]) == (0, "tested")
    assert "SERVING" in (await _arkalia(node, "status"))[1]
    code, out, _ = await _arkalia(node, "decide", "--json")
    decided = json.loads(out)["decisionId"]
    assert code == 0
    code, out, _ = await _arkalia(node, "explain", decided)
    assert (code, "consistency" in out) == (0, True)
    code, out, _ = await _arkalia(node, "events", "--limit", "3", "--json")
    assert (code, len(out.splitlines())) == (0, 3)
    code, out, _ = await _arkalia(node, "watch", "--count", "2", "--json")
    assert (code, len(out.splitlines())) == (0, 2)
    assert await _arkalia(node, "echo", "hello") == (0, "hello\n", "")


async def test_the_level_of_degradation_is_part_of_the_status(node: Node) -> None:
    """
    Whoever sets it sees it there, with the breakers that are open; whoever lets go gets it back.
    """
    code, _, _ = await _arkalia(node, "degradation", "set", "LIGHT", "--reason", "for the test")
    assert code == 0
    async with connect(node.target) as arkalia:
        status = await arkalia.status()
        assert DegradationLevel.Name(status.degradation_level) == "DEGRADATION_LEVEL_LIGHT"
        assert status.HasField("open_circuit_breakers")
        assert "LIGHT  open breakers" in (await _arkalia(node, "status"))[1]
        code, _, _ = await _arkalia(node, "degradation", "set", "NORMAL", "--seconds", "1")
        assert (code, (await arkalia.status()).degradation_level) == (0, DegradationLevel.DEGRADATION_LEVEL_NORMAL)


async def test_what_the_command_line_cannot_do_has_an_exit_code(node: Node) -> None:
    """
    Scripts can tell a refusal from a node that is not there, and both from a mistake.
    """
    unknown = "00000000-0000-4000-8000-000000000000"
    code, _, complaint = await _arkalia(node, "explain", unknown)
    assert (code, unknown in complaint) == (1, True)
    code, _, complaint = await _arkalia(node, "--target", "127.0.0.1:1", "status")
    assert (code, "arkalia up" in complaint) == (69, True)
    code, _, complaint = await _arkalia(node, "statsu")
    assert (code, "status" in complaint) == (64, True)
