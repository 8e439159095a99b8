"""The processes of a node."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from uuid import uuid4

import grpc.aio
from arkalia.node.v1 import node_pb2 as pb
from arkalia.node.v1 import node_service_pb2 as rpc
from arkalia.node.v1.node_service_pb2_grpc import NodeServiceStub

from arkalia_client._calls import ask, follow_on

RESTART_SECONDS = 120.0


class NodeClient:
    """Tells how the processes are, and restarts them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = NodeServiceStub(channel)

    async def get(self) -> pb.Node:
        """Return the node and every process of it."""
        return (await ask(self._stub.GetNode, rpc.GetNodeRequest())).node

    async def watch(self) -> AsyncGenerator[Sequence[pb.ProcessStatus], None]:
        """Yield all processes, then those that change.

        When the connection breaks it goes on where it was; a sidecar that was started again tells of all of them.
        """
        async with aclosing(follow_on(self._stub.WatchNode, rpc.WatchNodeRequest())) as responses:
            async for response in responses:
                if response.processes:
                    yield response.processes

    async def restart(self, process: str) -> Sequence[pb.ProcessStatus]:
        """Replace the replicas of *process* one after the other, without a gap."""
        request = rpc.RestartProcessRequest(process=process, restart_id=str(uuid4()))
        return list((await ask(self._stub.RestartProcess, request, seconds=RESTART_SECONDS)).processes)
