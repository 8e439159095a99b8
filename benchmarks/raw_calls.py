"""Calls over HTTP/2 that cost whoever sends them next to nothing, for generators that share a machine with a node.

A client of grpc.aio takes a third of a millisecond of processor time for a call, as much as the node takes for some.
This one writes frames that are prepared, and looks at no more of an answer than its frames: an answer with a message
was served, one without was refused. RFC 9113 and RFC 7541.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeAlias, cast

from google.protobuf.message import Message

SERVED: Final = "served"
REFUSED: Final = "refused"
BROKEN: Final = "broken"

Told: TypeAlias = Callable[[str, float], None]
"""Hears what became of a call, and how many seconds it took."""

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_HEAD: Final = 9
_WINDOW_MAX: Final = 2**31 - 1
_WINDOW_FIRST: Final = 65_535


class RawChannel(asyncio.Protocol):
    """One connection. The answers of a whole benchmark fit into its window."""

    def __init__(self, authority: str) -> None:
        self._authority = authority
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._next = 1
        self._under_way: dict[int, tuple[Told, float]] = {}
        self._answered: set[int] = set()

    @classmethod
    async def open(cls, target: str) -> "RawChannel":
        """Connect to *target*, ``host:port``."""
        host, _, port = target.rpartition(":")
        _, channel = await asyncio.get_running_loop().create_connection(lambda: cls(target), host, int(port))
        return channel

    @property
    def under_way(self) -> int:
        """How many calls wait for their answer."""
        return len(self._under_way)

    def rpc(self, path: str, timeout_seconds: float) -> bytes:
        """Return the headers of calls of the rpc at *path*."""
        return b"\x83\x86" + b"".join(
            (
                _literal(4, path),
                _literal(1, self._authority),
                _literal(31, "application/grpc"),
                _literal(0, "trailers", "te"),
                _literal(0, f"{round(1000 * timeout_seconds)}m", "grpc-timeout"),
            )
        )

    def get(self, path: str) -> bytes:
        """Return the headers that get *path*."""
        return b"\x82\x86" + _literal(4, path) + _literal(1, self._authority)

    def call(self, headers: bytes, told: Told, request: Message | None = None) -> None:
        """Send *request*, and tell what becomes of it."""
        if self._transport is None or self._transport.is_closing():
            told(BROKEN, 0.0)
            return
        id, self._next = self._next, self._next + 2
        self._under_way[id] = told, time.monotonic()
        if request is None:
            self._transport.write(_frame(_HEADERS, _END_HEADERS | _END_STREAM, id, headers))
            return
        message = request.SerializeToString()
        data = b"\x00" + len(message).to_bytes(4, "big") + message
        self._transport.write(_frame(_HEADERS, _END_HEADERS, id, headers) + _frame(_DATA, _END_STREAM, id, data))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to speak HTTP/2."""
        self._transport = opened = cast("asyncio.Transport", transport)
        window = b"\x00\x04" + _WINDOW_MAX.to_bytes(4, "big")
        more = (_WINDOW_MAX - _WINDOW_FIRST).to_bytes(4, "big")
        opened.write(_PREFACE + _frame(_SETTINGS, 0, 0, window) + _frame(_WINDOW, 0, 0, more))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's
        """Tell those who wait that there will be no answer."""
        for id in list(self._under_way):
            self._end(id, BROKEN)

    def data_received(self, data: bytes) -> None:
        """Take the frames in."""
        received, begin = self._received, 0
        received += data
        while len(received) - begin >= _HEAD:
            length = int.from_bytes(received[begin : begin + 3], "big")
            end = begin + _HEAD + length
            if len(received) < end:
                break
            id = int.from_bytes(received[begin + 5 : begin + _HEAD], "big")
            self._take(received[begin + 3], received[begin + 4], id, received[begin + _HEAD : end])
            begin = end
        del received[:begin]

    def _take(self, kind: int, flags: int, id: int, payload: bytearray) -> None:
        if kind in {_DATA, _HEADERS} and id:
            if kind == _DATA and payload:
                self._answered.add(id)
            if flags & _END_STREAM:
                self._end(id, SERVED if id in self._answered else REFUSED)
        elif kind == _RESET:
            self._end(id, BROKEN)
        elif self._transport is not None:
            self._obey(self._transport, kind, flags, payload)

    @staticmethod
    def _obey(transport: asyncio.Transport, kind: int, flags: int, payload: bytearray) -> None:
        if kind in {_SETTINGS, _PING} and not flags & _ACK:
            transport.write(_frame(kind, _ACK, 0, bytes(payload) if kind == _PING else b""))
        elif kind == _GOAWAY:
            transport.close()

    def _end(self, id: int, outcome: str) -> None:
        self._answered.discard(id)
        if id in self._under_way:
            told, since = self._under_way.pop(id)
            told(outcome, time.monotonic() - since)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _literal(index: int, value: str, name: str = "") -> bytes:
    """Return a header that is not to be indexed; its name is that at *index* of the static table, or *name*."""
    head = bytes((index,)) if index < 15 else bytes((15, index - 15))
    return head + (_text(name) if name else b"") + _text(value)


def _text(value: str) -> bytes:
    raw = value.encode()
    return bytes((len(raw),)) + raw
