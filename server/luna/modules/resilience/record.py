"""Where the facts of this module are kept, and how they are named."""

from typing import Final
from uuid import UUID, uuid4, uuid5

from arkalia.resilience.v1 import resilience_event_pb2 as facts
from google.protobuf.message import Message

from luna.kernel.clock import Clock
from luna.kernel.events import NewEvent
from luna.kernel.facts import event_of
from luna.kernel.identity import Identity

CIRCUIT_TRANSITION: Final = facts.CircuitTransition.DESCRIPTOR.full_name
CIRCUIT_COMMANDED: Final = facts.CircuitBreakerCommanded.DESCRIPTOR.full_name
CIRCUIT_POLICY_UPDATED: Final = facts.CircuitBreakerPolicyUpdated.DESCRIPTOR.full_name
DEGRADATION_CHANGED: Final = facts.DegradationChanged.DESCRIPTOR.full_name
DEGRADATION_HELD: Final = facts.DegradationHeld.DESCRIPTOR.full_name
DEGRADATION_POLICY_UPDATED: Final = facts.DegradationPolicyUpdated.DESCRIPTOR.full_name
PROJECTION_REBUILT: Final = facts.ProjectionRebuilt.DESCRIPTOR.full_name

_NAMESPACE: Final = UUID("0c9f4d55-7f3b-5f6e-9a63-726573696c69")


class Streams:
    """The streams of one node."""

    def __init__(self, node: str) -> None:
        self.breaker: Final = f"breaker/{node}"
        self.breaker_policy: Final = f"breaker-policy/{node}"
        self.degradation: Final = f"degradation/{node}"
        self.degradation_hold: Final = f"degradation-hold/{node}"
        self.degradation_policy: Final = f"degradation-policy/{node}"
        self.projection: Final = f"projection/{node}"


class Recorder:
    """Writes facts down in the name of this process."""

    def __init__(self, identity: Identity, clock: Clock) -> None:
        self.streams = Streams(identity.node)
        self.node = identity.node
        self._source = identity.source
        self._clock = clock

    def fact(self, message: Message, *, event_id: str = "") -> NewEvent:
        """Return the event that records *message*."""
        return event_of(message, source=self._source, time_ns=self._clock.wall_ns(), event_id=event_id)

    def id_of(self, stream: str, request_id: str) -> str:
        """Return the id of the event of a request: the same for the same request, a new one without an id."""
        return str(uuid5(_NAMESPACE, f"{stream}/{request_id}") if request_id else uuid4())
