"""Channels to the node's other processes, over which calls carry what is known of the call they are made for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

import grpc.aio

from luna.transport.client_meter import ClientMeter
from luna.transport.nearby import Nearby, NearbyChannel
from luna.transport.parts import Parts
from luna.transport.peer_channel import PeerChannel
from luna.transport.peer_guard import Peer
from luna.transport.peer_link import Link

OPTIONS: Final[Sequence[tuple[str, int]]] = (
    # A peer on this machine that restarts is back within a second.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
    # Above what the servers tolerate, see `server.OPTIONS`.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.enable_http_proxy", 0),
)


class UnknownPeerError(Exception):
    """No process serves that service. The topology is wrong, or the name."""


class _Line:
    """The two ways to use one connection."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.channel = PeerChannel(link)
        self.patient = PeerChannel(link, retries=False)


class Peers:
    """One channel a process, shared by all services there."""

    def __init__(
        self,
        targets: Mapping[str, str],
        *,
        message_bytes_max: int,
        processes: Mapping[str, str] | None = None,
        parts: Parts | None = None,
        meter: ClientMeter | None = None,
        nearby: Nearby | None = None,
    ) -> None:
        """Take the gRPC target, such as ``unix:/run/log-0.sock``, of each service by its full name.

        Args:
            targets: where each service is.
            message_bytes_max: the limit of one message.
            processes: what the process is called that serves a service; where it is not said, by its target.
            parts: what this process keeps itself and others from falling with.
            meter: counts the calls.
            nearby: what this process serves itself.

        """
        self._targets = dict(targets)
        self._processes = processes or {}
        self._parts = parts or Parts()
        self._meter = meter or ClientMeter()
        self._nearby = nearby
        self._options = (*OPTIONS, ("grpc.max_receive_message_length", 4 * message_bytes_max))
        self._lines: dict[str, _Line] = {}

    def __call__(self, service: str) -> grpc.aio.Channel:
        """Return the channel to the process that serves *service*.

        Raises:
            UnknownPeerError: there is none.

        """
        return cast("grpc.aio.Channel", self._line(service).channel)

    def patient(self, service: str) -> grpc.aio.Channel:
        """Return the same channel for a caller who tries again by itself, so that nobody else does.

        Raises:
            UnknownPeerError: there is none.

        """
        return cast("grpc.aio.Channel", self._line(service).patient)

    def all(self) -> Iterable[Peer]:
        """Return the processes that were called."""
        return [line.link.peer for line in self._lines.values()]

    async def aclose(self) -> None:
        """Close all channels."""
        while self._lines:
            _, line = self._lines.popitem()
            await line.link.close()

    def _line(self, service: str) -> _Line:
        if service not in self._targets:
            raise UnknownPeerError(f"no process serves {service}; known are {', '.join(sorted(self._targets))}")
        target = self._targets[service]
        if target not in self._lines:
            peer = Peer(self._processes.get(service, target), self._parts, self._meter)
            self._lines[target] = _Line(Link(self._channel(target, peer.name), peer))
        return self._lines[target]

    def _channel(self, target: str, process: str) -> grpc.aio.Channel:
        channel = grpc.aio.insecure_channel(target, options=self._options)
        if self._nearby is None or process != self._nearby.process:
            return channel
        return cast("grpc.aio.Channel", NearbyChannel(channel, self._nearby))
