"""The front door: says who the node is, how it is and what it can do."""

from typing import Final

from arkalia.helloria.v1 import helloria_error_pb2, helloria_service_pb2, helloria_service_pb2_grpc
from google.protobuf import descriptor_pool

from luna.manifest import Health, Module, Toolbox, Wired
from luna.modules.helloria.domain import capabilities
from luna.modules.helloria.service import HelloriaService
from luna.modules.helloria.servicer import HelloriaServicer
from luna.modules.helloria.servicer_standing import PeerStanding

__all__ = ["MODULE"]

PROBE_SECONDS: Final = 1.0
PATIENCE: Final = 2.0
"""How many seconds the parts of the node have to say how they are."""

_SERVICE: Final = helloria_service_pb2.DESCRIPTOR.services_by_name["HelloriaService"]


def _wire(tools: Toolbox) -> Wired:
    pool = descriptor_pool.Default()
    offered = capabilities(pool.FindServiceByName(entry.service) for entry in tools.directory)
    service = HelloriaService(
        tools.events, tools.directory, tools.check, PeerStanding(tools.peers, patience=PATIENCE), patience=PATIENCE
    )
    servicer = HelloriaServicer(service, offered, tools.identity, tools.clock)

    async def probe() -> tuple[Health, str]:
        # Through the server's own socket, as a caller would come.
        stub = helloria_service_pb2_grpc.HelloriaServiceStub(tools.peers(_SERVICE.full_name))
        sent = str(tools.clock.wall_ns())
        answer = await stub.Echo(helloria_service_pb2.EchoRequest(message=sent), timeout=PROBE_SECONDS)
        return (Health.SERVING, "") if answer.message == sent else (Health.NOT_SERVING, "the echo is not what was sent")

    return Wired(
        register=lambda server: helloria_service_pb2_grpc.add_HelloriaServiceServicer_to_server(servicer, server),
        probes={_SERVICE.full_name: probe},
    )


MODULE = Module(
    name="helloria",
    services=[_SERVICE],
    errors=helloria_error_pb2.HelloriaErrorReason.DESCRIPTOR,
    events=[],
    wire=_wire,
)
