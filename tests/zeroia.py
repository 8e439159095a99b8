"""Samples, events and judgements for tests of ZeroIA."""

from collections.abc import Sequence
from itertools import count

from arkalia.reflexia.v1 import reflexia_event_pb2, reflexia_pb2
from google.protobuf.duration_pb2 import Duration

from luna.kernel.events import Event
from luna.kernel.times import timestamp
from luna.modules.zeroia.policy import built_in
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.signals import Sensed, Signals, message_of

NODE = "pi"
SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND
RULES = Rules.of(built_in(), 0)
CALM = Signals(cpu=0.2, memory=0.4, disk=0.3, latency=0.01, error_rate=0.0, loop_lag=0.002, load=0.3, swap=0.0)
TROUBLED = Signals(cpu=1.0, memory=1.0, disk=0.9, latency=3.0, error_rate=0.2, loop_lag=1.0, load=8.0, swap=0.9)

_POSITIONS = count(1)


def sensed(signals: Signals = CALM, *, age_intervals: float = 0.0, position: int = 1) -> Sensed:
    """Return a checked sample of *signals*, as old as told at `START`."""
    return Sensed(
        signals=signals,
        message=message_of(signals),
        node=NODE,
        sample_id=f"sample-{position}",
        position=position,
        time_ns=START - round(age_intervals * SECOND),
        interval_ns=SECOND,
    )


def sample(
    *, time_ns: int = START, cpu: float = 0.2, memory_available: int = 600, node: str = NODE
) -> reflexia_pb2.Sample:
    """Return what an honest machine with 1000 bytes of memory would report."""
    return reflexia_pb2.Sample(
        sample_id="7d9ac1f0-5ba5-4a84-8f4f-7f3a27c2b6ad",
        node=node,
        sample_time=timestamp(time_ns),
        interval=Duration(seconds=1),
        machine=reflexia_pb2.MachineReading(
            cpu_ratio=cpu,
            cpu_count=4,
            load_1m=0.5,
            memory_ratio=(1000 - memory_available) / 1000,
            memory_total_bytes=1000,
            memory_available_bytes=memory_available,
            disk_ratio=0.3,
        ),
    )


def taken(sample: reflexia_pb2.Sample, *, position: int | None = None) -> Event:
    """Return the event that recorded *sample*."""
    position = next(_POSITIONS) if position is None else position
    return Event(
        position=position,
        stream=f"reflexia/{sample.node or NODE}",
        stream_version=position,
        event_id=f"event-{position}",
        type=reflexia_event_pb2.SampleTaken.DESCRIPTOR.full_name,
        payload=reflexia_event_pb2.SampleTaken(sample=sample).SerializeToString(),
        source="pi/kernel-0",
        time_ns=sample.sample_time.ToNanoseconds(),
        correlation_id="",
        causation_id="",
        trace_id="",
        schema_version=1,
        leaf_hash=b"",
    )


def total(contributions: Sequence[float]) -> float:
    """Add up as a reader of the explanation would, one after the other."""
    result = 0.0
    for contribution in contributions:
        result += contribution
    return result
