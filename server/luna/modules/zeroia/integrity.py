"""Whether a sample can be believed."""

import math
from collections.abc import Iterator
from typing import Final

from arkalia.node.v1.severity_pb2 import SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_MEDIUM
from arkalia.reflexia.v1 import reflexia_pb2
from arkalia.zeroia.v1 import zeroia_pb2 as pb
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from luna.modules.zeroia.signals import Finding, Sensed

FINDINGS_MAX: Final = 16
DEPTH_MAX: Final = 8
TEXT_LENGTH_MAX: Final = 4096
ITEMS_MAX: Final = 1024
_RATIO_SUFFIX: Final = "_ratio"
_CORES_MAX: Final = 65536
"""A process may use more than one core, so its share of the processor is no ratio."""


def scan(message: Message, path: str = "", depth: int = 0) -> Iterator[Finding]:
    """Walk through all of *message*, and find what does not belong into one."""
    if depth > DEPTH_MAX:
        yield _payload(path, f"is nested more than {DEPTH_MAX} deep")
        return
    for field, value in message.ListFields():
        name = f"{path}{field.name}"
        items = value if field.is_repeated else (value,)
        if len(items) > ITEMS_MAX:
            yield _payload(name, f"has {len(items)} items, more than {ITEMS_MAX}")
            continue
        for item in items:
            if isinstance(item, Message):
                yield from scan(item, f"{name}.", depth + 1)
            else:
                yield from _scalar(field, name, item)


def coherence(sample: reflexia_pb2.Sample, tolerance: float) -> Iterator[Finding]:
    """Find readings that exclude each other."""
    available = memory_available_ratio(sample.machine)
    machine = sample.machine
    if available is not None and machine.HasField("memory_ratio"):
        off = abs(machine.memory_ratio - (1 - available))
        if off > tolerance:
            yield _incoherent(
                "machine.memory_ratio", f"is {machine.memory_ratio:.3f}, but {available:.3f} of memory is available"
            )
    if machine.memory_available_bytes > machine.memory_total_bytes > 0:
        yield _incoherent("machine.memory_available_bytes", "is more than the machine has")
    for service in sample.services:
        if service.latency_p50.ToNanoseconds() > service.latency_p99.ToNanoseconds():
            yield _incoherent("services.latency_p50", f"of {service.service[:64]} is above its 99th percentile")


def schema(sample: reflexia_pb2.Sample, *, decidable: bool) -> Iterator[Finding]:
    """Find what a sample must have and has not."""
    for name in ("sample_time", "interval", "machine"):
        if not sample.HasField(name):
            yield Finding(pb.INTEGRITY_CHECK_SCHEMA, SEVERITY_HIGH, name, "is missing")
    if not sample.node:
        yield Finding(pb.INTEGRITY_CHECK_SCHEMA, SEVERITY_HIGH, "node", "is missing")
    if not decidable:
        yield Finding(pb.INTEGRITY_CHECK_SCHEMA, SEVERITY_HIGH, "machine", "has no reading to decide on")


def temporal(time_ns: int, now_ns: int, before: Sensed | None, position: int, tolerance_ns: int) -> Iterator[Finding]:
    """Find times that cannot be.

    A clock that is set back makes this finding too, so it is never
    critical: an honest machine must not be called compromised.
    """
    if time_ns > now_ns + tolerance_ns:
        ahead = (time_ns - now_ns) / 1e9
        yield Finding(pb.INTEGRITY_CHECK_TIME_FUTURE, SEVERITY_HIGH, "sample_time", f"is {ahead:.1f} s in the future")
    # A sample that is delivered again is older than the newest, and rightly so: positions tell.
    if before is not None and position > before.position and time_ns < before.time_ns - tolerance_ns:
        back = (before.time_ns - time_ns) / 1e9
        yield Finding(
            pb.INTEGRITY_CHECK_TIME_BACKWARDS, SEVERITY_HIGH, "sample_time", f"is {back:.1f} s before the last sample's"
        )


def repetition(sensed: Sensed, policy: pb.IntegrityPolicy) -> Iterator[Finding]:
    """Find readings that stand still while sensors that move with them have moved.

    That a machine is quiet proves nothing: memory in use must stand still
    bit for bit while the memory that is available, read apart from it, moved
    further than rounding hides.
    """
    if sensed.repeats < policy.repetition_count:
        return
    now, began = sensed.memory_available_ratio, sensed.memory_available_before
    if (
        sensed.signals.memory is not None
        and now is not None
        and began is not None
        and abs(now - began) > policy.movement
    ):
        yield Finding(
            pb.INTEGRITY_CHECK_REPETITION,
            SEVERITY_MEDIUM,
            "machine.memory_ratio",
            f"was the same in {sensed.repeats} samples while available memory moved by {abs(now - began):.3f}",
        )


def memory_available_ratio(machine: reflexia_pb2.MachineReading) -> float | None:
    """Return the share of memory that is available, where it was read."""
    if not machine.HasField("memory_available_bytes") or not machine.memory_total_bytes:
        return None
    return machine.memory_available_bytes / machine.memory_total_bytes


def _scalar(field: FieldDescriptor, name: str, value: object) -> Iterator[Finding]:
    if isinstance(value, float):
        yield from _number(name, value)
    elif isinstance(value, str):
        if len(value) > TEXT_LENGTH_MAX:
            yield _payload(name, f"has {len(value)} characters, more than {TEXT_LENGTH_MAX}")
        elif not value.isprintable():
            yield _payload(name, "has control characters")
    elif field.enum_type is not None and value not in field.enum_type.values_by_number:
        yield _payload(name, f"is {value}, which the contract does not know")


def _number(name: str, value: float) -> Iterator[Finding]:
    if not math.isfinite(value):
        yield _payload(name, f"is {value}")
    elif name.endswith(_RATIO_SUFFIX):
        limit = _CORES_MAX if name == "processes.cpu_ratio" else 1
        if not 0 <= value <= limit:
            yield Finding(pb.INTEGRITY_CHECK_RANGE, SEVERITY_CRITICAL, name, f"is {value:g}, not from 0 to {limit}")


def _payload(name: str, detail: str) -> Finding:
    return Finding(pb.INTEGRITY_CHECK_PAYLOAD, SEVERITY_CRITICAL, name, detail)


def _incoherent(name: str, detail: str) -> Finding:
    return Finding(pb.INTEGRITY_CHECK_COHERENCE, SEVERITY_CRITICAL, name, detail)
