"""Subscribers that do not read cost nobody else anything."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from arkalia.events.v1.event_pb2 import NewEvent, StreamAppend
from arkalia.events.v1.event_service_pb2 import AppendManyRequest, AppendRequest, GetStatsRequest
from arkalia.events.v1.event_service_pb2_grpc import EventServiceStub
from google.protobuf.wrappers_pb2 import BytesValue

from tests.node import Node, running_node

pytestmark = pytest.mark.mesh

STALLED = 12
MESSAGES = 60
EVENTS = 500
GROWTH_MIB_MAX = 64


@contextmanager
def _stalled(node: Node) -> Iterator[None]:
    """Ask for everything that happens, and read none of it."""
    sockets = []
    try:
        for _ in range(STALLED):
            stalled = socket.socket()
            sockets.append(stalled)
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.connect(("127.0.0.1", node.port))
            stalled.sendall(b"GET /v1/events:watch?live=true HTTP/1.1\r\nhost: node\r\n\r\n")
        yield
    finally:
        for stalled in sockets:
            stalled.close()


async def _messages() -> AsyncIterator[AppendManyRequest]:
    event = NewEvent()
    event.payload.Pack(BytesValue(value=bytes(1000)))
    append = AppendRequest(appends=[StreamAppend(stream="tested/slow", events=[event])])
    for _ in range(MESSAGES):
        yield AppendManyRequest(appends=[append] * EVENTS)


async def test_many_stalled_subscribers_hold_up_nobody() -> None:
    """
    Appends and reads go on at their pace, and the log's process does not grow with what was not read.
    """
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder)) as node:
            log = psutil.Process((await node.pids())["log-0"])
            before = log.memory_info().rss
            with _stalled(node):
                async with asyncio.timeout(60), node.channel() as channel:
                    stub = EventServiceStub(channel)
                    recorded = 0
                    async for answer in stub.AppendMany(_messages()):
                        recorded += sum(result.HasField("appended") for result in answer.results)
                        await stub.GetStats(GetStatsRequest(), timeout=5)
            grown = (log.memory_info().rss - before) / 2**20

    assert recorded == MESSAGES * EVENTS
    assert grown < GROWTH_MIB_MAX
