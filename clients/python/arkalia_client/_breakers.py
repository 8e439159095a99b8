"""Circuit breakers of all processes of a node."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from uuid import uuid4

import grpc.aio
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1.circuit_breaker_service_pb2_grpc import CircuitBreakerServiceStub

from arkalia_client._calls import ask, follow_on, listed
from arkalia_client._times import duration

PAGE_SIZE = 500


class BreakerClient:
    """Shows and steers circuit breakers. What is sent again when the connection breaks is one command all the same."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = CircuitBreakerServiceStub(channel)

    async def list(
        self, selector: pb.CircuitSelector | None = None, *, state: pb.CircuitState = pb.CIRCUIT_STATE_UNSPECIFIED
    ) -> Sequence[pb.CircuitBreaker]:
        """Return the circuit breakers by name, as their processes reported them last."""
        request = rpc.ListCircuitBreakersRequest(selector=selector, state=state)
        found = listed(self._stub.ListCircuitBreakers, request, lambda page: page.circuit_breakers, page_size=PAGE_SIZE)
        async with aclosing(found) as breakers:
            return [breaker async for breaker in breakers]

    async def watch(self, selector: pb.CircuitSelector | None = None) -> AsyncGenerator[pb.CircuitBreaker, None]:
        """Yield the circuit breakers that are not closed, then each that changes its state.

        When the connection breaks it goes on where it was, and misses nothing.
        """
        request = rpc.WatchCircuitBreakersRequest(selector=selector)
        async with aclosing(follow_on(self._stub.WatchCircuitBreakers, request)) as responses:
            async for response in responses:
                for breaker in response.circuit_breakers:
                    yield breaker

    async def trip(
        self, selector: pb.CircuitSelector, *, seconds: float | None = None, reason: str = ""
    ) -> Sequence[pb.CircuitBreaker]:
        """Open circuit breakers for *seconds*, or until they are reset; return those that confirmed it."""
        request = rpc.TripCircuitBreakerRequest(
            selector=selector,
            duration=None if seconds is None else duration(seconds),
            reason=reason,
            request_id=str(uuid4()),
        )
        return list((await ask(self._stub.TripCircuitBreaker, request)).circuit_breakers)

    async def reset(self, selector: pb.CircuitSelector, *, reason: str = "") -> Sequence[pb.CircuitBreaker]:
        """Close circuit breakers; return those that confirmed it."""
        request = rpc.ResetCircuitBreakerRequest(selector=selector, reason=reason, request_id=str(uuid4()))
        return list((await ask(self._stub.ResetCircuitBreaker, request)).circuit_breakers)

    async def disable(self, selector: pb.CircuitSelector, *, reason: str = "") -> Sequence[pb.CircuitBreaker]:
        """Let all calls through circuit breakers until they are reset; return those that confirmed it."""
        request = rpc.DisableCircuitBreakerRequest(selector=selector, reason=reason, request_id=str(uuid4()))
        return list((await ask(self._stub.DisableCircuitBreaker, request)).circuit_breakers)

    async def policy(self, revision: int | None = None) -> pb.CircuitPolicyRevision:
        """Return the policies in force, or an earlier revision of them."""
        request = rpc.GetCircuitBreakerPolicyRequest(revision=revision)
        return (await ask(self._stub.GetCircuitBreakerPolicy, request)).revision

    async def update(
        self,
        policy: pb.CircuitBreakerPolicy | None,
        *,
        etag: str,
        selector: pb.CircuitSelector | None = None,
        reason: str = "",
        dry_run: bool = False,
    ) -> rpc.UpdateCircuitBreakerResponse:
        """Set the policy of some circuit breakers, or remove it, or tell what that would do."""
        request = rpc.UpdateCircuitBreakerRequest(
            selector=selector, policy=policy, etag=etag, reason=reason, dry_run=dry_run
        )
        return await ask(self._stub.UpdateCircuitBreaker, request)
