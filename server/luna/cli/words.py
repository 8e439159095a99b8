"""Spells values of the contract for people."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from luna.kernel.times import seconds_of


def short(name: str) -> str:
    """Return the name of an enum value without its prefix: the last word or words that differ."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def span(seconds: float) -> str:
    """Return a span of time with its unit."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004  two digits of seconds


def span_of(message: Message, field: str) -> str:
    """Return the duration in *field*, or a dash if it is unset."""
    duration: Duration = getattr(message, field)
    return span(seconds_of(duration)) if message.HasField(field) else "–"


_PREFIXES = (
    "ANSWER_RUNG_",
    "ATTACK_CATEGORY_",
    "CIRCUIT_STATE_",
    "CIRCUIT_SIDE_",
    "DEGRADATION_LEVEL_",
    "ERROR_TYPE_",
    "HEALTH_STATE_",
    "INCIDENT_STATE_",
    "PRIORITY_",
    "RECOVERY_STATE_",
    "RECOVERY_STRATEGY_",
    "REFLECT_RUNG_",
    "RUNG_",
    "SEVERITY_",
    "VERIFICATION_",
)
