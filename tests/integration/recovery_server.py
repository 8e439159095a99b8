"""A server with nothing but recoveries in it, behind the whole chain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc.aio
from arkalia.events.v1 import event_error_pb2
from arkalia.recovery.v1 import recovery_error_pb2
from arkalia.recovery.v1 import recovery_service_pb2_grpc as stubs

from luna.adapters.memory_log import MemoryEventLog
from luna.kernel.clock import SystemClock
from luna.sidecar.recovery.history import History
from luna.sidecar.recovery.parts import Parts
from luna.sidecar.recovery.policies import PolicyBook
from luna.sidecar.recovery.servicer import RecoveryServicer
from luna.sidecar.recovery.sources import Sources
from luna.transport.chain import Chain, standard_steps
from luna.transport.meter import Meter
from tests.recovery import IDENTITY, Rig, again, rig

_REASONS = (recovery_error_pb2.RecoveryErrorReason.DESCRIPTOR, event_error_pb2.EventErrorReason.DESCRIPTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A sidecar's recoveries, and where they are served."""

    rig: Rig
    parts: Parts
    address: str


@asynccontextmanager
async def running(
    log: MemoryEventLog, *, address: str = "127.0.0.1:0", checkpoint_seconds: float = 0.2
) -> AsyncIterator[Running]:
    """Serve what *log* tells of recoveries, as a sidecar does that has just been started."""
    async with rig(log=log, ready=False) as made:
        await again(made, log)
        parts = _parts(made)
        await parts.policies.load()
        await parts.history.identify()
        meter = Meter()
        steps = standard_steps(meter=meter, reasons=_REASONS)
        server = grpc.aio.server(interceptors=[Chain(steps, meter=meter, message_bytes_max=4 << 20)])
        servicer = RecoveryServicer(parts, checkpoint_seconds=checkpoint_seconds)
        stubs.add_RecoveryServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port(address)
        await server.start()
        try:
            yield Running(rig=made, parts=parts, address=address.replace(":0", f":{port}"))
        finally:
            await server.stop(0)


def _parts(made: Rig) -> Parts:
    return Parts(
        engine=made.engine,
        ledger=made.ledger,
        incidents=made.incidents,
        desk=made.desk,
        steering=made.steering,
        policies=PolicyBook(made.log, IDENTITY, clock=SystemClock(), adopt=made.engine.adopt),
        history=History(made.log, made.ledger),
        outbox=made.outbox,
        record=made.record,
        sources=Sources(made.engine.see, made.desk.open, reporter=IDENTITY.process),
        figures=made.figures,
        webhook=None,
    )
