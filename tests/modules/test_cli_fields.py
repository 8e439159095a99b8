"""Fields of policies are named, shown and set as people write them."""

import pytest
import typer
from arkalia.recovery.v1 import recovery_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from luna.cli.fields import assign, changes
from luna.modules.resilience.degradation_policy import policy_to_pb
from luna.resilience.circuit import CircuitPolicy
from luna.resilience.circuit_messages import policy_to_pb as breaker_policy
from luna.resilience.degradation import DegradationPolicy
from luna.resilience.recovery_policy import RecoveryPolicy
from luna.sidecar.recovery.policies import policy_to as recovery_policy

POLICIES = {
    "breakers": lambda: breaker_policy(CircuitPolicy()),
    "degradation": lambda: policy_to_pb(DegradationPolicy()),
    "recoveries": lambda: recovery_policy(RecoveryPolicy()),
}


@pytest.mark.parametrize(
    ("policy", "assignment", "line"),
    [
        ("breakers", "open=1.5", "open: 60s → 1.500s"),
        ("breakers", "open=90s", "open: 60s → 90s"),
        ("breakers", "slow_call=2", "slow_call: – → 2s"),
        ("breakers", "failure_ratio=0", "failure_ratio: 0.5 → 0.0"),
        ("degradation", "calm=45s", "calm: 30s → 45s"),
        ("degradation", "thresholds.HEAVY.pressure=0.77", "thresholds.HEAVY.pressure: 0.75 → 0.77"),
        ("degradation", "scales.memory.critical=", "scales.memory.critical: 0.97 → –"),
        ("recoveries", "rules.TIMEOUT.attempts_max=9", "rules.TIMEOUT.attempts_max: 3 → 9"),
        ("recoveries", "rules.MEMORY.approvals=system_restart", "rules.MEMORY.approvals: – → SYSTEM_RESTART"),
        ("recoveries", "rules.TIMEOUT.severity=high", "rules.TIMEOUT.severity: MEDIUM → HIGH"),
    ],
)
def test_a_field_is_set_and_the_change_is_one_line(policy: str, assignment: str, line: str) -> None:
    """
    What was typed is what is shown; nothing else moves.
    """
    before, after = POLICIES[policy](), POLICIES[policy]()
    assign(after, [assignment])

    assert changes(before, after) == [line]


@pytest.mark.parametrize(
    ("policy", "assignment", "why"),
    [
        ("breakers", "open", "say FIELD=VALUE"),
        ("breakers", "opened=1", "say one of calls_min, window, window_calls"),
        ("breakers", "open.seconds=1", "open in 'open.seconds' has no fields"),
        ("breakers", "open=soon", "a span of time, such as 1.5s"),
        ("breakers", "calls_min=-1", "a number"),
        ("degradation", "scales.cpus.low=1", "say one of cpu, memory"),
        ("degradation", "scales=1", "say one of cpu, memory"),
        ("degradation", "scales.cpu=1", "say one of signal, low, high"),
        ("recoveries", "rules.TIMEOUT.strategies=PRAYER", "some of IMMEDIATE_RETRY"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(policy: str, assignment: str, why: str) -> None:
    """
    Nothing has to be looked up.
    """
    with pytest.raises(typer.BadParameter, match=why):
        assign(POLICIES[policy](), [assignment])


def test_a_list_is_replaced_and_not_added_to() -> None:
    """
    In the order that was typed.
    """
    policy = recovery_policy(RecoveryPolicy())
    assign(policy, ["rules.TIMEOUT.strategies=SYSTEM_RESTART, RECOVERY_STRATEGY_IMMEDIATE_RETRY"])

    assert list(policy.rules[0].strategies) == [
        recovery_pb2.RECOVERY_STRATEGY_SYSTEM_RESTART,
        recovery_pb2.RECOVERY_STRATEGY_IMMEDIATE_RETRY,
    ]


@pytest.mark.parametrize("message", [Duration(seconds=1), circuit_breaker_pb2.CallWindow(calls=1)])
def test_the_same_differs_in_nothing(message: Message) -> None:
    """
    No lines.
    """
    assert changes(message, message) == []
