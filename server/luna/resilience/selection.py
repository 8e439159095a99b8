"""Says which breakers are meant, and which policy holds for each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from luna.resilience.circuit import CircuitKey, CircuitPolicy, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which breakers are meant. What is empty matches all of them."""

    process: str = ""
    """With its replica (``kernel-0``), or without."""
    side: Side | None = None
    peer: str = ""
    method: str = ""
    """The full name of the rpc, or that of its service."""

    def matches(self, key: CircuitKey) -> bool:
        """Tell whether the breaker of *key* is meant."""
        return (
            self.process in {"", key.process, key.process.rpartition("-")[0]}
            and self.side in {None, key.side}
            and self.peer in {"", key.peer, key.peer.rpartition("-")[0]}
            and self.method in {"", key.method, key.method.rpartition("/")[0]}
        )

    def __str__(self) -> str:
        side = self.side.value if self.side else ""
        return "/".join(part or "*" for part in (self.process, side, self.peer, self.method))


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRules:
    """The policies of all breakers."""

    policy: CircuitPolicy = field(default_factory=CircuitPolicy)
    """That of the breakers that no rule is for."""
    rules: Sequence[tuple[Selector, CircuitPolicy]] = ()
    """Where several fit, the last one holds."""

    def policy_for(self, key: CircuitKey, own: CircuitPolicy | None = None) -> CircuitPolicy:
        """Return the policy of the breaker of *key*: that of its rule, else its *own*, else the common one."""
        fitting = (policy for selector, policy in reversed(self.rules) if selector.matches(key))
        return next(fitting, own or self.policy)
