"""Writes the words of circuit breakers as the contract has them, and reads them back."""

from collections.abc import Mapping
from typing import Final

from arkalia.options.v1 import method_pb2
from arkalia.resilience.v1 import circuit_breaker_pb2 as pb

from luna.kernel.times import duration, seconds_of
from luna.resilience.circuit import CallWindow, CircuitKey, CircuitPolicy, CircuitState, Side
from luna.resilience.selection import CircuitRules, Selector
from luna.resilience.violations import PolicyError

_STATES: Final[Mapping[CircuitState, pb.CircuitState]] = {
    CircuitState.CLOSED: pb.CIRCUIT_STATE_CLOSED,
    CircuitState.OPEN: pb.CIRCUIT_STATE_OPEN,
    CircuitState.HALF_OPEN: pb.CIRCUIT_STATE_HALF_OPEN,
    CircuitState.FORCED_OPEN: pb.CIRCUIT_STATE_FORCED_OPEN,
    CircuitState.DISABLED: pb.CIRCUIT_STATE_DISABLED,
}
_NUMBERS: Final[Mapping[int, CircuitState]] = {number: state for state, number in _STATES.items()}
_SIDES: Final[Mapping[Side, pb.CircuitSide]] = {
    Side.CLIENT: pb.CIRCUIT_SIDE_CLIENT,
    Side.SERVER: pb.CIRCUIT_SIDE_SERVER,
}
_SIDE_NUMBERS: Final[Mapping[int, Side]] = {number: side for side, number in _SIDES.items()}
_FIELDS: Final = {
    "window_seconds": "window",
    "slow_call_seconds": "slow_call",
    "open_seconds": "open",
    "open_seconds_max": "open_max",
}
"""What the contract calls the fields that hold a time."""


def state_to_pb(state: CircuitState) -> pb.CircuitState:
    """Return *state* as the contract has it."""
    return _STATES[state]


def state_of(number: int) -> CircuitState | None:
    """Return the state of that *number*; ``None`` if it is none."""
    return _NUMBERS.get(number)


def key_to_pb(key: CircuitKey) -> pb.CircuitKey:
    """Return *key* as a message."""
    priority = method_pb2.Priority.Name(key.priority)  # type: ignore[arg-type]  # the contract's own number
    return pb.CircuitKey(
        process=key.process, side=_SIDES[key.side], peer=key.peer, method=key.method, priority=priority
    )


def key_of(message: pb.CircuitKey) -> CircuitKey:
    """Return the key in *message*."""
    return CircuitKey(
        process=message.process,
        side=_SIDE_NUMBERS.get(message.side, Side.CLIENT),
        peer=message.peer,
        method=message.method,
        priority=message.priority,  # type: ignore[arg-type]  # the number, as which the stub does not know it
    )


def selector_to_pb(selector: Selector) -> pb.CircuitSelector:
    """Return *selector* as a message."""
    return pb.CircuitSelector(
        process=selector.process,
        side=_SIDES[selector.side] if selector.side else pb.CIRCUIT_SIDE_UNSPECIFIED,
        peer=selector.peer,
        method=selector.method,
    )


def selector_of(message: pb.CircuitSelector) -> Selector:
    """Return the selector in *message*; one that is not set matches everything."""
    return Selector(
        process=message.process, side=_SIDE_NUMBERS.get(message.side), peer=message.peer, method=message.method
    )


def policy_to_pb(policy: CircuitPolicy) -> pb.CircuitBreakerPolicy:
    """Return *policy* as a message."""
    return pb.CircuitBreakerPolicy(
        calls_min=policy.calls_min,
        window=duration(policy.window_seconds),
        window_calls=policy.window_calls,
        failure_ratio=policy.failure_ratio,
        slow_ratio=policy.slow_ratio,
        slow_call=None if policy.slow_call_seconds is None else duration(policy.slow_call_seconds),
        consecutive_failures=policy.consecutive_failures,
        open=duration(policy.open_seconds),
        open_max=duration(policy.open_seconds_max),
        open_jitter=policy.open_jitter,
        probes_max=policy.probes_max,
        probe_successes=policy.probe_successes,
    )


def policy_of(message: pb.CircuitBreakerPolicy) -> CircuitPolicy:
    """Return the policy in *message*.

    Raises:
        PolicyError: it breaks rules; all violations are named as the contract names the fields.

    """
    try:
        return CircuitPolicy(
            calls_min=message.calls_min,
            window_seconds=seconds_of(message.window),
            window_calls=message.window_calls if message.HasField("window_calls") else None,
            failure_ratio=message.failure_ratio,
            slow_ratio=message.slow_ratio,
            slow_call_seconds=seconds_of(message.slow_call) if message.HasField("slow_call") else None,
            consecutive_failures=message.consecutive_failures,
            open_seconds=seconds_of(message.open),
            open_seconds_max=seconds_of(message.open_max),
            open_jitter=message.open_jitter,
            probes_max=message.probes_max,
            probe_successes=message.probe_successes,
        )
    except PolicyError as error:
        raise PolicyError({_FIELDS.get(field, field): why for field, why in error.violations.items()}) from None


def rules_of(revision: pb.CircuitPolicyRevision) -> CircuitRules:
    """Return the policies in a *revision*."""
    return CircuitRules(
        policy=policy_of(revision.policy),
        rules=tuple((selector_of(rule.selector), policy_of(rule.policy)) for rule in revision.rules),
    )


def window_to_pb(window: CallWindow) -> pb.CallWindow:
    """Return *window* as a message."""
    return pb.CallWindow(
        calls=window.calls,
        failures=window.failures,
        slow=window.slow,
        consecutive_failures=window.consecutive_failures,
        window=duration(window.seconds),
    )


def window_of(message: pb.CallWindow) -> CallWindow:
    """Return the counts in *message*."""
    return CallWindow(
        calls=message.calls,
        failures=message.failures,
        slow=message.slow,
        consecutive_failures=message.consecutive_failures,
        seconds=seconds_of(message.window),
    )
