"""A channel to a peer, whose calls are sent on behalf of the call being served, and guarded."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import grpc.aio

from luna.kernel.clock import SystemClock
from luna.kernel.context import current_call
from luna.resilience.circuit import CircuitState
from luna.resilience.hedging import Hedge, HedgePolicy
from luna.transport.nearby import NearbyChannel
from luna.transport.on_behalf import headers_for, timeout_for
from luna.transport.peer_call import PeerCall, Way
from luna.transport.peer_errors import ended_with
from luna.transport.peer_guard import Passage, PeerGuard, Streamed
from luna.transport.peer_link import Link
from luna.transport.rpc import Rpc, describe


class PeerChannel:
    """Behaves like the channel that it wraps.

    This is not done by interceptors: grpc.aio's cost a task for each call, and
    those for streams keep memory.
    """

    def __init__(self, link: Link, *, retries: bool = True) -> None:
        """Without *retries* calls are made once: whoever uses the channel tries again by itself."""
        self._link = link
        self._peer = link.peer
        self._channel = link.channel
        self._retries = retries

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with one request and one response."""
        rpc = describe(method, unary=True)
        way = Way(
            rpc=rpc,
            guard=PeerGuard(self._peer, rpc),
            send=self._channel.unary_unary(method, *args, **kwargs),
            hedge=self._hedge(rpc),
            retries=self._retries,
        )
        return self._prepared(rpc, lambda *request, **options: PeerCall(way, request, **options))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with a stream of responses."""
        return self._streaming(method, self._channel.unary_stream(method, *args, **kwargs))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with a stream of requests."""
        return self._streaming(method, self._channel.stream_unary(method, *args, **kwargs))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Prepare calls of a method with a stream of requests and one of responses."""
        return self._streaming(method, self._channel.stream_stream(method, *args, **kwargs))

    def _hedge(self, rpc: Rpc) -> Hedge | None:
        # What is late in this very process would not come sooner if it were asked twice.
        if not (self._retries and rpc.read_only) or rpc.control or isinstance(self._channel, NearbyChannel):
            return None
        return Hedge(HedgePolicy(), self._peer.budget, SystemClock())

    def _streaming(self, method: str, send: Callable[..., Any]) -> Callable[..., Any]:
        rpc = describe(method)
        guard = PeerGuard(self._peer, rpc)

        def call(*request: Any, seconds: float | None, options: dict[str, Any]) -> Any:
            passage = guard.enter(seconds)
            sent = send(*request, timeout=seconds, **options)
            sent.add_done_callback(partial(_ended, passage))
            engine = guard.engine
            return sent if engine is None or engine.state is CircuitState.CLOSED else Streamed(sent, passage)

        return self._prepared(rpc, call)

    def _prepared(self, rpc: Rpc, send: Callable[..., Any]) -> Callable[..., Any]:
        def call(
            *request: Any,
            timeout: float | None = None,
            metadata: Sequence[tuple[str, Any]] | None = None,
            wait_for_ready: bool | None = None,
            **kwargs: Any,
        ) -> Any:
            self._link.keep()
            behind = current_call()
            seconds = timeout_for(behind, rpc, timeout)
            options = {
                "metadata": grpc.aio.Metadata(*(metadata or ()), *headers_for(behind, metadata or ())),
                # A peer that restarts is waited for, as long as there is time.
                "wait_for_ready": seconds is not None if wait_for_ready is None else wait_for_ready,
                **kwargs,
            }
            return send(*request, seconds=seconds, options=options)

        return call


def _ended(passage: Passage, call: Any) -> None:
    error = ended_with(call)
    if error is None:
        passage.succeed()
    else:
        passage.fail(error)
