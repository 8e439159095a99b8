"""Keeps the event log, and lets others read, follow and consume it."""

from collections.abc import Callable

from arkalia.events.v1 import event_error_pb2, event_event_pb2, event_service_pb2, event_service_pb2_grpc

from luna.kernel.consumers import ConsumerAdmin
from luna.kernel.event_log import EventLog
from luna.kernel.log_admin import Retention
from luna.manifest import Health, Module, Probe, Toolbox, Wired
from luna.modules.events import payloads
from luna.modules.events.anomalies import Detector
from luna.modules.events.archive import Archive
from luna.modules.events.consumers import ConsumerDesk
from luna.modules.events.reading import Reader
from luna.modules.events.recording import Recorder
from luna.modules.events.retention import Policies, Sweeper
from luna.modules.events.servicer import EventServicer

__all__ = ["MODULE", "wire"]

_SERVICE = event_service_pb2.DESCRIPTOR.services_by_name["EventService"]


def wire(tools: Toolbox, *, check: Callable[[str, bytes], None] = payloads.check) -> Wired:
    """Build the module. A *check* of its own decides what may be a payload."""
    events, consumers = tools.events, tools.consumers
    if not isinstance(events, Retention) or not isinstance(consumers, ConsumerAdmin):
        raise TypeError("the events module runs only in the process that owns the log")
    source = tools.identity.source
    reader = Reader(events, checkpoint_seconds=tools.checkpoint_seconds)
    policies = Policies(events, source=source)
    servicer = EventServicer(
        recorder=Recorder(events, source=source, check=check),
        reader=reader,
        consumers=consumers,
        desk=ConsumerDesk(consumers),
        detector=Detector(events, tools.clock),
        archive=Archive(events, reader, tools.clock),
        policies=policies,
        checkpoint_seconds=tools.checkpoint_seconds,
    )
    return Wired(
        register=lambda server: event_service_pb2_grpc.add_EventServiceServicer_to_server(servicer, server),
        background=[Sweeper(events, events, policies, tools.clock, source=source).run],
        probes={_SERVICE.full_name: _probe(events)},
    )


def _probe(events: EventLog) -> Probe:
    async def probe() -> tuple[Health, str]:
        stats = await events.stats()
        if not stats.writable:
            return Health.DEGRADED, "appends are refused until the log can be written again; reading goes on"
        return Health.SERVING, ""

    return probe


MODULE = Module(
    name="events",
    services=[_SERVICE],
    errors=event_error_pb2.EventErrorReason.DESCRIPTOR,
    events=[
        event_event_pb2.DESCRIPTOR.message_types_by_name["EventsPruned"],
        event_event_pb2.DESCRIPTOR.message_types_by_name["RetentionPolicyUpdated"],
    ],
    wire=wire,
)
