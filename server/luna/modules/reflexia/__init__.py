"""Observes the machine and the node it runs on."""

import grpc.aio
from arkalia.reflexia.v1 import reflexia_error_pb2 as reasons
from arkalia.reflexia.v1 import reflexia_event_pb2 as facts
from arkalia.reflexia.v1 import reflexia_service_pb2 as rpc
from arkalia.reflexia.v1 import reflexia_service_pb2_grpc as stubs

from luna.manifest import Module, Toolbox, Wired
from luna.modules.reflexia.newest import Newest
from luna.modules.reflexia.sampler import Sampler
from luna.modules.reflexia.service import STALE_INTERVALS, ReflexiaService
from luna.modules.reflexia.servicer import ReflexiaServicer
from luna.modules.reflexia.vitals import VitalsTable
from luna.modules.reflexia.watcher import Watcher

__all__ = ["MODULE"]

_SERVICE = rpc.DESCRIPTOR.services_by_name["ReflexiaService"]


def _wire(tools: Toolbox) -> Wired:
    vitals = VitalsTable(tools.clock, seconds_max=STALE_INTERVALS * tools.sample_seconds)
    newest = Newest()
    sampler = Sampler(tools, vitals, newest)
    service = ReflexiaService(tools, vitals, newest, sampler)
    servicer = ReflexiaServicer(service, checkpoint_seconds=tools.checkpoint_seconds)

    def register(server: grpc.aio.Server) -> None:
        stubs.add_ReflexiaServiceServicer_to_server(servicer, server)

    return Wired(
        register=register,
        background=(sampler.run, Watcher(tools, newest).run),
        probes={_SERVICE.full_name: service.probe},
    )


MODULE = Module(
    name="reflexia",
    services=(_SERVICE,),
    errors=reasons.ReflexiaErrorReason.DESCRIPTOR,
    events=tuple(facts.DESCRIPTOR.message_types_by_name.values()),
    wire=_wire,
)
