"""Deadlines, retries, and processes that die."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import httpx
import pytest
from arkalia.events.v1.event_pb2 import StreamAppend
from arkalia.events.v1.event_service_pb2 import AppendRequest, GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest
from arkalia.helloria.v1.helloria_service_pb2_grpc import HelloriaServiceStub

from luna.sidecar.envoy.endpoints import EndpointFiles
from tests.mesh.mesh import WORKERS_SECONDS, Mesh, wait_until

pytestmark = pytest.mark.mesh


def code_of(error: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    code: grpc.StatusCode = error.value.code()
    return code


def append(stream: str) -> AppendRequest:
    return AppendRequest(appends=[StreamAppend(stream=stream)])


def test_a_call_without_a_deadline_gets_that_of_its_rpc(channel: grpc.Channel, rest: httpx.Client) -> None:
    """
    The server sees it too, over gRPC and REST.
    """
    over_grpc = HelloriaServiceStub(channel).Echo(EchoRequest(message="deadline"))
    over_rest = rest.post("/v1/echo", json={"message": "deadline"}).json()

    assert 4.5 < float(over_grpc.message) <= 5.0
    assert 4.5 < float(over_rest["message"]) <= 5.0


def test_a_deadline_of_the_caller_may_be_shorter_and_not_longer(channel: grpc.Channel) -> None:
    """
    A minute is cut to what the contract allows.
    """
    echo = HelloriaServiceStub(channel).Echo
    long, short = echo(EchoRequest(message="deadline"), timeout=60), echo(EchoRequest(message="deadline"), timeout=2)

    assert 4.5 < float(long.message) <= 5.0
    assert 1.5 < float(short.message) <= 2.1


def test_envoy_ends_a_call_at_the_deadline_of_its_rpc(rest: httpx.Client) -> None:
    """
    After five seconds, with a reason that says so.
    """
    started = time.monotonic()
    answer = rest.post("/v1/echo", json={"message": "sleep:9"})

    assert 4.5 < time.monotonic() - started < 6.5
    assert (answer.status_code, answer.json()["code"]) == (504, 4)


def test_envoy_ends_a_call_at_the_deadline_of_the_caller(rest: httpx.Client) -> None:
    """
    A REST caller sets one with the header that gRPC uses.
    """
    started = time.monotonic()
    answer = rest.post("/v1/echo", json={"message": "sleep:9"}, headers={"grpc-timeout": "300m"})

    assert time.monotonic() - started < 2
    assert (answer.status_code, answer.json()["code"]) == (504, 4)


def test_an_idempotent_call_that_fails_is_sent_again(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    The caller does not notice.
    """
    answer = HelloriaServiceStub(channel).Echo(EchoRequest(message="flaky:once"))

    assert answer.message == "at last"
    assert mesh.calls("flaky:once") == 2


