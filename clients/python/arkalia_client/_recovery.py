"""Recoveries and incidents of a node."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import grpc.aio
from arkalia.recovery.v1 import recovery_pb2 as pb
from arkalia.recovery.v1 import recovery_service_pb2 as rpc
from arkalia.recovery.v1.recovery_service_pb2_grpc import RecoveryServiceStub

from arkalia_client._calls import ask, follow_on


class RecoveryClient:
    """Shows what was mended, and lets humans decide where they are asked."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = RecoveryServiceStub(channel)

    async def list(
        self, *, state: pb.RecoveryState = pb.RECOVERY_STATE_UNSPECIFIED, process: str = "", limit: int = 50
    ) -> Sequence[pb.Recovery]:
        """Return up to *limit* recoveries, newest first."""
        request = rpc.ListRecoveriesRequest(state=state, process=process, page_size=limit)
        return list((await ask(self._stub.ListRecoveries, request)).recoveries)

    async def get(self, recovery_id: str) -> pb.Recovery:
        """Return a recovery with the receipts of its steps."""
        return (await ask(self._stub.GetRecovery, rpc.GetRecoveryRequest(recovery_id=recovery_id))).recovery

    async def watch(self) -> AsyncGenerator[pb.Recovery, None]:
        """Yield the recoveries under way, then each that changes.

        When the connection breaks it goes on where it was: those under way come again, with what was missed.
        """
        async with aclosing(follow_on(self._stub.WatchRecoveries, rpc.WatchRecoveriesRequest())) as responses:
            async for response in responses:
                for recovery in response.recoveries:
                    yield recovery

    async def report(self) -> pb.RecoveryReport:
        """Return how recoveries went."""
        return (await ask(self._stub.GetRecoveryReport, rpc.GetRecoveryReportRequest())).report

    async def report_error(self, error: pb.ErrorReport) -> str:
        """Report a failure; return the id of the recovery that looks after it, empty if none does."""
        return (await ask(self._stub.ReportError, rpc.ReportErrorRequest(error=error))).recovery_id

    async def approve(self, recovery_id: str) -> pb.Recovery:
        """Let a recovery take the step that it waits to be allowed."""
        return (await ask(self._stub.ApproveRecovery, rpc.ApproveRecoveryRequest(recovery_id=recovery_id))).recovery

    async def cancel(self, recovery_id: str, *, reason: str = "") -> pb.Recovery:
        """Stop a recovery after the step under way."""
        request = rpc.CancelRecoveryRequest(recovery_id=recovery_id, reason=reason)
        return (await ask(self._stub.CancelRecovery, request)).recovery

    async def incidents(
        self, *, state: pb.IncidentState = pb.INCIDENT_STATE_UNSPECIFIED, limit: int = 50
    ) -> Sequence[pb.Incident]:
        """Return up to *limit* incidents, newest first."""
        return list(
            (await ask(self._stub.ListIncidents, rpc.ListIncidentsRequest(state=state, page_size=limit))).incidents
        )

    async def acknowledge(self, incident_id: str) -> pb.Incident:
        """Note that somebody looks after an incident."""
        request = rpc.AcknowledgeIncidentRequest(incident_id=incident_id)
        return (await ask(self._stub.AcknowledgeIncident, request)).incident

    async def resolve(self, incident_id: str, *, resolution: str) -> pb.Incident:
        """Close an incident, with what was done about it."""
        request = rpc.ResolveIncidentRequest(incident_id=incident_id, resolution=resolution)
        return (await ask(self._stub.ResolveIncident, request)).incident

    async def policy(self) -> pb.RecoveryPolicyRevision:
        """Return the policy in force."""
        return (await ask(self._stub.GetRecoveryPolicy, rpc.GetRecoveryPolicyRequest())).revision

    async def update_policy(
        self, policy: pb.RecoveryPolicy, *, etag: str, reason: str = "", dry_run: bool = False
    ) -> pb.RecoveryPolicyRevision:
        """Replace the policy, or only check it."""
        request = rpc.UpdateRecoveryPolicyRequest(policy=policy, etag=etag, reason=reason, dry_run=dry_run)
        return (await ask(self._stub.UpdateRecoveryPolicy, request)).revision
