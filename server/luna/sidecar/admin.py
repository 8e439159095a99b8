"""Talks to Envoy's admin interface on loopback."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from luna.sidecar.envoy.names import EDGE, STREAMS, URGENT
from luna.sidecar.probing import Answer
from luna.sidecar.waiting import first_of
from luna.transport.sockets import urgent_sockets

_OK: Final = 200
_SERVICE_UNAVAILABLE: Final = 503
_ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024


class Admin:
    """Envoy as seen from its admin port."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def call(self, method: str, path: str, *, seconds: float) -> tuple[int, str]:
        """Return the status and the body of one request.

        Raises:
            OSError: Envoy does not listen, or hung up.
            TimeoutError: it did not answer in time.
            ValueError: the answer is not HTTP.

        """
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                writer.write(head.encode())
                answer = await _read(reader)
            finally:
                writer.close()
        head, _, body = answer.partition("\r\n\r\n")
        return int(head.split(" ", 2)[1]), body

    async def ask(self, *, seconds: float) -> Answer:
        """Ask whether Envoy takes traffic."""
        try:
            status, body = await self.call("GET", "/ready", seconds=seconds)
        except (OSError, TimeoutError, ValueError, IndexError) as error:
            return Answer(answered=False, reason=f"its admin interface does not answer: {type(error).__name__}")
        return Answer(
            answered=status in {_OK, _SERVICE_UNAVAILABLE},
            serving=status == _OK,
            reason="" if status == _OK else f"says {body.strip().lower() or status}",
        )

    async def aclose(self) -> None:
        """Do nothing: every request has its own connection."""

    async def drain(self, *, seconds: float, hurry: asyncio.Event) -> None:
        """Turn new work away, and wait for the calls under way: *seconds* at most, and not in a *hurry*."""
        with suppress(OSError, TimeoutError, ValueError, IndexError):
            async with asyncio.timeout(seconds):
                await self.call("POST", "/healthcheck/fail", seconds=seconds)
                while not hurry.is_set() and await self.active_requests():
                    await first_of(hurry, seconds=0.05)

    async def active_requests(self) -> int:
        """Return the number of calls under way at the node's front door."""
        return await self._stat(f"http.{EDGE}.downstream_rq_active")

    async def healthy(self, process: str) -> frozenset[str]:
        """Return the endpoints of a process that Envoy sends calls and streams to. Never raises."""
        with suppress(OSError, TimeoutError, ValueError, IndexError):
            _, body = await self.call("GET", "/clusters", seconds=1.0)
            lines = body.splitlines()
            calls, streams, urgent = (_healthy(f"{process}{kind}", lines) for kind in ("", STREAMS, URGENT))
            return frozenset(
                path for path in calls & streams if urgent.issuperset(map(str, urgent_sockets(Path(path))))
            )
        return frozenset()

    async def routes_version(self) -> str:
        """Return the version of the routes that Envoy goes by; empty if it does not say. Never raises."""
        with suppress(OSError, TimeoutError, ValueError, IndexError):
            _, body = await self.call("GET", f"/stats?filter=^http.{EDGE}.rds.{EDGE}.version_text$", seconds=1.0)
            # Such as `http.edge.rds.edge.version_text: "NORMAL-0a1b2c"`.
            return body.partition('"')[2].partition('"')[0]
        return ""

    async def _stat(self, name: str) -> int:
        _, body = await self.call("GET", f"/stats?filter=^{name}$", seconds=1.0)
        return sum(int(line.rpartition(":")[2]) for line in body.splitlines() if line.startswith(f"{name}:"))


def _healthy(cluster: str, lines: Iterable[str]) -> frozenset[str]:
    # Such as `kernel::/run/kernel-0.1.sock::health_flags::healthy`.
    head, tail = f"{cluster}::", "::health_flags::healthy"
    return frozenset(
        line.removeprefix(head).removesuffix(tail) for line in lines if line.startswith(head) and line.endswith(tail)
    )


async def _read(reader: asyncio.StreamReader) -> str:
    parts = []
    size = 0
    while size < _ANSWER_BYTES_MAX and (part := await reader.read(65536)):
        parts.append(part)
        size += len(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = _unchunk(body)
    return (head + b"\r\n\r\n" + body).decode(errors="replace")


def _unchunk(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.split(b";")[0] or b"0", 16)
        whole, body = whole + rest[:length], rest[length + 2 :] if length else b""
    return whole