def test_a_call_that_may_not_be_repeated_is_not(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    The caller is told, and decides.
    """
    with pytest.raises(grpc.RpcError) as caught:
        EventServiceStub(channel).Append(append("flaky/1"))

    assert code_of(caught) == grpc.StatusCode.UNAVAILABLE
    assert mesh.calls("append:flaky/1") == 1


def test_a_caller_cannot_ask_envoy_to_repeat_a_call(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    Headers that steer Envoy are for nobody outside.
    """
    headers = (("x-envoy-retry-grpc-on", "unavailable"), ("x-envoy-retry-on", "5xx"), ("x-envoy-max-retries", "3"))
    with pytest.raises(grpc.RpcError):
        EventServiceStub(channel).Append(append("flaky/2"), metadata=headers)

    assert mesh.calls("append:flaky/2") == 1


def test_a_server_that_refuses_on_purpose_is_not_asked_again(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    ``x-envoy-ratelimited`` in the answer says that trying again is no use now.
    """
    with pytest.raises(grpc.RpcError) as caught:
        HelloriaServiceStub(channel).Echo(EchoRequest(message="refuse:1"))

    assert code_of(caught) == grpc.StatusCode.UNAVAILABLE
    assert mesh.calls("refuse:1") == 1


def test_a_process_that_dies_and_comes_back_fails_no_idempotent_call(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    It is the only one of its kind: calls wait for it.
    """
    stop = threading.Event()
    outcomes: list[str] = []

    def ask() -> None:
        stub = EventServiceStub(channel)
        while not stop.is_set():
            try:
                outcomes.append(stub.GetStats(GetStatsRequest()).log_id)
            except grpc.RpcError as error:
                outcomes.append(str(error))

    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(ask)
        time.sleep(0.3)
        mesh.kill("log-0")
        time.sleep(1.5)
        while_away = len(outcomes)
        mesh.start("log-0")
        wait_until(lambda: len(outcomes) > while_away + 50)
        stop.set()

    assert set(outcomes) == {"log-0"}
    mesh.wait_healthy("log", 1)


def test_a_call_that_may_not_be_repeated_fails_with_its_process_and_waits_for_the_next(
    mesh: Mesh, channel: grpc.Channel
) -> None:
    """
    What was under way is not sent again; what had not left Envoy is, as soon as somebody listens.
    """
    stub = EventServiceStub(channel)
    under_way = stub.Append.future(append("slow/1"))
    wait_until(lambda: mesh.calls("append:slow/1") == 1)
    mesh.kill("log-0")
    with pytest.raises(grpc.RpcError) as caught:
        under_way.result(5)
    waiting = stub.Append.future(append("late/1"))
    time.sleep(0.5)
    mesh.start("log-0")

    assert code_of(caught) == grpc.StatusCode.UNAVAILABLE
    assert waiting.result(5).events[0].stream == "late/1"
    assert (mesh.calls("append:slow/1"), mesh.calls("append:late/1")) == (1, 1)
    mesh.wait_healthy("log", 1)


def test_a_replica_that_says_it_is_unwell_gets_no_more_calls(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    And gets its share again when it is well. No call is lost or sent twice meanwhile.
    """
    echo = HelloriaServiceStub(channel).Echo
    retries = mesh.stat("cluster.kernel.upstream_rq_retry")
    sockets = mesh.stat("cluster.kernel_urgent.membership_total")
    mesh.signal("kernel-1", signal.SIGUSR1)
    left = mesh.wait_healthy("kernel_urgent", sockets // 2)
    time.sleep(WORKERS_SECONDS)
    alone = {echo(EchoRequest(message="x")).process for _ in range(40)}
    mesh.signal("kernel-1", signal.SIGUSR2)
    back = mesh.wait_healthy("kernel_urgent", sockets)
    time.sleep(WORKERS_SECONDS)
    together = {echo(EchoRequest(message="x")).process for _ in range(60)}

    assert left < 3
    assert back < 3
    assert alone == {"kernel-0"}
    assert together == {"kernel-0", "kernel-1"}
    assert mesh.stat("cluster.kernel.upstream_rq_retry") == retries


def test_endpoints_can_be_moved_without_losing_a_call(mesh: Mesh, channel: grpc.Channel) -> None:
    """
    Envoy follows the file: first to both, then to the second alone.
    """
    endpoints = EndpointFiles(folder=mesh.places.endpoints)
    first, second = (mesh.places.run / f"kernel-{replica}.sock" for replica in (0, 1))
    stub = HelloriaServiceStub(channel)
    seen: list[str] = []

    def follow(sockets: list[Path]) -> None:
        version = mesh.stat("cluster.kernel.update_success")
        endpoints.publish("kernel", sockets)
        wait_until(lambda: mesh.stat("cluster.kernel.update_success") > version)

    follow([second])
    mesh.signal("kernel-0", signal.SIGUSR1)
    wait_until(lambda: mesh.stat("cluster.kernel.membership_total") == 1)
    time.sleep(WORKERS_SECONDS)
    seen.extend(stub.Echo(EchoRequest(message="x")).process for _ in range(40))
    mesh.signal("kernel-0", signal.SIGUSR2)
    follow([first, second])
    mesh.wait_healthy("kernel", 2)

    assert set(seen) == {"kernel-1"}


def test_a_node_whose_process_is_gone_says_so(mesh: Mesh, rest: httpx.Client) -> None:
    """
    ``/healthz`` fails while a process does not answer, and recovers with it.
    """
    mesh.kill("log-0")
    gone = wait_until(lambda: rest.get("/healthz").status_code == 503)
    mesh.start("log-0")
    wait_until(lambda: rest.get("/healthz").status_code == 200)

    assert gone < 5


def test_nobody_from_outside_says_how_much_a_call_matters(channel: grpc.Channel) -> None:
    """
    The header by which processes of the node do so does not pass.
    """
    answer = HelloriaServiceStub(channel).Echo(
        EchoRequest(message="headers"), metadata=(("x-arkalia-priority", "1"), ("x-mine", "1")), timeout=5
    )
    seen = answer.message.split(",")

    assert "x-mine" in seen
    assert "x-arkalia-priority" not in seen
