"""Serves the process's metrics as HTTP on a Unix socket of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from luna.transport.exposition import CONTENT_TYPE
from luna.transport.sockets import prepare, private, remove

PATH: Final = "/metrics"
_HEAD_SECONDS_MAX: Final = 5.0


@asynccontextmanager
async def serve_metrics(path: Path, text: Callable[[], str]) -> AsyncIterator[None]:
    """Answer ``GET /metrics`` on the socket at *path* with what *text* returns.

    Raises:
        AddressError: the socket cannot be opened there.

    """
    prepare(path)
    listening = socket.socket(socket.AF_UNIX)
    with private():
        listening.bind(str(path))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_HEAD_SECONDS_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(respond(head, text))
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_unix_server(answer, sock=listening)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
        remove(path)


def respond(head: bytes, text: Callable[[], str]) -> bytes:
    """Return the response to a request with that *head*."""
    method, target, *_ = (*head.split(b"\r\n", 1)[0].decode("latin-1").split(" "), "", "")
    if target.partition("?")[0] != PATH:
        return _response("404 Not Found", f"there is only {PATH}\n")
    if method not in {"GET", "HEAD"}:
        return _response("405 Method Not Allowed", f"{PATH} can only be read\n")
    return _response("200 OK", text(), body=method == "GET")


def _response(status: str, text: str, *, body: bool = True) -> bytes:
    content = text.encode()
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {len(content)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + (content if body else b"")
