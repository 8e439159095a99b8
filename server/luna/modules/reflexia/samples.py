"""Composes samples, in the shape that the log keeps and callers see."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from arkalia.reflexia.v1 import reflexia_event_pb2 as facts
from arkalia.reflexia.v1 import reflexia_pb2 as pb
from google.protobuf.message import DecodeError

from luna.kernel.events import Event, NewEvent
from luna.kernel.machine import Reading
from luna.kernel.times import duration, seconds_of
from luna.kernel.vitals import ServiceVitals
from luna.modules.reflexia.domain import DEFAULT_POLICY, Level, LevelPolicy, Signal, assess, rate
from luna.modules.reflexia.vitals import Heard

SAMPLE_TAKEN: Final = facts.SampleTaken.DESCRIPTOR.full_name
SERVICES_MAX: Final = 32
"""How many services a sample lists, the busiest first."""

_PLAIN: Final = (
    "cpu_ratio",
    "cpu_count",
    "memory_ratio",
    "memory_total_bytes",
    "memory_available_bytes",
    "swap_ratio",
    "disk_ratio",
    "disk_free_bytes",
    "network_received_bytes",
    "network_sent_bytes",
    "battery_ratio",
    "on_mains",
    "temperature_celsius",
)
_SIGNALS: Final[Mapping[int, Signal]] = {signal.value: signal for signal in Signal}
_LEVELS: Final[Mapping[int, Level]] = {level.value: level for level in Level}
_NOTHING: Final[Mapping[Signal, Level]] = {}


def stream_of(node: str) -> str:
    """Return the name of the stream that holds what is known of *node*."""
    return f"reflexia/{node}"


def machine_of(reading: Reading, before: Reading | None) -> pb.MachineReading:
    """Return *reading* with the rates since the one *before*."""
    machine = pb.MachineReading(**{name: getattr(reading, name) for name in _PLAIN})
    for name, load in zip(("load_1m", "load_5m", "load_15m"), reading.load_average, strict=False):
        setattr(machine, name, load)
    if before is not None:
        seconds = (reading.time_ns - before.time_ns) / 1e9
        received = rate(before.network_received_bytes, reading.network_received_bytes, seconds)
        sent = rate(before.network_sent_bytes, reading.network_sent_bytes, seconds)
        machine.MergeFrom(pb.MachineReading(network_received_rate=received, network_sent_rate=sent))
    return machine


def processes_of(heard: Iterable[Heard]) -> Sequence[pb.ProcessReading]:
    """Return the readings of the processes that were *heard*."""
    return [
        pb.ProcessReading(
            name=one.vitals.process,
            pid=one.vitals.pid,
            rss_bytes=one.vitals.rss_bytes,
            cpu_ratio=one.vitals.cpu_ratio,
            loop_lag=duration(one.vitals.loop_lag_seconds),
            age=duration(one.age_seconds),
            circuit_breakers=one.vitals.circuit_breakers,
            open_circuit_breakers=one.vitals.open_circuit_breakers,
            queued_calls=one.vitals.queued_calls,
        )
        for one in heard
    ]


def services_of(heard: Iterable[Heard]) -> Sequence[pb.ServiceReading]:
    """Return the readings of the services that had calls, the busiest first."""
    readings = [
        _service(one.vitals.process, service)
        for one in heard
        for service in one.vitals.services
        if service.calls or service.in_flight
    ]
    return sorted(readings, key=lambda reading: (-reading.calls, reading.service, reading.process))


def judge(sample: pb.Sample, previous: Mapping[Signal, Level] = _NOTHING, policy: LevelPolicy = DEFAULT_POLICY) -> None:
    """Fill in the levels, the action and the reason of *sample*."""
    values = values_of(sample)
    found = assess(values, policy, previous)
    del sample.levels[:]
    sample.levels.extend(
        pb.SignalLevel(signal=pb.Signal.Name(signal), level=pb.Level.Name(level), value=values[signal])
        for signal, level in found.levels.items()
    )
    action = pb.RecommendedAction.Name(found.action)
    sample.MergeFrom(pb.Sample(recommended_action=action, reason=found.reason))


def values_of(sample: pb.Sample) -> Mapping[Signal, float]:
    """Return the value of each signal that *sample* has a reading of."""
    machine = sample.machine
    values: dict[Signal, float] = {}
    if machine.HasField("cpu_ratio"):
        values[Signal.CPU] = machine.cpu_ratio
    if machine.HasField("memory_ratio"):
        values[Signal.MEMORY] = machine.memory_ratio
    if machine.HasField("disk_ratio"):
        values[Signal.DISK] = machine.disk_ratio
    if lags := [seconds_of(one.loop_lag) for one in sample.processes if one.HasField("loop_lag")]:
        values[Signal.LOOP_LAG] = max(lags)
    if latencies := [seconds_of(one.latency_p99) for one in sample.services if one.HasField("latency_p99")]:
        values[Signal.LATENCY] = max(latencies)
    return values


def levels_of(sample: pb.Sample) -> Mapping[Signal, Level]:
    """Return the levels that *sample* was judged to have."""
    return {
        signal: level
        for one in sample.levels
        if (signal := _SIGNALS.get(one.signal)) is not None and (level := _LEVELS.get(one.level)) is not None
    }


def taken(sample: pb.Sample, *, source: str) -> NewEvent:
    """Return the fact that *sample* was taken."""
    return NewEvent(
        type=SAMPLE_TAKEN,
        payload=facts.SampleTaken(sample=sample).SerializeToString(deterministic=True),
        event_id=sample.sample_id,
        source=source,
        time_ns=sample.sample_time.ToNanoseconds(),
        correlation_id=sample.sample_id,
    )


def sample_in(event: Event) -> pb.Sample | None:
    """Return the sample that *event* recorded, or ``None`` if it holds none of the node whose stream it is in.

    Whoever may append to the log may append nonsense; it must not stop us.
    """
    try:
        sample = facts.SampleTaken.FromString(event.payload).sample
    except DecodeError:
        return None
    return sample if event.stream == stream_of(sample.node) else None


def _service(process: str, service: ServiceVitals) -> pb.ServiceReading:
    p50, p99 = service.latency_p50_seconds, service.latency_p99_seconds
    return pb.ServiceReading(
        service=service.service,
        process=process,
        calls=service.calls,
        error_ratio=min(1.0, service.errors / service.calls) if service.calls else None,
        latency_p50=None if p50 is None else duration(p50),
        latency_p99=None if p99 is None else duration(p99),
        in_flight=service.in_flight,
    )
