"""One port, every protocol."""

import base64
import json
import re
import struct
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from socketserver import UnixStreamServer

import grpc
import httpx
import pytest
from arkalia.events.v1.event_service_pb2 import GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest, EchoResponse, WatchStatusRequest, WatchStatusResponse
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.mesh.mesh import Mesh

pytestmark = pytest.mark.mesh

ORIGIN = {"origin": "https://console.test"}
GRPC_WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", **ORIGIN}
ECHO = "/arkalia.helloria.v1.HelloriaService/Echo"
WATCH = "/arkalia.helloria.v1.HelloriaService/WatchStatus"


def frame(message: Message) -> bytes:
    payload = message.SerializeToString()
    return b"\0" + struct.pack(">I", len(payload)) + payload


def frames(body: bytes) -> Iterator[tuple[int, bytes]]:
    while body:
        flags, size = struct.unpack(">BI", body[:5])
        yield flags, body[5 : 5 + size]
        body = body[5 + size :]


def unpack(text: bytes) -> bytes:
    """Decode pieces of base64 that follow each other, each with its own padding."""
    return b"".join(base64.b64decode(piece) for piece in re.findall(rb"[^=]+=*", text))


def test_a_grpc_call_reaches_the_process_that_serves_it(channel: grpc.Channel) -> None:
    """
    Services are routed by the module in their name.
    """
    echoed = HelloriaServiceStub(channel).Echo(EchoRequest(message="hi"))
    stats = EventServiceStub(channel).GetStats(GetStatsRequest())

    assert (echoed.message, echoed.process[:6]) == ("hi", "kernel")
    assert stats.log_id == "log-0"


def test_a_grpc_stream_arrives_as_it_is_made(channel: grpc.Channel) -> None:
    """
    The first message does not wait for the last.
    """
    started = time.monotonic()
    call = HelloriaServiceStub(channel).WatchStatus(WatchStatusRequest(interval=Duration(nanos=300_000_000)))
    times = [(answer.status.score, time.monotonic() - started) for answer in call]

    assert [score for score, _ in times] == [0.0, 0.5, 1.0]
    assert times[0][1] < 0.25 < times[1][1]


@pytest.mark.parametrize("text", [False, True], ids=["binary", "text"])
def test_a_grpc_web_call_gets_a_message_and_a_trailer_frame(rest: httpx.Client, *, text: bool) -> None:
    """
    As a browser would do it, in both formats.
    """
    body, headers = frame(EchoRequest(message="web")), dict(GRPC_WEB)
    if text:
        body, headers["content-type"] = base64.b64encode(body), "application/grpc-web-text+proto"
        headers["accept"] = headers["content-type"]
    answer = rest.post(ECHO, content=body, headers=headers)
    parts = list(frames(unpack(answer.content) if text else answer.content))

    assert answer.status_code == 200
    assert [flags for flags, _ in parts] == [0, 0x80]
    assert EchoResponse.FromString(parts[0][1]).message == "web"
    assert b"grpc-status:0" in parts[1][1]
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]


def test_a_grpc_web_stream_has_a_frame_for_each_message(rest: httpx.Client) -> None:
    """
    Three messages, then the trailers.
    """
    answer = rest.post(WATCH, content=frame(WatchStatusRequest()), headers=GRPC_WEB)
    parts = list(frames(answer.content))

    assert [flags for flags, _ in parts] == [0, 0, 0, 0x80]
    assert [WatchStatusResponse.FromString(part).status.score for _, part in parts[:3]] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("path", [ECHO, "/v1/echo"])
def test_a_browser_of_an_allowed_origin_may_call(rest: httpx.Client, path: str) -> None:
    """
    The preflight names the methods and headers; one of another origin names no origin, so the browser refuses.
    """
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,x-grpc-web"}
    allowed = rest.options(path, headers={**ORIGIN, **asked})
    foreign = rest.options(path, headers={"origin": "https://elsewhere.test", **asked})

    assert allowed.headers["access-control-allow-origin"] == ORIGIN["origin"]
    assert "x-grpc-web" in allowed.headers["access-control-allow-headers"]
    assert "grpc-status" in allowed.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in foreign.headers


def test_rest_takes_json_and_paths(rest: httpx.Client) -> None:
    """
    The same rpc by POST with a body and by GET with a path.
    """
    posted = rest.post("/v1/echo", json={"message": "hi"})
    got = rest.get("/v1/echo/hello%20you")

    assert (posted.status_code, posted.json()["message"]) == (200, "hi")
    assert (got.status_code, got.json()["message"]) == (200, "hello you")


