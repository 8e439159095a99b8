"""One side of the chain benchmark: an Echo server, bare or with the whole chain around it."""

import asyncio
import sys
import threading
import time
from pathlib import Path

import grpc
import grpc.aio
import uvloop
from arkalia.helloria.v1 import helloria_service_pb2
from arkalia.helloria.v1.helloria_error_pb2 import HelloriaErrorReason
from arkalia.helloria.v1.helloria_service_pb2 import EchoRequest, EchoResponse

from luna.transport.chain import Chain, standard_steps
from luna.transport.circuits import Circuits
from luna.transport.error_reports import ErrorReporter
from luna.transport.meter import Meter
from luna.transport.parts import Parts
from luna.transport.spool import Spool


async def echo(request: EchoRequest, context: object) -> EchoResponse:
    """Send the message back, as the real one does."""
    del context
    response = EchoResponse(message=request.message, process="benchmark-0")
    response.time.FromNanoseconds(time.time_ns())
    return response


async def serve(side: str, socket: str) -> None:
    """Serve on *socket* until killed."""
    server = grpc.aio.server(interceptors=[_chain(Path(socket).with_suffix(".errors"))] if side == "chain" else [])
    handler = grpc.unary_unary_rpc_method_handler(echo, EchoRequest.FromString, EchoResponse.SerializeToString)
    service = helloria_service_pb2.DESCRIPTOR.services_by_name["HelloriaService"].full_name
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Echo": handler})])
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    print("serving", flush=True)
    threading.Thread(target=_tell_cpu_time, daemon=True).start()
    await asyncio.Event().wait()


def _chain(spool: Path) -> Chain:
    """Return the chain of every server process, with the breakers, the limiter and the reports of a real one."""
    meter = Meter()
    parts = Parts(circuits=Circuits("benchmark-0"), failures=ErrorReporter(Spool(spool)))
    steps = standard_steps(meter=meter, reasons=[HelloriaErrorReason.DESCRIPTOR], parts=parts)
    return Chain(steps, meter=meter, message_bytes_max=4 * 1024 * 1024)


def _tell_cpu_time() -> None:
    for _ in sys.stdin:
        print(time.process_time_ns(), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2]))
