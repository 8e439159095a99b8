"""Counts what reaches a module that is down while callers keep asking for it: nobody may make a storm of retries of it.

The event log answers UNAVAILABLE to every read, as a module does whose own
dependency is gone. Callers ask Envoy for decisions, which the kernel reads from the log.
"""

import asyncio
import re
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import grpc.aio
import uvloop
from arkalia.zeroia.v1.zeroia_service_pb2 import ListDecisionsRequest
from arkalia.zeroia.v1.zeroia_service_pb2_grpc import DecisionServiceStub

from arkalia_client import OPTIONS
from luna.sidecar.chaos.injecting import fault, injector_of
from tests.node import Node, running_node

if TYPE_CHECKING:
    from arkalia.zeroia.v1.zeroia_service_pb2_grpc import DecisionServiceAsyncStub

READ: Final = "arkalia.events.v1.EventService/Read"
ASKED: Final = "arkalia.zeroia.v1.DecisionService/ListDecisions"
SECONDS: Final = 20.0
PER_SECOND: Final = 50
RATIO_MAX: Final = 1.1


def main() -> Mapping[str, object]:
    """Print and return the figures."""
    return uvloop.run(_main())


async def _main() -> Mapping[str, object]:
    with TemporaryDirectory(prefix="luna") as folder:
        async with running_node(Path(folder), chaos="true") as node:
            await asyncio.sleep(3)
            idle = await _reach(node, asking=False)
            down = await _reach(node, asking=True)
    reads = max(0, down["reads"] - idle["reads"])
    asked, sent = down["asked"], down["sent"]
    print(f"callers sent {sent} requests; {asked} reached the kernel ({asked / sent:.2f} x)")
    print(
        f"the kernel sent {reads} reads to the log that is down ({reads / sent:.2f} x; {idle['reads']} without callers)"
    )
    print(f"required: at most {RATIO_MAX} x")
    return {"sent": sent, "asked": asked, "reads": reads, "idle_reads": idle["reads"], "ratio_required": RATIO_MAX}


async def _reach(node: Node, *, asking: bool) -> dict[str, int]:
    """Count calls while the log is down for its readers, and afterwards let it be well again."""
    before = await _started(node)
    await injector_of(node.home).inject("log", fault("ERROR", seconds=SECONDS + 1, target=READ, code=14))
    sent = await _ask(node) if asking else await _wait()
    after = await _started(node)
    await asyncio.sleep(3)
    return {"sent": sent, "reads": after[READ] - before[READ], "asked": after[ASKED] - before[ASKED]}


async def _wait() -> int:
    await asyncio.sleep(SECONDS)
    return 0


async def _ask(node: Node) -> int:
    """Ask for decisions at a steady rate, as the published client does, and return how often."""
    sent = 0
    async with grpc.aio.insecure_channel(node.target, options=OPTIONS) as channel, asyncio.TaskGroup() as group:
        stub: DecisionServiceAsyncStub = DecisionServiceStub(channel)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            group.create_task(_one(stub))
            sent += 1
            await asyncio.sleep(1 / PER_SECOND)
    return sent


async def _one(stub: "DecisionServiceAsyncStub") -> None:
    try:
        await stub.ListDecisions(ListDecisionsRequest(page_size=5), timeout=5)
    except grpc.aio.AioRpcError:
        return


async def _started(node: Node) -> dict[str, int]:
    """Return the calls that have begun, by method, in the kernel and in the log."""
    texts = [await asyncio.to_thread(_metrics, node, process) for process in ("kernel", "log")]
    pattern = re.compile(r'grpc_server_call_started_total\{grpc_method="([^"]+)"\} (\d+)')
    found = {method: int(count) for text in texts for method, count in pattern.findall(text)}
    return {method: found.get(method, 0) for method in (READ, ASKED)}


def _metrics(node: Node, process: str) -> str:
    url = f"http://127.0.0.1:{node.metrics_port}/metrics/{process}"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())
