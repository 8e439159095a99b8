"""What Envoy refuses by itself at each level of degradation, over every protocol."""

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import grpc
import httpx
import pytest
from arkalia.events.v1.event_service_pb2 import GetConsumerRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest, GetStatusRequest, ListCapabilitiesRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from arkalia.options.v1 import method_pb2
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.resilience.levels import Level
from luna.sidecar.envoy.configuration import descriptor_set
from luna.sidecar.envoy.contract import Rpc, read_contract
from luna.sidecar.envoy.routes import served
from tests.mesh.mesh import TOPOLOGY, Mesh, channel_to, wait_until
from tests.mesh.refusals import read_details, refusal_of, trailers_of

pytestmark = pytest.mark.mesh

HELLORIA = "arkalia.helloria.v1.HelloriaService"
ORIGIN = {"origin": "https://console.test"}
RPCS = served(read_contract(descriptor_set()), TOPOLOGY)
FIRST_REFUSED: Mapping[Level, int] = {
    Level.NORMAL: method_pb2.PRIORITY_OPTIONAL + 1,
    Level.LIGHT: method_pb2.PRIORITY_OPTIONAL,
    Level.MODERATE: method_pb2.PRIORITY_LOW,
    Level.HEAVY: method_pb2.PRIORITY_LOW,
    Level.EMERGENCY: method_pb2.PRIORITY_MEDIUM,
    Level.SURVIVAL: method_pb2.PRIORITY_HIGH,
}
"""The first priority that is refused at each level; at HEAVY, the one before is limited."""


@pytest.fixture(autouse=True)
def calm(mesh: Mesh) -> Iterator[None]:
    """Leave the mesh as it was found."""
    yield
    mesh.follow(Level.NORMAL)


