"""What Envoy does when there are more calls than room, and when those behind it have no room or no peer."""

import base64
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc
import httpx
import pytest
from arkalia.events.v1.event_service_pb2 import GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest, ListCapabilitiesRequest, WatchStatusRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub
from google.protobuf.duration_pb2 import Duration
from google.rpc import status_pb2

from luna.sidecar.envoy.clusters import requests_max
from luna.sidecar.envoy.template import load_template
from tests.mesh.mesh import TOPOLOGY, Mesh, channel_to, wait_until
from tests.mesh.refusals import refusal_of, trailers_of

pytestmark = pytest.mark.mesh

HELLORIA = "arkalia.helloria.v1.HelloriaService"
ROOM = requests_max("kernel", TOPOLOGY, load_template(), streams=False, urgent=False)
OVER = 40
Call = Any
"""A call under way, and what came of it: grpcio has no public type for that."""
EJECTIONS = "cluster.kernel.outlier_detection.ejections_enforced_total"
SLOW = (("x-sleep", "1.5"),)


def fill(channel: grpc.Channel, count: int) -> list[Call]:
    """Begin *count* slow calls that are not urgent."""
    ask = HelloriaServiceStub(channel).ListCapabilities
    return [ask.future(ListCapabilitiesRequest(), metadata=SLOW) for _ in range(count)]


def end(calls: list[Call]) -> None:
    """Wait until all of *calls* have ended, however that is."""
    for call in calls:
        call.exception()


def under_way(mesh: Mesh) -> int:
    return mesh.stat("cluster.kernel.upstream_rq_active")


def test_more_calls_than_there_is_room_for_are_refused_at_once(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    Those within it are served, the others learn why and when to come back, and none is sent twice.
    """
    retries = mesh.stat("cluster.kernel.upstream_rq_retry")
    calls = fill(channel, ROOM + OVER)
    wait_until(lambda: sum(call.done() for call in calls) >= OVER)
    refused = [call for call in calls if call.done()]
    error = refused[0].exception()
    info, retry = refusal_of(error)
    trailers = trailers_of(error)
    codes = Counter(call.code() for call in calls)

    assert len(refused) == OVER
    assert codes == {grpc.StatusCode.OK: ROOM, grpc.StatusCode.RESOURCE_EXHAUSTED: OVER}
    assert (info.reason, info.domain) == ("REQUEST_ERROR_REASON_OVERLOADED", "request.arkalia.dev")
    assert info.metadata == {"priority": "LOW", "limit": str(ROOM)}
    assert retry == 1
    assert trailers["x-envoy-ratelimited"] == "true"
    assert trailers["x-envoy-overloaded"] == "true"
    assert trailers["x-arkalia-degradation"] == "NORMAL"
    assert mesh.stat("cluster.kernel.upstream_rq_retry") == retries


def test_calls_that_have_no_room_are_told_so_over_rest_and_grpc_web(
    mesh: Mesh, channel: grpc.Channel, rest: httpx.Client
) -> None:
    """
    As 429 with a body, and as a status in the headers.
    """
    calls = fill(channel, ROOM)
    wait_until(lambda: under_way(mesh) >= ROOM)
    over_rest = rest.get("/v1/capabilities")
    web = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", "origin": "https://console.test"}
    over_web = rest.post(f"/{HELLORIA}/ListCapabilities", content=bytes(5), headers=web)
    end(calls)
    details = over_web.headers["grpc-status-details-bin"]

    assert over_rest.status_code == 429
    assert over_rest.json()["code"] == 8
    assert over_rest.json()["details"][0]["metadata"] == {"priority": "LOW", "limit": str(ROOM)}
    assert over_rest.headers["retry-after"] == "1"
    assert (over_web.status_code, over_web.headers["grpc-status"]) == (200, "8")
    assert status_pb2.Status.FromString(base64.b64decode(details + "==")).code == 8
    assert over_web.headers["access-control-allow-origin"] == web["origin"]


def test_urgent_calls_have_room_of_their_own(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    They are answered while the others fill theirs.
    """
    calls = fill(channel, ROOM + OVER)
    wait_until(lambda: under_way(mesh) >= ROOM)
    answers = [HelloriaServiceStub(channel).Echo(EchoRequest(message="x")).message for _ in range(50)]
    still = under_way(mesh)
    end(calls)

    assert answers == ["x"] * 50
    assert still >= ROOM


def test_streams_do_not_take_the_room_of_calls(channel: grpc.Channel) -> None:
    """
    However many are open, and for however long.
    """
    stub = HelloriaServiceStub(channel)
    streams = [stub.WatchStatus(WatchStatusRequest(interval=Duration(seconds=2))) for _ in range(ROOM + OVER)]
    for stream in streams:
        next(stream)
    answer = stub.ListCapabilities(ListCapabilitiesRequest())
    for stream in streams:
        stream.cancel()

    assert answer is not None


def test_a_process_whose_peer_is_down_is_asked_once_for_each_call(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    It says that there is no use in asking again, and Envoy believes it: no storm of retries on top of the trouble.
    """
    sent = 200

    def ask(number: int) -> grpc.RpcError:
        with pytest.raises(grpc.RpcError) as caught:
            HelloriaServiceStub(channel).Echo(EchoRequest(message=f"depend:{number}"))
        return caught.value

    with ThreadPoolExecutor(16) as pool:
        errors = list(pool.map(ask, range(sent)))
    reached = sum(mesh.calls(f"depend:{number}") for number in range(sent))

    assert {error.code() for error in errors} == {grpc.StatusCode.UNAVAILABLE}
    assert trailers_of(errors[0])["grpc-retry-pushback-ms"] == "1000"
    assert reached == sent


def test_a_process_that_goes_away_is_asked_again(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    The next one answers.
    """
    answer = HelloriaServiceStub(channel).Echo(EchoRequest(message="leave:once"))

    assert answer.message == "stayed"
    assert mesh.calls("leave:once") == 2


def test_a_process_that_is_killed_again_and_again_is_not_stormed(mesh: Mesh) -> None:
    """
    What reaches it in all its lives is not a tenth more than what callers send.
    """
    stop = threading.Event()
    sent: list[str] = []
    before = mesh.calls("stats")

    def ask() -> None:
        with channel_to(mesh) as channel:
            while not stop.is_set():
                sent.append("stats")
                with suppress(grpc.RpcError):
                    EventServiceStub(channel).GetStats(GetStatsRequest())

    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(ask)
        for _ in range(3):
            lately = len(sent)
            wait_until(lambda: len(sent) > lately + 300)  # noqa: B023  it is asked before the next round
            mesh.kill("log-0")
            time.sleep(0.3)
            mesh.start("log-0")
            mesh.wait_healthy("log", 1)
        stop.set()

    assert mesh.calls("stats") - before <= 1.1 * len(sent)


def test_a_replica_that_refuses_on_purpose_stays_in_rotation(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    It is well; taking it out would leave all its work to the others.
    """
    before = mesh.stat(EJECTIONS)
    for number in range(20):
        with pytest.raises(grpc.RpcError):
            HelloriaServiceStub(channel).Echo(EchoRequest(message=f"depend:out/{number}"))

    assert mesh.stat(EJECTIONS) == before
