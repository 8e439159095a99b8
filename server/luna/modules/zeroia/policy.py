"""The policy: its built-in numbers, and the rules that every policy obeys."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from arkalia.zeroia.v1 import zeroia_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from luna.modules.zeroia.errors import PolicyInvalidError

_SUM_TOLERANCE: Final = 1e-6
_RATIO_SCALES: Final = frozenset({"cpu", "memory", "disk", "error_rate", "swap"})


def built_in() -> pb.Policy:
    """Return the policy of a node that was never told otherwise."""
    return pb.Policy(
        score=pb.ScoreWeights(
            consistency=0.25,
            system_health=0.20,
            response_time=0.15,
            resource_efficiency=0.15,
            context_relevance=0.15,
            error_rate=0.10,
        ),
        pressure=pb.PressurePolicy(
            worst_share=0.85,
            weights=pb.PressureWeights(cpu=0.25, memory=0.25, disk=0.15, latency=0.20, error_rate=0.15),
            scales=_scales(),
            calls_min=20,
            anchors=pb.PressureAnchors(elevated=0.60, high=0.80, critical=0.95),
        ),
        actions=pb.ActionPolicy(
            monitor=0.60, reduce_load=0.80, emergency_shutdown=0.95, hysteresis=0.05, dwell=Duration(seconds=30)
        ),
        confidence=pb.ConfidencePolicy(
            clarity_weight=0.6,
            clear_distance=0.1,
            stale_after_intervals=2,
            age_penalty=0.05,
            age_penalty_max=0.5,
            unknown_penalty=0.2,
            finding_penalty=0.1,
        ),
        integrity=pb.IntegrityPolicy(
            coherence_tolerance=0.1,
            clock_tolerance=Duration(seconds=5),
            repetition_count=5,
            movement=0.02,
            halt_after=3,
        ),
        cycles=pb.CyclePolicy(
            urgent=Duration(seconds=5),
            normal=Duration(seconds=30),
            deep=Duration(seconds=300),
            maintenance=Duration(seconds=1800),
        ),
    )


def check(policy: pb.Policy) -> None:
    """Refuse a policy that breaks its rules.

    Raises:
        PolicyInvalidError: with every violation, not only the first.

    """
    found = dict(_missing(policy, ""))
    if not found:
        found = dict(_not_finite(policy, ""))
    if not found:
        found = {
            **_sums(policy),
            **_thresholds(policy.actions),
            **_anchors(policy.pressure.anchors),
            **_ascending(policy.pressure.scales),
        }
    if found:
        raise PolicyInvalidError(found)


def _scales() -> pb.SignalScales:
    return pb.SignalScales(
        cpu=pb.SignalScale(elevated=0.60, high=0.80, critical=0.95),
        memory=pb.SignalScale(elevated=0.70, high=0.85, critical=0.95),
        disk=pb.SignalScale(elevated=0.80, high=0.90, critical=0.97),
        latency=pb.SignalScale(elevated=0.3, high=1.0, critical=3.0),
        error_rate=pb.SignalScale(elevated=0.01, high=0.05, critical=0.25),
        loop_lag=pb.SignalScale(elevated=0.05, high=0.25, critical=1.0),
        load=pb.SignalScale(elevated=1.5, high=3.0, critical=6.0),
        swap=pb.SignalScale(elevated=0.25, high=0.60, critical=0.90),
    )


def _missing(message: Message, path: str) -> Iterator[tuple[str, str]]:
    for field in message.DESCRIPTOR.fields:
        if field.message_type is None:
            continue
        name = f"{path}{field.name}"
        if not message.HasField(field.name):
            yield name, "is missing"
        else:
            yield from _missing(getattr(message, field.name), f"{name}.")


def _not_finite(message: Message, path: str) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        name = f"{path}{field.name}"
        if isinstance(value, Message):
            yield from _not_finite(value, f"{name}.")
        elif not math.isfinite(value) or value < 0:
            yield name, f"must be a number from 0 on, not {value}"


def _sums(policy: pb.Policy) -> dict[str, str]:
    groups: Mapping[str, Message] = {"score": policy.score, "pressure.weights": policy.pressure.weights}
    return {
        name: f"must sum to 1, not {total:.6g}"
        for name, group in groups.items()
        if abs((total := sum(value for _, value in group.ListFields())) - 1) > _SUM_TOLERANCE
    }


def _thresholds(actions: pb.ActionPolicy) -> dict[str, str]:
    found = {}
    if not actions.monitor < actions.reduce_load < actions.emergency_shutdown <= 1:
        found["actions"] = (
            "must ascend, monitor < reduce_load < emergency_shutdown ≤ 1, "
            f"not {actions.monitor:g}, {actions.reduce_load:g}, {actions.emergency_shutdown:g}"
        )
    if not actions.hysteresis < actions.monitor:
        found["actions.hysteresis"] = f"must be below monitor, not {actions.hysteresis:g}"
    return found


def _anchors(anchors: pb.PressureAnchors) -> dict[str, str]:
    if 0 < anchors.elevated < anchors.high < anchors.critical < 1:
        return {}
    return {
        "pressure.anchors": "must ascend between 0 and 1, elevated < high < critical, "
        f"not {anchors.elevated:g}, {anchors.high:g}, {anchors.critical:g}"
    }


def _ascending(scales: pb.SignalScales) -> dict[str, str]:
    found = {}
    named: Sequence[tuple[str, pb.SignalScale]] = [(field.name, value) for field, value in scales.ListFields()]
    for name, scale in named:
        if not 0 < scale.elevated < scale.high < scale.critical:
            found[f"pressure.scales.{name}"] = (
                "must ascend from above 0, elevated < high < critical, "
                f"not {scale.elevated:g}, {scale.high:g}, {scale.critical:g}"
            )
        elif name in _RATIO_SCALES and scale.critical > 1:
            found[f"pressure.scales.{name}.critical"] = f"must be a ratio, at most 1, not {scale.critical:g}"
    return found
