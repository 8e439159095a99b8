"""The server around the modules: socket, health, reflection, stopping."""

import asyncio
import os
import socket
import stat
import time
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from luna.transport.server import LoopEndedError
from luna.transport.sockets import AddressError, urgent_sockets
from tests.integration.transport_contract import question
from tests.integration.transport_probe import Stub, details, probe_node, until

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def test_the_socket_is_private_and_goes_with_the_server(tmp_path: Path) -> None:
    """
    Whatever the umask says, nobody else may connect; a stale socket is replaced.
    """
    path = tmp_path / "deep" / "probe.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    before = os.umask(0)
    try:
        async with probe_node(address=f"unix:{path}") as node:
            await node.stub["Ask"](question("hello"))
            modes = [stat.S_IMODE(found.stat().st_mode) for found in (path, path.parent)]
    finally:
        os.umask(before)

    assert modes == [0o600, 0o700]
    assert not path.exists()


async def test_all_addresses_serve_the_same_until_all_stop(tmp_path: Path) -> None:
    """
    With one chain, and health at each; their sockets are private and go with the server.
    """
    path = tmp_path / "probe.sock"
    paths = [path, *urgent_sockets(path)]
    async with probe_node(address=f"unix:{path}", urgent_addresses=[f"unix:{each}" for each in paths[1:]]) as node:
        assert [stat.S_IMODE(each.stat().st_mode) for each in paths] == [0o600] * len(paths)
        for each in paths:
            async with grpc.aio.insecure_channel(f"unix:{each}") as channel:
                assert (await Stub(channel)["Ask"](question("hello"))).text == "hello"
                checked = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
                assert (await checked).status == SERVING
        assert len(node.probe.seen) == len(paths)

    assert not any(each.exists() for each in paths)


async def test_a_living_socket_is_not_taken_over(tmp_path: Path) -> None:
    """
    Two servers on one path would split the calls between them.
    """
    address = f"unix:{tmp_path / 'probe.sock'}"
    async with probe_node(address=address) as node:
        with pytest.raises(AddressError, match="another server listens"):
            async with probe_node(address=address):
                pass
        assert (await node.stub["Ask"](question("hello"))).text == "hello"


async def test_a_file_in_the_way_is_kept(tmp_path: Path) -> None:
    """
    Only sockets are removed.
    """
    path = tmp_path / "probe.sock"
    path.write_text("precious")
    with pytest.raises(AddressError, match="not a socket"):
        async with probe_node(address=f"unix:{path}"):
            pass

    assert path.read_text() == "precious"


async def test_a_port_is_not_shared() -> None:
    """
    SO_REUSEPORT is off: a second server on the port fails instead of taking half of the calls.
    """
    async with probe_node() as node:
        with pytest.raises(AddressError, match="cannot listen"):
            async with probe_node(address=node.address):
                pass


async def test_clients_may_ping_every_ten_seconds_and_no_faster() -> None:
    """
    The option has the key that the core knows: a client that pings a lot is told so.
    """
    impatient = [
        ("grpc.keepalive_time_ms", 50),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
    async with probe_node(options=impatient) as node:
        call = node.stub["Talk"]()
        await call.write(question("hello"))
        assert (await call.read()).text == "hello"
        code = await asyncio.wait_for(call.code(), 10)

    assert code is grpc.StatusCode.UNAVAILABLE
    assert "ping" in str(await call.details()).lower()


async def test_stopping_says_not_serving_before_it_refuses_calls() -> None:
    """
    In the lame duck time calls still work, and a watcher has been told.
    """
    told: list[int] = []
    entered = asyncio.Event()
    leave = asyncio.Event()

    async def run(found: list[Any]) -> None:
        async with probe_node(lameduck_seconds=0.4) as node:
            await until(lambda: node.health.snapshot()[""].serving)
            found.append(node.address)
            entered.set()
            await leave.wait()

    found: list[Any] = []
    server = asyncio.create_task(run(found))
    await entered.wait()
    async with grpc.aio.insecure_channel(found[0]) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        told.append((await watch.read()).status)
        leave.set()
        told.append((await watch.read()).status)
        assert (await Stub(channel)["Ask"](question("hello"))).text == "hello"
        await server

    assert told == [SERVING, NOT_SERVING]


async def test_streams_are_told_to_connect_again_when_the_server_stops() -> None:
    """
    A stream does not hold up the stop until the drain is over, and its client learns what to do.
    """
    async with probe_node(drain_seconds=3.0) as node:
        channel = grpc.aio.insecure_channel(node.address)
        call = Stub(channel)["Tell"](question("hang"))
        await until(lambda: node.probe.seen == ["hang"])
        reading = asyncio.ensure_future(call.read())
        started = time.monotonic()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reading
    await channel.close()

    assert time.monotonic() - started < 2
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert details(caught.value).reason == "REQUEST_ERROR_REASON_GOING_AWAY"


async def test_a_unary_call_under_way_is_finished_when_the_server_stops() -> None:
    """
    The drain is for calls like this one.
    """
    async with probe_node() as node:
        entered = node.probe

        async def slowly(request: Any, context: Any) -> None:
            del request, context
            entered.seen.append("slow")
            await asyncio.sleep(0.2)

        entered._do = slowly  # type: ignore[method-assign]
        channel = grpc.aio.insecure_channel(node.address)
        answer = asyncio.ensure_future(Stub(channel)["Ask"](question("hello")))
        await until(lambda: entered.seen == ["slow"])
    result = await answer
    await channel.close()

    assert result.text == "hello"


async def test_a_loop_that_dies_takes_the_server_with_it() -> None:
    """
    A server whose loops are dead only looks alive.
    """

    async def dies() -> None:
        await asyncio.sleep(0.05)
        raise RuntimeError("out of luck")

    with pytest.raises(ExceptionGroup) as caught:
        async with probe_node(background=[dies]):
            await asyncio.sleep(30)

    assert [str(error) for error in caught.value.exceptions] == ["out of luck"]


async def test_a_loop_that_just_returns_ends_the_server_too() -> None:
    """
    Loops are forever.
    """

    async def returns() -> None:
        await asyncio.sleep(0)

    with pytest.raises(ExceptionGroup) as caught:
        async with probe_node(background=[returns]):
            await asyncio.sleep(30)

    assert [type(error) for error in caught.value.exceptions] == [LoopEndedError]
