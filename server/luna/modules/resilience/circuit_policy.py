"""Changes the policies of circuit breakers, and tells what a change would do. Pure."""

from collections.abc import Callable, Iterable
from typing import Final

from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1.resilience_event_pb2 import CircuitBreakerPolicyUpdated

from luna.kernel.revisions import Kind
from luna.modules.resilience.errors import PolicyChangedError, PolicyInvalidError
from luna.resilience.circuit import CircuitPolicy, cause_to_open
from luna.resilience.circuit_messages import key_of, policy_of, policy_to_pb, rules_of, window_of
from luna.resilience.violations import PolicyError

RULES_MAX: Final = 200


def circuit_kind(stream: str) -> Kind[pb.CircuitPolicyRevision]:
    """Return what a book of these policies keeps, and in which *stream*."""
    return Kind(
        stream=stream,
        first=pb.CircuitPolicyRevision(policy=policy_to_pb(CircuitPolicy()), reason="built in"),
        event=CircuitBreakerPolicyUpdated,
        refusal=PolicyChangedError,
    )


def replacing(
    selector: pb.CircuitSelector | None, policy: pb.CircuitBreakerPolicy | None
) -> Callable[[pb.CircuitPolicyRevision], pb.CircuitPolicyRevision]:
    """Return the change that sets *policy* for *selector*, all breakers without a rule by default, or removes it.

    Raises:
        PolicyInvalidError: it breaks rules; all violations are listed.

    """
    if policy is None and selector is None:
        raise PolicyInvalidError({"policy": "must be given where no selector is: there is no rule to remove"})
    if policy is not None:
        check(policy)

    if selector is None:
        return lambda before: pb.CircuitPolicyRevision(policy=policy, rules=before.rules)
    rule = None if policy is None else pb.CircuitPolicyRule(selector=selector, policy=policy)
    return lambda before: pb.CircuitPolicyRevision(policy=before.policy, rules=_rules(before, selector, rule))


def check(policy: pb.CircuitBreakerPolicy) -> None:
    """Refuse a policy that breaks its rules.

    Raises:
        PolicyInvalidError: with every violation.

    """
    try:
        policy_of(policy)
    except PolicyError as error:
        raise PolicyInvalidError({f"policy.{field}": why for field, why in error.violations.items()}) from None


def consequences(
    before: pb.CircuitPolicyRevision, after: pb.CircuitPolicyRevision, breakers: Iterable[pb.CircuitBreaker]
) -> tuple[list[str], list[str]]:
    """Return the names of *breakers* whose policy changes, and of those that would open with what they counted."""
    earlier, later = rules_of(before), rules_of(after)
    affected, opening = [], []
    for breaker in breakers:
        key = key_of(breaker.key)
        policy = later.policy_for(key)
        if policy == earlier.policy_for(key):
            continue
        affected.append(breaker.name)
        if breaker.state == pb.CIRCUIT_STATE_CLOSED and cause_to_open(policy, window_of(breaker.window)):
            opening.append(breaker.name)
    return affected, opening


def _rules(
    before: pb.CircuitPolicyRevision, selector: pb.CircuitSelector, rule: pb.CircuitPolicyRule | None
) -> list[pb.CircuitPolicyRule]:
    rules = [known for known in before.rules if known.selector != selector]
    if rule is not None:
        rules.append(rule)
    elif len(rules) == len(before.rules):
        raise PolicyInvalidError({"policy": "must be given: no rule has this very selector"})
    if len(rules) > RULES_MAX:
        raise PolicyInvalidError({"rules": f"must be {RULES_MAX} at most"})
    return rules