def test_rest_takes_nested_messages_under_both_names_of_a_field(rest: httpx.Client) -> None:
    """
    The JSON name and the name in the contract, lists, durations, timestamps and Any.
    """
    policy = {
        "filter": {"types": ["x"], "since_time": "2026-01-01T00:00:00Z"},
        "ackTimeout": "3s",
        "backoff": ["1s", "2s"],
    }
    made = rest.post("/v1/consumers", json={"name": "a:b", "policy": policy})
    payload = {"@type": "type.googleapis.com/arkalia.helloria.v1.EchoRequest", "message": "x"}
    appended = rest.post("/v1/events:append", json={"appends": [{"stream": "a/b", "events": [{"payload": payload}]}]})

    assert made.status_code == 200, made.text
    assert made.json()["consumer"]["policy"]["backoff"] == ["1s", "2s"]
    assert made.json()["consumer"]["policy"]["filter"]["sinceTime"] == "2026-01-01T00:00:00Z"
    assert appended.status_code == 200, appended.text


def test_rest_streams_lines_of_json_unless_asked_for_events(rest: httpx.Client) -> None:
    """
    Newline-delimited JSON for programs, server-sent events for browsers, each as it is made.
    """
    lines = rest.get("/v1/status:watch", params={"interval": "0.1s"})
    with rest.stream("GET", "/v1/status:watch?interval=0.3s", headers={"accept": "text/event-stream"}) as events:
        started = time.monotonic()
        kind = events.headers["content-type"]
        arrivals = [(time.monotonic() - started, line) for line in events.iter_lines() if line]

    assert [json.loads(line)["status"]["score"] for line in lines.text.splitlines()] == [0, 0.5, 1]
    assert kind == "text/event-stream"
    assert [json.loads(line.removeprefix("data: "))["status"]["score"] for _, line in arrivals] == [0, 0.5, 1]
    assert arrivals[0][0] < 0.25 < arrivals[1][0]


def test_the_openapi_document_is_served_to_everybody(rest: httpx.Client) -> None:
    """
    Whole, as JSON, and to pages of any origin.
    """
    answer = rest.get("/openapi.json", headers=ORIGIN)

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "/v1/echo" in answer.json()["paths"]


def test_health_of_the_node_is_asked_of_the_sidecar(channel: grpc.Channel, rest: httpx.Client) -> None:
    """
    ``/healthz`` is what Envoy found out by itself.
    """
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert rest.get("/healthz").status_code == 200


def test_prometheus_reads_envoy_and_never_the_front_door(mesh: Mesh, rest: httpx.Client) -> None:
    """
    Metrics are on their own loopback port.
    """
    answer = httpx.get(f"http://127.0.0.1:{mesh.settings.metrics_port}/metrics/envoy")

    assert "envoy_cluster_upstream_rq_total" in answer.text
    assert rest.get("/metrics/envoy").status_code == 404


class Figures(BaseHTTPRequestHandler):
    """Answers like a process that is asked for its metrics."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/metrics" else 404)
        self.end_headers()
        self.wfile.write(b"arkalia_up 1\n")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("path", ["/metrics/kernel", "/metrics/kernel/0"])
def test_prometheus_reads_each_process(mesh: Mesh, path: str) -> None:
    """
    Through the socket on which the process serves its figures.
    """
    socket = mesh.places.run / "kernel-0.metrics.sock"
    with UnixStreamServer(str(socket), Figures) as server:
        threading.Thread(target=server.handle_request).start()
        answer = httpx.get(f"http://127.0.0.1:{mesh.settings.metrics_port}{path}")
    socket.unlink()

    assert (answer.status_code, answer.text) == (200, "arkalia_up 1\n")


def test_answers_do_not_say_what_is_inside(rest: httpx.Client) -> None:
    """
    No server, version or upstream header, and the admin interface cannot stop Envoy.
    """
    answer = rest.get("/v1/status")

    assert not [name for name in answer.headers if name == "server" or name.startswith("x-envoy")]


def test_the_admin_interface_reads_but_does_not_stop_envoy(mesh: Mesh) -> None:
    """
    Whoever can reach loopback cannot end the node with one request.
    """
    refused = httpx.post(f"http://127.0.0.1:{mesh.settings.admin_port}/quitquitquit")

    assert refused.status_code == 403
    assert mesh.admin("/ready").strip() == "LIVE"


def test_each_call_leaves_a_line_in_the_access_log(mesh: Mesh, rest: httpx.Client) -> None:
    """
    With the path that was asked for, the codes of both protocols, and the id that the caller got.
    """
    answer = rest.get("/v1/echo/logged")
    deadline = time.monotonic() + 5
    lines: list[dict[str, object]] = []
    while not lines and time.monotonic() < deadline:
        time.sleep(0.1)
        text = mesh.places.access_log.read_text()
        whole = text[: text.rfind("\n") + 1]
        lines = [
            line for line in map(json.loads, whole.splitlines()) if line["request_id"] == answer.headers["x-request-id"]
        ]

    assert len(lines) == 1
    assert lines[0]["path"] == "/v1/echo/logged"
    assert (lines[0]["http"], lines[0]["grpc"], lines[0]["attempts"]) == (200, "OK", 1)
