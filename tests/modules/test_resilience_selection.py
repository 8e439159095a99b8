"""Which breakers are meant, and how the words of breakers look in the contract."""

import pytest
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb

from luna.kernel.times import duration
from luna.resilience.circuit import CircuitKey, CircuitPolicy, CircuitState, Side
from luna.resilience.circuit_messages import (
    key_of,
    key_to_pb,
    policy_of,
    policy_to_pb,
    rules_of,
    selector_of,
    selector_to_pb,
    state_of,
    state_to_pb,
)
from luna.resilience.selection import CircuitRules, Selector
from luna.resilience.violations import PolicyError

KEY = CircuitKey(
    process="kernel-0", side=Side.CLIENT, peer="log", method="arkalia.events.v1.EventService/Append", priority=2
)


@pytest.mark.parametrize(
    "selector",
    [
        Selector(),
        Selector(process="kernel-0"),
        Selector(process="kernel"),
        Selector(side=Side.CLIENT, peer="log"),
        Selector(method="arkalia.events.v1.EventService"),
        Selector(method="arkalia.events.v1.EventService/Append"),
    ],
    ids=str,
)
def test_a_breaker_is_meant(selector: Selector) -> None:
    """
    By its process, with or without the replica, and by its rpc or the service.
    """
    assert selector.matches(KEY)
    assert selector_of(selector_to_pb(selector)) == selector


@pytest.mark.parametrize(
    "selector",
    [
        Selector(process="kernel-1"),
        Selector(process="ker"),
        Selector(side=Side.SERVER),
        Selector(peer="kernel"),
        Selector(method="arkalia.events.v1.EventService/Read"),
        Selector(method="arkalia.events"),
    ],
    ids=str,
)
def test_a_breaker_is_not_meant(selector: Selector) -> None:
    """
    Every part that is given must fit.
    """
    assert not selector.matches(KEY)


def test_the_last_rule_that_fits_holds() -> None:
    """
    And where none does, what is said for all.
    """
    rules = CircuitRules(
        rules=(
            (Selector(process="kernel"), CircuitPolicy(calls_min=20)),
            (Selector(peer="log"), CircuitPolicy(calls_min=30)),
            (Selector(peer="mind"), CircuitPolicy(calls_min=40)),
        )
    )

    assert rules.policy_for(KEY).calls_min == 30
    assert CircuitRules().policy_for(KEY) == CircuitPolicy()


def test_what_is_said_in_the_contract_is_what_was_meant() -> None:
    """
    Keys, states and policies come back as they went.
    """
    policy = CircuitPolicy(window_calls=50, slow_call_seconds=0.25, open_seconds=1.5)
    revision = pb.CircuitPolicyRevision(
        policy=policy_to_pb(CircuitPolicy()),
        rules=[pb.CircuitPolicyRule(selector=pb.CircuitSelector(peer="log"), policy=policy_to_pb(policy))],
    )

    assert key_of(key_to_pb(KEY)) == KEY
    assert [state_of(state_to_pb(state)) for state in CircuitState] == list(CircuitState)
    assert state_of(0) is None
    assert rules_of(revision) == CircuitRules(rules=((Selector(peer="log"), policy),))


def test_a_policy_that_breaks_rules_is_refused_whole() -> None:
    """
    Every violation is named by the field of the contract.
    """
    policy = policy_to_pb(CircuitPolicy())
    policy.failure_ratio = 1.5
    policy.calls_min = 20
    policy.window_calls = 10
    policy.open_max.CopyFrom(duration(1))

    with pytest.raises(PolicyError) as caught:
        policy_of(policy)

    assert set(caught.value.violations) == {"failure_ratio", "window_calls", "open_max"}
