"""Translates between the contract of recoveries and those who mend."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeAlias

import grpc.aio
from arkalia.recovery.v1 import recovery_pb2 as pb
from arkalia.recovery.v1 import recovery_service_pb2 as rpc
from arkalia.recovery.v1 import recovery_service_pb2_grpc as stubs

from luna.kernel.context import current_call
from luna.kernel.streams import with_pauses
from luna.sidecar.recovery.errors import RecoveryUnknownError
from luna.sidecar.recovery.listing import page
from luna.sidecar.recovery.messages import report_from
from luna.sidecar.recovery.parts import Parts

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class RecoveryServicer(stubs.RecoveryServiceServicer):
    """Implements ``arkalia.recovery.v1.RecoveryService``."""

    def __init__(self, parts: Parts, *, checkpoint_seconds: float = 15.0) -> None:
        self._parts = parts
        self._checkpoint_seconds = checkpoint_seconds

    async def ReportError(self, request: rpc.ReportErrorRequest, context: Context) -> rpc.ReportErrorResponse:
        report = report_from(request.error, now_ns=time.time_ns())
        return rpc.ReportErrorResponse(recovery_id=self._parts.engine.take(report))

    async def ReportErrors(
        self, request: AsyncIterator[rpc.ReportErrorsRequest], context: Context
    ) -> AsyncGenerator[rpc.ReportErrorsResponse, None]:
        async for batch in request:
            now_ns = time.time_ns()
            for error in batch.errors:
                self._parts.engine.take(report_from(error, now_ns=now_ns))
            yield rpc.ReportErrorsResponse(accepted=len(batch.errors))

    async def ListRecoveries(self, request: rpc.ListRecoveriesRequest, context: Context) -> rpc.ListRecoveriesResponse:
        wanted = (
            entry.recovery
            for entry in self._parts.ledger.newest_first()
            if request.state in {pb.RECOVERY_STATE_UNSPECIFIED, entry.recovery.state}
            and (not request.process or _is_of(entry.recovery.target.process, request.process))
        )
        found, token = page(
            wanted,
            size=request.page_size,
            token=request.page_token,
            kind="recoveries",
            id_of=lambda recovery: recovery.recovery_id,
        )
        return rpc.ListRecoveriesResponse(recoveries=found, next_page_token=token)

    async def GetRecovery(self, request: rpc.GetRecoveryRequest, context: Context) -> rpc.GetRecoveryResponse:
        recovery = await self._parts.history.find(request.recovery_id)
        if recovery is None:
            raise RecoveryUnknownError(request.recovery_id)
        return rpc.GetRecoveryResponse(recovery=recovery)

    async def WatchRecoveries(
        self, request: rpc.WatchRecoveriesRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchRecoveriesResponse, None]:
        changes = self._parts.history.follow(request.resume_token)
        async with aclosing(with_pauses(changes, every=self._checkpoint_seconds)) as news:
            async for change in news:
                recoveries, token = change or ((), self._parts.history.token())
                yield rpc.WatchRecoveriesResponse(recoveries=recoveries, resume_token=token)

    async def ApproveRecovery(
        self, request: rpc.ApproveRecoveryRequest, context: Context
    ) -> rpc.ApproveRecoveryResponse:
        recovery = self._parts.steering.approve(request.recovery_id, subject=current_call().subject)
        return rpc.ApproveRecoveryResponse(recovery=recovery)

    async def CancelRecovery(self, request: rpc.CancelRecoveryRequest, context: Context) -> rpc.CancelRecoveryResponse:
        recovery = self._parts.steering.cancel(
            request.recovery_id, subject=current_call().subject, reason=request.reason
        )
        return rpc.CancelRecoveryResponse(recovery=recovery)

    async def GetRecoveryReport(
        self, request: rpc.GetRecoveryReportRequest, context: Context
    ) -> rpc.GetRecoveryReportResponse:
        return rpc.GetRecoveryReportResponse(report=await self._parts.history.report())

    async def ListIncidents(self, request: rpc.ListIncidentsRequest, context: Context) -> rpc.ListIncidentsResponse:
        wanted = (
            incident
            for incident in self._parts.incidents.newest_first()
            if request.state in {pb.INCIDENT_STATE_UNSPECIFIED, incident.state}
        )
        found, token = page(
            wanted,
            size=request.page_size,
            token=request.page_token,
            kind="incidents",
            id_of=lambda incident: incident.incident_id,
        )
        return rpc.ListIncidentsResponse(incidents=found, next_page_token=token)

    async def AcknowledgeIncident(
        self, request: rpc.AcknowledgeIncidentRequest, context: Context
    ) -> rpc.AcknowledgeIncidentResponse:
        incident = self._parts.desk.acknowledge(request.incident_id, subject=current_call().subject)
        return rpc.AcknowledgeIncidentResponse(incident=incident)

    async def ResolveIncident(
        self, request: rpc.ResolveIncidentRequest, context: Context
    ) -> rpc.ResolveIncidentResponse:
        incident = self._parts.desk.resolve(
            request.incident_id, subject=current_call().subject, resolution=request.resolution
        )
        return rpc.ResolveIncidentResponse(incident=incident)

    async def GetRecoveryPolicy(
        self, request: rpc.GetRecoveryPolicyRequest, context: Context
    ) -> rpc.GetRecoveryPolicyResponse:
        return rpc.GetRecoveryPolicyResponse(revision=self._parts.policies.current)

    async def UpdateRecoveryPolicy(
        self, request: rpc.UpdateRecoveryPolicyRequest, context: Context
    ) -> rpc.UpdateRecoveryPolicyResponse:
        revision = await self._parts.policies.update(
            request.policy, etag=request.etag, reason=request.reason, dry_run=request.dry_run
        )
        return rpc.UpdateRecoveryPolicyResponse(revision=revision)


def _is_of(process: str, wanted: str) -> bool:
    """Tell whether *process*, such as ``kernel-0``, is *wanted*, which may be without the replica."""
    return wanted in {process, process.rpartition("-")[0]}
