"""Takes up samples, and checks them on the way."""

import itertools
from dataclasses import replace
from typing import Final

from arkalia.reflexia.v1 import reflexia_event_pb2, reflexia_pb2
from google.protobuf.message import DecodeError

from luna.kernel.events import Event
from luna.modules.zeroia import integrity
from luna.modules.zeroia.rules import Rules
from luna.modules.zeroia.signals import NAMES, Finding, Sensed, Signals, message_of, out_of_range

SAMPLE_TAKEN: Final = reflexia_event_pb2.SampleTaken.DESCRIPTOR.full_name


def sense(event: Event, rules: Rules, before: Sensed | None, now_ns: int) -> Sensed | None:
    """Return the sample in *event*, checked against the one *before*; ``None`` if it is no sample at all."""
    sensed = take_up(event, rules, before)
    if sensed is None:
        return None
    policy = rules.policy.integrity
    tolerance_ns = policy.clock_tolerance.ToNanoseconds()
    time = integrity.temporal(sensed.time_ns, now_ns, before, event.position, tolerance_ns)
    history = (*time, *integrity.repetition(sensed, policy))
    return replace(sensed, history=history, findings=inspect(replace(sensed, history=history), rules))


def take_up(event: Event, rules: Rules, before: Sensed | None) -> Sensed | None:
    """Return the readings in *event*, unchecked; ``None`` if it holds no sample.

    Readings that cannot be are left out, so that the decision is made from
    the others. The checks tell of them.
    """
    taken = reflexia_event_pb2.SampleTaken()
    try:
        taken.ParseFromString(event.payload)
    except DecodeError:
        return None
    raw = _signals(taken.sample, rules.policy.pressure.calls_min)
    bad = out_of_range(raw)
    signals = Signals(*(None if name in bad else value for name, value in zip(NAMES, raw, strict=True)))
    return _with_history(event, taken.sample, signals, before)


def inspect(sensed: Sensed, rules: Rules) -> tuple[Finding, ...]:
    """Return what the checks find in *sensed*, with what its history told."""
    sample = sensed.sample
    if sample is None:
        return sensed.history
    found = itertools.chain(
        sensed.history,
        integrity.schema(sample, decidable=sensed.signals.decidable),
        integrity.scan(sample),
        integrity.coherence(sample, rules.policy.integrity.coherence_tolerance),
    )
    return tuple(itertools.islice(found, integrity.FINDINGS_MAX))


def node_of(stream: str) -> str:
    """Return the node whose samples are in *stream*."""
    return stream.partition("/")[2]


def stream_of(node: str) -> str:
    """Return the stream with the samples of *node*."""
    return f"reflexia/{node}"


def _signals(sample: reflexia_pb2.Sample, calls_min: int) -> Signals:
    machine = sample.machine
    latencies = [s.latency_p99.ToNanoseconds() for s in sample.services if s.HasField("latency_p99")]
    lags = [process.loop_lag.ToNanoseconds() for process in sample.processes if process.HasField("loop_lag")]
    return Signals(
        cpu=machine.cpu_ratio if machine.HasField("cpu_ratio") else None,
        memory=machine.memory_ratio if machine.HasField("memory_ratio") else None,
        disk=machine.disk_ratio if machine.HasField("disk_ratio") else None,
        latency=max(latencies) / 1e9 if latencies else None,
        error_rate=_error_rate(sample, calls_min),
        loop_lag=max(lags) / 1e9 if lags else None,
        load=machine.load_1m / machine.cpu_count if machine.HasField("load_1m") and machine.cpu_count else None,
        swap=machine.swap_ratio if machine.HasField("swap_ratio") else None,
    )


def _error_rate(sample: reflexia_pb2.Sample, calls_min: int) -> float | None:
    calls = sum(service.calls for service in sample.services)
    if not calls or calls < calls_min:
        return None
    return sum(service.calls * service.error_ratio for service in sample.services) / calls


def _with_history(event: Event, sample: reflexia_pb2.Sample, signals: Signals, before: Sensed | None) -> Sensed:
    available = integrity.memory_available_ratio(sample.machine)
    again = before is not None and before.signals == signals and event.position > before.position
    return Sensed(
        signals=signals,
        message=message_of(signals),
        node=node_of(event.stream),
        sample_id=event.event_id,
        position=event.position,
        time_ns=sample.sample_time.ToNanoseconds() or event.time_ns,
        interval_ns=sample.interval.ToNanoseconds(),
        correlation_id=event.correlation_id or event.event_id,
        memory_available_ratio=available,
        repeats=before.repeats + 1 if before is not None and again else 1,
        memory_available_before=before.memory_available_before if before is not None and again else available,
        sample=sample,
    )
