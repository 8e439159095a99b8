"""Translates between the node's contract and the supervisor."""

import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Final, TypeAlias
from uuid import NAMESPACE_DNS, uuid5

import grpc.aio
from arkalia.node.v1 import node_pb2 as pb
from arkalia.node.v1 import node_service_pb2 as rpc
from arkalia.node.v1 import node_service_pb2_grpc as stubs

from luna.kernel import tokens
from luna.kernel.identity import Identity
from luna.kernel.streams import with_pauses
from luna.kernel.times import duration_of_ns, timestamp
from luna.settings import Settings
from luna.sidecar.admin import Admin
from luna.sidecar.diagnostics import log_lines, settings_shown, versions
from luna.sidecar.errors import NodeResumeTokenError
from luna.sidecar.state import worst
from luna.sidecar.supervisor import Supervisor
from luna.sidecar.translate import STATES, process_status, topology_processes
from luna.topology import Topology

LINES_DEFAULT: Final = 50

Context: TypeAlias = grpc.aio.ServicerContext[object, object]


class NodeServicer(stubs.NodeServiceServicer):
    """Implements ``arkalia.node.v1.NodeService``."""

    def __init__(
        self,
        supervisor: Supervisor,
        *,
        identity: Identity,
        topology: Topology,
        settings: Settings,
        endpoint: str,
        logs: dict[str, Path],
        admin: Admin | None,
        checkpoint_seconds: float = 15.0,
    ) -> None:
        self._supervisor = supervisor
        self._identity = identity
        self._topology = topology
        self._settings = settings
        self._endpoint = endpoint
        self._logs = logs
        self._admin = admin
        self._checkpoint_seconds = checkpoint_seconds
        self._node_id = str(uuid5(NAMESPACE_DNS, identity.node))

    async def GetNode(self, request: rpc.GetNodeRequest, context: Context) -> rpc.GetNodeResponse:
        return rpc.GetNodeResponse(node=self._node())

    async def WatchNode(
        self, request: rpc.WatchNodeRequest, context: Context
    ) -> AsyncGenerator[rpc.WatchNodeResponse, None]:
        position = self._position(request.resume_token)
        changes = self._supervisor.board.follow(after=position)
        async with aclosing(with_pauses(changes, every=self._checkpoint_seconds)) as news:
            async for change in news:
                statuses, position = change or ((), position)
                yield rpc.WatchNodeResponse(
                    processes=[process_status(status) for status in statuses],
                    resume_token=tokens.issue(self._node_id, position),
                )

    async def RestartProcess(self, request: rpc.RestartProcessRequest, context: Context) -> rpc.RestartProcessResponse:
        statuses = await self._supervisor.restart(request.process, request.restart_id)
        return rpc.RestartProcessResponse(processes=[process_status(status) for status in statuses])

    async def GetDiagnostics(self, request: rpc.GetDiagnosticsRequest, context: Context) -> rpc.GetDiagnosticsResponse:
        limit = request.line_limit or LINES_DEFAULT
        found = pb.Diagnostics(
            node=self._node(),
            versions=[
                pb.ComponentVersion(component=component, version=version)
                for component, version in (await versions(self._admin)).items()
            ],
            settings=[
                pb.SettingValue(setting=setting, value=value)
                for setting, value in settings_shown(self._settings).items()
            ],
            logs=[
                pb.LogTail(process=process, path=str(path), lines=log_lines(path, limit=limit))
                for process, path in self._logs.items()
            ],
            time=timestamp(time.time_ns()),
        )
        return rpc.GetDiagnosticsResponse(diagnostics=found)

    def _node(self) -> pb.Node:
        statuses = self._supervisor.board.all()
        return pb.Node(
            node=self._identity.node,
            version=self._identity.version,
            pid=os.getpid(),
            start_time=timestamp(self._identity.started_ns),
            uptime=duration_of_ns(time.time_ns() - self._identity.started_ns),
            endpoint=self._endpoint,
            state=STATES[worst(statuses)],
            topology=topology_processes(self._topology),
            processes=[process_status(status) for status in statuses],
        )

    def _position(self, resume_token: str) -> int:
        if not resume_token:
            return 0
        try:
            return tokens.redeem(resume_token, self._node_id)
        except tokens.ResumeTokenError as error:
            raise NodeResumeTokenError from error
