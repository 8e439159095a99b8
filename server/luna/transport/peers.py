"""Channels to the node's other processes, over which calls carry what is known of the call they are made for."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import grpc.aio

from luna.kernel.context import CallContext, current_call
from luna.transport.observe import CORRELATION
from luna.transport.peer_call import PeerCall
from luna.transport.request_errors import DeadlineError
from luna.transport.rpc import Rpc, describe
from luna.transport.trace import TRACEPARENT, new_trace_id, unrecorded

BUDGET_SECONDS: Final = 0.02
"""What a call keeps of its deadline for itself, to be able to answer when a peer does not."""
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


class Peers:
    """One channel a process, shared by all services there."""

    def __init__(self, targets: Mapping[str, str], *, message_bytes_max: int) -> None:
        """Take the gRPC target, such as ``unix:/run/log-0.sock``, of each service by its full name."""
        self._targets = dict(targets)
        self._options = (*OPTIONS, ("grpc.max_receive_message_length", 4 * message_bytes_max))
        self._channels: dict[str, PeerChannel] = {}

    def __call__(self, service: str) -> grpc.aio.Channel:
        """Return the channel to the process that serves *service*.

        Raises:
            UnknownPeerError: there is none.

        """
        if service not in self._targets:
            raise UnknownPeerError(f"no process serves {service}; known are {', '.join(sorted(self._targets))}")
        target = self._targets[service]
        if target not in self._channels:
            self._channels[target] = PeerChannel(grpc.aio.insecure_channel(target, options=self._options))
        return cast("grpc.aio.Channel", self._channels[target])

    async def aclose(self) -> None:
        """Close all channels."""
        while self._channels:
            _, channel = self._channels.popitem()
            await channel.close()


class PeerChannel:
    """A channel whose calls are sent on behalf of the call being served.

    This is not done by interceptors: grpc.aio's cost a task for each call, and
    those for streams keep memory.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with one request and one response."""
        return _on_behalf(self._channel.unary_unary(method, *args, **kwargs), describe(method, unary=True))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with a stream of responses."""
        return _on_behalf(self._channel.unary_stream(method, *args, **kwargs), describe(method))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with a stream of requests."""
        return _on_behalf(self._channel.stream_unary(method, *args, **kwargs), describe(method))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with a stream of requests and one of responses."""
        return _on_behalf(self._channel.stream_stream(method, *args, **kwargs), describe(method))


def _on_behalf(multicallable: Callable[..., Any], rpc: Rpc) -> Callable[..., Any]:
    def call(
        *request: Any,
        timeout: float | None = None,
        metadata: Sequence[tuple[str, Any]] | None = None,
        wait_for_ready: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        behind = current_call()
        seconds = timeout_for(behind, rpc, timeout)
        sent = multicallable(
            *request,
            timeout=seconds,
            metadata=grpc.aio.Metadata(*(metadata or ()), *headers_for(behind, metadata or ())),
            # A peer that restarts is waited for, as long as there is time.
            wait_for_ready=seconds is not None if wait_for_ready is None else wait_for_ready,
            **kwargs,
        )
        return PeerCall(sent, rpc.service) if rpc.unary else sent

    return call


def timeout_for(behind: CallContext, rpc: Rpc, asked: float | None) -> float | None:
    """Return how long a call may take: what was asked for, the method's own limit, what is left — the least.

    Raises:
        DeadlineError: nothing is left.

    """
    limits = [rpc.deadline_seconds if asked is None else asked]
    if behind.deadline is not None:
        limits.append(behind.deadline - time.monotonic() - BUDGET_SECONDS)
    seconds = min((limit for limit in limits if limit is not None), default=None)
    if seconds is not None and seconds <= 0:
        raise DeadlineError
    return seconds


def headers_for(behind: CallContext, given: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, str]]:
    """Return the headers that tie a call to the one behind it, except those that are *given*."""
    known = {key for key, _ in given}
    headers = {TRACEPARENT: behind.traceparent or unrecorded(behind.trace_id or new_trace_id())}
    if behind.correlation_id:
        headers[CORRELATION] = behind.correlation_id
    return tuple((key, value) for key, value in headers.items() if key not in known)
