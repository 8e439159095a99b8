"""The server of the stream benchmark: the event log on disk, behind the whole chain, in a process of its own."""

import asyncio
import logging
import sys
import threading
import time
from pathlib import Path

import grpc.aio
import structlog
import uvloop
from arkalia.events.v1.event_error_pb2 import EventErrorReason
from arkalia.events.v1.event_service_pb2_grpc import add_EventServiceServicer_to_server

from luna.adapters.consumer_groups import LogConsumers
from luna.adapters.sqlite_log import SqliteEventLog
from luna.kernel.clock import SystemClock
from luna.modules.events.anomalies import Detector
from luna.modules.events.archive import Archive
from luna.modules.events.consumers import ConsumerDesk
from luna.modules.events.reading import Reader
from luna.modules.events.recording import Recorder
from luna.modules.events.retention import Policies
from luna.modules.events.servicer import EventServicer
from luna.transport.chain import Chain, standard_steps
from luna.transport.meter import Meter


async def serve(path: Path, socket: str) -> None:
    """Serve the log at *path* on *socket* until killed."""
    # Standard output is for figures.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    meter = Meter()
    chain = Chain(
        standard_steps(meter=meter, reasons=[EventErrorReason.DESCRIPTOR]),
        meter=meter,
        message_bytes_max=4 * 1024 * 1024,
    )
    server = grpc.aio.server(interceptors=[chain])
    async with (
        await SqliteEventLog.open(path) as log,
        LogConsumers(log, log.consumer_storage, SystemClock()) as consumers,
    ):
        add_EventServiceServicer_to_server(_servicer(log, consumers), server)
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        print("serving", flush=True)
        threading.Thread(target=_tell_cpu_time, daemon=True).start()
        await asyncio.Event().wait()


def _servicer(log: SqliteEventLog, consumers: LogConsumers) -> EventServicer:
    clock = SystemClock()
    reader = Reader(log, checkpoint_seconds=15)
    return EventServicer(
        recorder=Recorder(log, source="benchmark/log-0"),
        reader=reader,
        consumers=consumers,
        desk=ConsumerDesk(consumers),
        detector=Detector(log, clock),
        archive=Archive(log, reader, clock),
        policies=Policies(log, source="benchmark/log-0"),
        checkpoint_seconds=15,
    )


def _tell_cpu_time() -> None:
    for _ in sys.stdin:
        print(time.process_time_ns(), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1]), sys.argv[2]))
