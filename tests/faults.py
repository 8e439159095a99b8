"""Makes things go wrong in the processes of a node that was started with ``chaos="true"``."""

import uuid
from typing import Any

import grpc.aio
from arkalia.chaos.v1 import chaos_pb2 as pb
from arkalia.chaos.v1 import chaos_service_pb2 as rpc
from arkalia.chaos.v1.chaos_service_pb2_grpc import ChaosServiceStub
from google.protobuf.duration_pb2 import Duration

from tests.node import Node


def span(seconds: float) -> Duration:
    found = Duration()
    found.FromNanoseconds(round(seconds * 1e9))
    return found


def own_channel(node: Node, process: str) -> grpc.aio.Channel:
    """Return a channel to one process, past Envoy."""
    return grpc.aio.insecure_channel(
        f"unix:{node.home}/run/{process}-0.sock", options=[("grpc.use_local_subchannel_pool", 1)]
    )


async def inject(node: Node, process: str, kind: str, *, seconds: float, **fields: Any) -> pb.Fault:
    """Begin a fault of *kind*, such as ``SLOW``."""
    if "delay" in fields:
        fields["delay"] = span(fields["delay"])
    fault = pb.Fault(fault_id=str(uuid.uuid4()), kind=f"FAULT_KIND_{kind}", duration=span(seconds), **fields)
    async with own_channel(node, process) as channel:
        return (await ChaosServiceStub(channel).InjectFault(rpc.InjectFaultRequest(fault=fault), timeout=5)).fault


async def clear(node: Node, process: str) -> None:
    """End all faults in one process."""
    async with own_channel(node, process) as channel:
        await ChaosServiceStub(channel).ClearFaults(rpc.ClearFaultsRequest(), timeout=5)
