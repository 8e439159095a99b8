"""What a decision is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from arkalia.node.v1 import severity_pb2
from arkalia.reflexia.v1 import reflexia_pb2
from arkalia.zeroia.v1 import zeroia_pb2 as pb

from luna.modules.zeroia.errors import SignalsError

NAMES: Final = tuple(field.name for field in pb.Signals.DESCRIPTOR.fields)
"""The fields of `Signals`, as the contract calls them."""
_LIMITS: Final[Mapping[str, float]] = {"latency_seconds": 86400, "loop_lag_seconds": 86400, "load_per_cpu": 1e6}


class Signals(NamedTuple):
    """Readings; ``None`` where there is none. The fields are those of the contract, in its order."""

    cpu: float | None = None
    memory: float | None = None
    disk: float | None = None
    latency: float | None = None
    error_rate: float | None = None
    loop_lag: float | None = None
    load: float | None = None
    swap: float | None = None

    @property
    def decidable(self) -> bool:
        """Whether there is a reading that pressure is computed from."""
        return any(reading is not None for reading in self[:6])


class Finding(NamedTuple):
    """What an integrity check found."""

    check: pb.IntegrityCheck
    severity: severity_pb2.Severity
    field: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """Readings with where they come from, checked."""

    signals: Signals
    message: pb.Signals
    """The same readings, as they are recorded."""
    findings: tuple[Finding, ...] = ()
    history: tuple[Finding, ...] = ()
    """Those of the findings that come from comparing with earlier samples and the clock."""
    node: str = ""
    """Empty: the readings came with a request."""
    sample_id: str = ""
    position: int = 0
    time_ns: int = 0
    interval_ns: int = 0
    correlation_id: str = ""
    memory_available_ratio: float | None = None
    """Taken apart from the share in use, and moves with it."""
    repeats: int = 1
    """How many samples in a row had these very readings."""
    memory_available_before: float | None = None
    """What that sensor said when the repetition began."""
    sample: reflexia_pb2.Sample | None = None
    """The whole sample, for checks that are made again."""

    @property
    def compromised(self) -> bool:
        """Whether the readings are not to be believed."""
        return any(finding.severity >= severity_pb2.SEVERITY_CRITICAL for finding in self.findings)


def readings(message: pb.Signals) -> Signals:
    """Return the readings in *message*."""
    known = {field.number: value for field, value in message.ListFields()}
    get = known.get
    return Signals(get(1), get(2), get(3), get(4), get(5), get(6), get(7), get(8))


def given(message: pb.Signals) -> Sensed:
    """Take up readings that came with a request.

    Raises:
        SignalsError: one is not a number within its range, or none says anything.

    """
    signals = readings(message)
    if violations := out_of_range(signals):
        raise SignalsError(violations)
    if not signals.decidable:
        raise SignalsError({"signals": "have no reading of cpu, memory, disk, latency, errors or loop lag"})
    return Sensed(signals=signals, message=message)


def out_of_range(signals: Signals) -> dict[str, str]:
    """Return what is wrong with each reading that is not a number within its range."""
    found = {}
    for name, reading in zip(NAMES, signals, strict=True):
        if reading is None or 0 <= reading <= 1:
            continue
        limit = _LIMITS.get(name, 1)
        # Written so that NaN, which compares as false with everything, is found as well.
        if not 0 <= reading <= limit:
            found[name] = f"must be a number from 0 to {limit:g}, not {reading}"
    return found


def message_of(signals: Signals) -> pb.Signals:
    """Return *signals* as they are recorded."""
    return pb.Signals(**dict(zip(NAMES, signals, strict=True)))
