"""Writes degradation policies as the contract has them, and reads them back. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from arkalia.node.v1 import health_pb2
from arkalia.resilience.v1 import degradation_pb2 as pb
from arkalia.resilience.v1.resilience_event_pb2 import DegradationPolicyUpdated

from luna.kernel.revisions import Kind
from luna.kernel.times import duration, seconds_of
from luna.modules.resilience.errors import PolicyChangedError, PolicyInvalidError
from luna.resilience.degradation import DegradationPolicy
from luna.resilience.levels import Level
from luna.resilience.pressure import Scale
from luna.resilience.violations import PolicyError

_FIELDS: Final = {"down_seconds": "down_interval", "calm_seconds": "calm"}
"""What the contract calls the fields that hold a time."""
_LEVELS: Final = frozenset(int(level) for level in Level)
_MESSAGES: Final = {
    Level.NORMAL: health_pb2.DEGRADATION_LEVEL_NORMAL,
    Level.LIGHT: health_pb2.DEGRADATION_LEVEL_LIGHT,
    Level.MODERATE: health_pb2.DEGRADATION_LEVEL_MODERATE,
    Level.HEAVY: health_pb2.DEGRADATION_LEVEL_HEAVY,
    Level.EMERGENCY: health_pb2.DEGRADATION_LEVEL_EMERGENCY,
    Level.SURVIVAL: health_pb2.DEGRADATION_LEVEL_SURVIVAL,
}


def degradation_kind(stream: str) -> Kind[pb.DegradationPolicyRevision]:
    """Return what a book of these policies keeps, and in which *stream*."""
    return Kind(
        stream=stream,
        first=pb.DegradationPolicyRevision(policy=policy_to_pb(DegradationPolicy()), reason="built in"),
        event=DegradationPolicyUpdated,
        refusal=PolicyChangedError,
    )


def replacing(
    policy: pb.DegradationPolicy,
) -> Callable[[pb.DegradationPolicyRevision], pb.DegradationPolicyRevision]:
    """Return the change that sets *policy*.

    Raises:
        PolicyInvalidError: it breaks rules; all violations are listed.

    """
    policy_of(policy)
    return lambda before: type(before)(policy=policy)


def policy_to_pb(policy: DegradationPolicy) -> pb.DegradationPolicy:
    """Return *policy* as a message."""
    return pb.DegradationPolicy(
        thresholds=[
            pb.DegradationThreshold(level=level_to_pb(level), pressure=pressure)
            for level, pressure in policy.thresholds.items()
        ],
        leave_margin=policy.leave_margin,
        down_interval=duration(policy.down_seconds),
        calm=duration(policy.calm_seconds),
        scales=[
            pb.SignalScale(signal=name, low=scale.low, high=scale.high, weight=scale.weight, critical=scale.critical)
            for name, scale in policy.scales.items()
        ],
    )


def policy_of(message: pb.DegradationPolicy) -> DegradationPolicy:
    """Return the policy in *message*.

    Raises:
        PolicyInvalidError: it breaks rules; all violations are listed, as the contract names the fields.

    """
    scales: dict[str, Scale] = {}
    violations = {f"policy.{field}": why for field, why in _read_scales(message.scales, scales)}
    try:
        # Where a scale is wrong, what there is stands in for it: the other rules are looked at all the same.
        policy = DegradationPolicy(
            thresholds={Level(one.level): one.pressure for one in message.thresholds if one.level in _LEVELS},
            leave_margin=message.leave_margin,
            down_seconds=seconds_of(message.down_interval),
            calm_seconds=seconds_of(message.calm),
            scales=scales,
        )
    except PolicyError as error:
        found = {f"policy.{_FIELDS.get(field, field)}": why for field, why in error.violations.items()}
        raise PolicyInvalidError(found | violations) from None
    if violations:
        raise PolicyInvalidError(violations)
    return policy


def level_to_pb(level: Level) -> health_pb2.DegradationLevel:
    """Return *level* as the contract has it: by its number."""
    return _MESSAGES[level]


def level_of(number: int) -> Level:
    """Return the level of that *number*, NORMAL where it is none."""
    return Level(number) if number in _LEVELS else Level.NORMAL


def _read_scales(messages: Sequence[pb.SignalScale], scales: dict[str, Scale]) -> Iterator[tuple[str, str]]:
    """Add what *messages* say to *scales*, and yield what is wrong with them."""
    for message in messages:
        if message.signal in scales:
            yield f"scales.{message.signal}", "must be given once"
        scales[message.signal] = Scale(low=0, high=1, weight=0)
        try:
            scales[message.signal] = Scale(
                low=message.low,
                high=message.high,
                weight=message.weight,
                critical=message.critical if message.HasField("critical") else None,
            )
        except PolicyError as error:
            for field, why in error.violations.items():
                yield f"scales.{message.signal}.{field}", why