def refused(ask: Callable[[], object]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        ask()
    return caught.value


def is_refused(channel: grpc.Channel, rpc: Rpc) -> bool:
    """Call *rpc* with nothing, and return whether it failed because of the level."""
    kind = f"{'stream' if rpc.client_streaming else 'unary'}_{'stream' if rpc.server_streaming else 'unary'}"
    request = iter([b""]) if rpc.client_streaming else b""
    try:
        answer = getattr(channel, kind)(rpc.path)(request, timeout=5)
        if rpc.server_streaming:
            next(answer, None)
            answer.cancel()
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            return refusal_of(error)[0].reason == "REQUEST_ERROR_REASON_DEGRADED"
    return False


@pytest.mark.parametrize("level", list(Level), ids=lambda level: level.name)
def test_each_level_refuses_the_priorities_below_it(mesh: Mesh, channel: grpc.Channel, level: Level) -> None:
    """
    Every rpc of the node is asked. Those that control the node pass at every level.
    """
    mesh.follow(level)
    found = {rpc.path for rpc in RPCS if is_refused(channel, rpc)}

    assert found == {rpc.path for rpc in RPCS if rpc.priority >= FIRST_REFUSED[level] and not rpc.control}
    assert any(rpc.control for rpc in RPCS)


def test_a_refused_grpc_call_says_why_and_when_to_try_again(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    In words, in details for programs, and in the trailers that gRPC clients and other Envoys go by.
    """
    mesh.follow(Level.MODERATE)
    error = refused(lambda: HelloriaServiceStub(channel).ListCapabilities(ListCapabilitiesRequest()))
    info, retry = refusal_of(error)
    trailers = trailers_of(error)

    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error.details() == "at level MODERATE the node does no work of priority LOW; try again in 5 s"
    assert (info.reason, info.domain) == ("REQUEST_ERROR_REASON_DEGRADED", "request.arkalia.dev")
    assert info.metadata == {"level": "MODERATE", "priority": "LOW"}
    assert retry == 5
    assert trailers["x-arkalia-degradation"] == "MODERATE"
    assert trailers["grpc-retry-pushback-ms"] == "-1"
    assert trailers["x-envoy-ratelimited"] == "true"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_refused_rest_call_says_the_same(mesh: Mesh, rest: httpx.Client, accept: str) -> None:
    """
    As JSON, with a status of HTTP that says to come back, and readable for pages of an allowed origin.
    """
    mesh.follow(Level.MODERATE)
    answer = rest.get("/v1/status:watch", headers={"accept": accept, **ORIGIN})
    info, retry = answer.json()["details"]

    assert answer.status_code == 503
    assert answer.json()["code"] == 14
    assert answer.json()["message"] == "at level MODERATE the node does no work of priority LOW; try again in 5 s"
    assert info == {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "REQUEST_ERROR_REASON_DEGRADED",
        "domain": "request.arkalia.dev",
        "metadata": {"level": "MODERATE", "priority": "LOW"},
    }
    assert retry == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "5s"}
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["x-arkalia-degradation"] == "MODERATE"
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]


def test_a_refused_rest_call_is_not_read_first(mesh: Mesh, rest: httpx.Client) -> None:
    """
    Its body is nobody's business any more.
    """
    mesh.follow(Level.SURVIVAL)
    answer = rest.post("/v1/consumers", content="nonsense", headers={"content-type": "text/plain"})

    assert answer.status_code == 503


@pytest.mark.parametrize("form", ["application/grpc-web+proto", "application/grpc-web-text"])
def test_a_refused_grpc_web_call_says_the_same(mesh: Mesh, rest: httpx.Client, form: str) -> None:
    """
    With status and details in the headers of an answer without messages, readable for pages of an allowed origin.
    """
    mesh.follow(Level.MODERATE)
    content = base64.b64encode(bytes(5)) if form.endswith("text") else bytes(5)
    headers = {"content-type": form, "accept": form, "x-grpc-web": "1", **ORIGIN}
    answer = rest.post(f"/{HELLORIA}/ListCapabilities", content=content, headers=headers)
    details = answer.headers["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(base64.b64decode(details + "=" * (-len(details) % 4)))

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["grpc-status"] == "14"
    assert answer.headers["grpc-message"] == status.message
    assert read_details(status)[0].metadata == {"level": "MODERATE", "priority": "LOW"}
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
    assert "grpc-status-details-bin" in answer.headers["access-control-expose-headers"]


def test_at_heavy_work_of_medium_priority_is_limited(mesh: Mesh, channel: grpc.Channel, rest: httpx.Client) -> None:
    """
    A burst is let in, the rest is told to wait. REST calls draw from the same bucket, and other rpcs from their own.
    """
    mesh.follow(Level.HEAVY)
    events = EventServiceStub(channel)

    def ask() -> grpc.RpcError | None:
        try:
            events.GetConsumer(GetConsumerRequest(name="a"))
        except grpc.RpcError as error:
            return error
        return None

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(), range(300)))
    over_rest = next(answer for answer in iter(lambda: rest.get("/v1/consumers/a"), None) if answer.status_code == 429)
    other = rest.get("/v1/consumers")
    limited = next(error for error in answers if error)
    info, retry = refusal_of(limited)

    assert answers.count(None) >= 50
    assert limited.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert info.reason == "REQUEST_ERROR_REASON_OVERLOADED"
    assert (info.metadata["level"], info.metadata["priority"]) == ("HEAVY", "MEDIUM")
    assert retry == 1
    assert trailers_of(limited)["grpc-retry-pushback-ms"] == "1000"
    assert over_rest.json()["code"] == 8
    assert over_rest.json()["details"][0]["reason"] == "REQUEST_ERROR_REASON_OVERLOADED"
    assert over_rest.headers["retry-after"] == "1"
    assert other.status_code == 200


def test_answers_say_the_level(mesh: Mesh, channel: grpc.Channel, rest: httpx.Client) -> None:
    """
    Those of the processes, and those that Envoy gives by itself.
    """
    mesh.follow(Level.EMERGENCY)
    answer, call = HelloriaServiceStub(channel).Echo.with_call(EchoRequest(message="x"))
    said = [rest.get(path).headers["x-arkalia-degradation"] for path in ("/v1/echo/x", "/v1/nothing", "/v1/consumers")]

    assert answer.message == "x"
    assert dict(call.initial_metadata())["x-arkalia-degradation"] == "EMERGENCY"
    assert set(said) == {"EMERGENCY"}


def test_health_is_answered_at_every_level(mesh: Mesh, channel: grpc.Channel, rest: httpx.Client) -> None:
    """
    Otherwise a node that defends itself would be taken for dead.
    """
    mesh.follow(Level.SURVIVAL)
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert rest.get("/healthz").status_code == 200


def test_a_suspended_service_does_nothing_but_what_controls_the_node(
    mesh: Mesh, channel: grpc.Channel, rest: httpx.Client
) -> None:
    """
    Whatever the priority of its rpcs. Other services go on.
    """
    mesh.follow(Level.LIGHT, suspended={HELLORIA})
    stub = HelloriaServiceStub(channel)
    error = refused(lambda: stub.Echo(EchoRequest(message="x")))
    info, _ = refusal_of(error)

    assert info.metadata == {"level": "LIGHT", "priority": "CRITICAL"}
    assert HELLORIA in str(error.details())
    assert rest.get("/v1/echo/x").status_code == 503
    assert stub.GetStatus(GetStatusRequest()).status.score == 1
    assert rest.get("/v1/consumers").status_code == 200


def test_levels_change_under_load_without_failing_a_critical_call(mesh: Mesh) -> None:
    """
    Each change takes effect while calls go on.
    """
    stop = threading.Event()
    outcomes: list[str] = []
    with ThreadPoolExecutor(4) as pool, channel_to(mesh) as channel:
        for _ in range(4):
            pool.submit(_keep_asking, mesh, stop, outcomes)
        for level in [*Level, *reversed(Level)]:
            mesh.follow(level)
            wait_until(partial(_goes_by, channel, level))
        stop.set()

    assert set(outcomes) == {"x"}
    assert len(outcomes) > 100


def _keep_asking(mesh: Mesh, stop: threading.Event, outcomes: list[str]) -> None:
    with channel_to(mesh) as channel:
        while not stop.is_set():
            try:
                outcomes.append(HelloriaServiceStub(channel).Echo(EchoRequest(message="x")).message)
            except grpc.RpcError as error:
                outcomes.append(str(error))


def _goes_by(channel: grpc.Channel, level: Level) -> bool:
    try:
        HelloriaServiceStub(channel).ListCapabilities(ListCapabilitiesRequest())
    except grpc.RpcError:
        return level >= Level.MODERATE
    return level < Level.MODERATE


@pytest.mark.parametrize(
    "broken",
    ["{", '{"resources": []', '"@type": "type.googleapis.com/nobody.Knows"', '"cluster": "nowhere"', '"unknown": 1'],
)
def test_a_broken_file_of_routes_changes_nothing(mesh: Mesh, channel: grpc.Channel, broken: str) -> None:
    """
    Envoy says that it refused it, and goes by what it had.
    """
    mesh.follow(Level.SURVIVAL)
    whole = mesh.places.routes.read_text()
    spoiled = {
        '"cluster": "nowhere"': lambda: whole.replace('"cluster": "kernel"', broken),
        '"unknown": 1': lambda: whole.replace('"domains"', f'{broken}, "domains"'),
        '"@type": "type.googleapis.com/nobody.Knows"': lambda: f'{{"resources": [{{{broken}}}]}}',
    }.get(broken, lambda: broken)()
    before = _complaints(mesh)
    draft = mesh.places.routes.with_suffix(".draft")
    draft.write_text(spoiled)
    draft.rename(mesh.places.routes)
    wait_until(lambda: _complaints(mesh) > before)
    error = refused(lambda: HelloriaServiceStub(channel).ListCapabilities(ListCapabilitiesRequest()))

    assert refusal_of(error)[0].metadata["level"] == "SURVIVAL"
    assert HelloriaServiceStub(channel).Echo(EchoRequest(message="x")).message == "x"


def _complaints(mesh: Mesh) -> int:
    return sum(mesh.stat(f"http.edge.rds.edge.update_{kind}") for kind in ("rejected", "failure"))
