"""What a module tells the server about itself."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
from google.protobuf.descriptor import Descriptor, EnumDescriptor, ServiceDescriptor

from luna.kernel.clock import Clock
from luna.kernel.consumers import Consumers
from luna.kernel.directory import Check, ServiceEntry
from luna.kernel.error_reports import ErrorSink, NoErrorSink
from luna.kernel.event_log import EventLog
from luna.kernel.faults import FaultHooks, NoFaults
from luna.kernel.identity import Identity
from luna.kernel.machine import Machine
from luna.kernel.model_tools import ModelTools
from luna.kernel.vitals import Vitals
from luna.resilience.breaker import Breaker
from luna.resilience.circuit import CircuitKey, CircuitPolicy
from luna.resilience.engine import BreakerEngine

if TYPE_CHECKING:
    # Numbers in bulk take a library that most processes do without.
    from luna.kernel.embedding import TextVectors
    from luna.kernel.memory_tools import MemoryTools


class Health(Enum):
    """What a probe found."""

    SERVING = "serving"
    DEGRADED = "degraded"
    """Answers, with less than it should. Still in rotation."""
    NOT_SERVING = "not_serving"


Probe = Callable[[], Awaitable[tuple[Health, str]]]
"""Looks at a module as a user would, and says what it found and why."""


MakeBreaker = Callable[[CircuitKey, CircuitPolicy], BreakerEngine]
"""Returns the breaker of that key, always the same, with a policy that holds where operators have set no other."""


def lone_breaker(key: CircuitKey, policy: CircuitPolicy) -> BreakerEngine:
    """Return a breaker that nobody else is told of."""
    return Breaker(key, policy, on_transition=lambda _: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The shared tools a module may build itself from."""

    identity: Identity
    clock: Clock
    events: EventLog
    consumers: Consumers
    machine: Machine
    vitals: Vitals
    peers: Callable[[str], grpc.aio.Channel]
    """Returns the channel to the process that serves a gRPC service, by the service's full name."""
    directory: Sequence[ServiceEntry]
    """Every service of the node."""
    check: Check
    failures: ErrorSink = field(default_factory=NoErrorSink)
    """Where a module reports what failed in it that no call shows."""
    home: Path | None = None
    """Where a module may keep what it can make anew; ``None``: nowhere."""
    memory: "MemoryTools | None" = None
    """What memory is made of, in the process that serves it."""
    models: ModelTools = field(default_factory=ModelTools)
    """What answers are generated with."""
    meaning: "TextVectors | None" = None
    """What the guard takes a second look with; ``None``: it takes none."""
    breaker: MakeBreaker = lone_breaker
    """For what a module depends on that is no rpc; `arkalia breakers` shows it, and steers it."""
    level: Callable[[], int] = lambda: 1
    """Returns the degradation level of the node as far as this process knows it, 1 (NORMAL) to 6 (SURVIVAL)."""
    faults: FaultHooks = field(default_factory=NoFaults)
    """Where a module says what could be made to go wrong in it."""
    sample_seconds: float = 1.0
    checkpoint_seconds: float = 15.0
    """How long a stream may be silent before it sends a checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """A module ready to serve."""

    register: Callable[[grpc.aio.Server], None]
    background: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    """Loops that run as long as the server does. One that ends, ends the server."""
    probes: Mapping[str, Probe] = field(default_factory=dict)
    """What to ask before calling a service healthy, by the service's full name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One vertical slice: its contract, and how to build it."""

    name: str
    services: Sequence[ServiceDescriptor]
    errors: EnumDescriptor
    events: Sequence[Descriptor]
    """The messages that this module records as event payloads."""
    wire: Callable[[Toolbox], Wired]
