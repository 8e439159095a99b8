"""Keeps texts, and finds them again by meaning and by words."""

from typing import Final

from arkalia.memory.v1 import memory_error_pb2, memory_event_pb2, memory_service_pb2
from arkalia.memory.v1 import memory_service_pb2_grpc as stubs

from luna.manifest import Module, Toolbox, Wired
from luna.modules.memory.applier import Applier
from luna.modules.memory.embedding import LateEmbedder
from luna.modules.memory.forgetting import Forgetting
from luna.modules.memory.guards import Guards
from luna.modules.memory.projection import Projection
from luna.modules.memory.recall import Recaller
from luna.modules.memory.recorder import Recorder
from luna.modules.memory.restoring import Restoring
from luna.modules.memory.sealing import Sealer
from luna.modules.memory.service import MemoryService
from luna.modules.memory.servicer import MemoryServicer
from luna.modules.memory.servicer_reflect import Reflector

__all__ = ["MODULE"]

_SERVICE: Final = memory_service_pb2.DESCRIPTOR.services_by_name["MemoryService"]


def _wire(tools: Toolbox) -> Wired:
    if tools.memory is None:
        raise ValueError("memory needs an embedder and a place for its index")
    events, clock, source = tools.events, tools.clock, tools.identity.source
    model = LateEmbedder(tools.memory)
    sealer = Sealer(tools.memory.keys)
    projection = Projection(events, tools.memory, model, sealer)
    applier = Applier(projection, clock)
    guards = Guards(model, clock, tools.identity.process, tools.breaker)
    recorder = Recorder(
        events, clock, projection=projection, sealer=sealer, applier=applier, guards=guards, source=source
    )
    recaller = Recaller(projection, guards, clock)
    forgetting = Forgetting(
        events, clock, projection=projection, recorder=recorder, applier=applier, recaller=recaller, source=source
    )
    restoring = Restoring(
        events, clock, projection=projection, forgetting=forgetting, sealer=sealer, recaller=recaller, source=source
    )
    service = MemoryService(
        clock,
        projection=projection,
        recorder=recorder,
        forgetting=forgetting,
        restoring=restoring,
        guards=guards,
        recaller=recaller,
    )

    async def apply() -> None:
        try:
            await applier.run()
        finally:
            await projection.aclose()
            await sealer.aclose()
            await model.aclose()

    servicer = MemoryServicer(service, Reflector(tools.peers), clock)
    return Wired(
        register=lambda server: stubs.add_MemoryServiceServicer_to_server(servicer, server),
        background=[apply, applier.tend, recorder.run, forgetting.run],
        probes={_SERVICE.full_name: applier.probe},
    )


MODULE = Module(
    name="memory",
    services=[_SERVICE],
    errors=memory_error_pb2.MemoryErrorReason.DESCRIPTOR,
    events=list(memory_event_pb2.DESCRIPTOR.message_types_by_name.values()),
    wire=_wire,
)
