"""How much of its work a node does."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import uuid4

import grpc.aio
from arkalia.node.v1.health_pb2 import DegradationLevel
from arkalia.resilience.v1 import degradation_pb2 as pb
from arkalia.resilience.v1 import degradation_service_pb2 as rpc
from arkalia.resilience.v1.degradation_service_pb2_grpc import DegradationServiceStub

from arkalia_client._calls import ask, follow_on
from arkalia_client._times import duration


class DegradationClient:
    """Tells the level of a node, and steers it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = DegradationServiceStub(channel)

    async def get(self) -> pb.Degradation:
        """Return the level, with the pressure behind it."""
        return (await ask(self._stub.GetDegradation, rpc.GetDegradationRequest())).degradation

    async def watch(self) -> AsyncGenerator[pb.Degradation, None]:
        """Yield the level, then each change of it.

        When the connection breaks it goes on where it was, and misses nothing.
        """
        async with aclosing(follow_on(self._stub.WatchDegradation, rpc.WatchDegradationRequest())) as responses:
            async for response in responses:
                if response.HasField("degradation"):
                    yield response.degradation

    async def set(
        self, level: DegradationLevel, *, reason: str, hold_seconds: float | None = None, at_least: bool = False
    ) -> pb.Degradation:
        """Set the level, and hold it for a while."""
        request = rpc.SetDegradationRequest(
            level=level,
            hold=None if hold_seconds is None else duration(hold_seconds),
            reason=reason,
            at_least=at_least,
            request_id=str(uuid4()),
        )
        return (await ask(self._stub.SetDegradation, request)).degradation

    async def release(self, *, reason: str = "") -> pb.Degradation:
        """Let the level follow the pressure again."""
        return (await ask(self._stub.ReleaseDegradation, rpc.ReleaseDegradationRequest(reason=reason))).degradation

    async def policy(self) -> pb.DegradationPolicyRevision:
        """Return the policy in force."""
        return (await ask(self._stub.GetDegradationPolicy, rpc.GetDegradationPolicyRequest())).revision

    async def update_policy(
        self, policy: pb.DegradationPolicy, *, etag: str, reason: str = "", dry_run: bool = False
    ) -> rpc.UpdateDegradationPolicyResponse:
        """Replace the policy, or tell what that would do."""
        request = rpc.UpdateDegradationPolicyRequest(policy=policy, etag=etag, reason=reason, dry_run=dry_run)
        return await ask(self._stub.UpdateDegradationPolicy, request)
