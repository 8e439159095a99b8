"""Makes things go wrong in the processes of a node that was started with ``chaos="true"``."""

from typing import Any

import grpc.aio
from arkalia.chaos.v1.chaos_pb2 import Fault

from luna.sidecar.chaos.injecting import fault, injector_of
from tests.node import Node


def own_channel(node: Node, process: str) -> grpc.aio.Channel:
    """Return a channel to one process, past Envoy."""
    return grpc.aio.insecure_channel(
        f"unix:{node.home}/run/{process}-0.sock", options=[("grpc.use_local_subchannel_pool", 1)]
    )


async def inject(node: Node, process: str, kind: str, **fields: Any) -> Fault:
    """Begin a fault of *kind*, such as ``SLOW``."""
    return await injector_of(node.home).inject(process, fault(kind, **fields))


async def clear(node: Node, process: str) -> None:
    """End all faults in one process."""
    await injector_of(node.home).clear(process)
