"""Does in this process what the event log says about breakers and degradation."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from arkalia.node.v1.node_event_pb2 import ProcessRestarted
from arkalia.recovery.v1.recovery_event_pb2 import RecoverySucceeded
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.event_log import EventLog
from luna.kernel.events import BEGINNING, Direction, Event, EventFilter
from luna.kernel.times import seconds_of
from luna.resilience.circuit import CircuitState
from luna.resilience.circuit_messages import rules_of, selector_of, state_of
from luna.resilience.levels import Level
from luna.resilience.violations import PolicyError
from luna.transport.circuit_commands import Command
from luna.transport.circuits import STANDING_MAX
from luna.transport.parts import Parts

_COMMANDED: Final = facts.CircuitBreakerCommanded.DESCRIPTOR.full_name
_POLICY: Final = facts.CircuitBreakerPolicyUpdated.DESCRIPTOR.full_name
_DEGRADATION: Final = facts.DegradationChanged.DESCRIPTOR.full_name
_RECOVERED: Final = RecoverySucceeded.DESCRIPTOR.full_name
_RESTARTED: Final = ProcessRestarted.DESCRIPTOR.full_name
FOLLOWED: Final = EventFilter(types=frozenset({_COMMANDED, _POLICY, _DEGRADATION, _RECOVERED, _RESTARTED}))

_log = structlog.stdlib.get_logger(__name__)


class Orders:
    """Carries out, for one process, what is on record."""

    def __init__(self, parts: Parts, node: str) -> None:
        self._parts = parts
        self._node = node
        self._done: Mapping[str, Callable[[Any], None]] = {
            _COMMANDED: self._command,
            _POLICY: self._configure,
            _DEGRADATION: self._degrade,
            _RECOVERED: lambda payload: self._back(RecoverySucceeded.FromString(payload).target.process),
            _RESTARTED: lambda payload: self._back(ProcessRestarted.FromString(payload).process),
        }

    async def catch_up(self, events: EventLog) -> int:
        """Carry out what was said before this process began, and return the position from which to follow."""
        head = await events.head()
        for kind, stream, count in (
            (_POLICY, "breaker-policy", 1),
            (_COMMANDED, "breaker", STANDING_MAX),
            (_DEGRADATION, "degradation", 1),
        ):
            for event in await _newest(events, f"{stream}/{self._node}", kind, count):
                if event.position <= head:
                    self.carry_out(event)
        return head

    def carry_out(self, event: Event) -> None:
        """Do what *event* says."""
        stream, _, node = event.stream.partition("/")
        if stream in {"breaker", "breaker-policy", "degradation"} and node != self._node:
            return
        self._done[event.type](event.payload)

    def _command(self, payload: bytes) -> None:
        said = facts.CircuitBreakerCommanded.FromString(payload)
        state = state_of(said.state)
        if state is None:
            return
        until = None
        if said.HasField("duration"):
            age = (time.time_ns() - said.command_time.ToNanoseconds()) / 1e9
            until = time.monotonic() + seconds_of(said.duration) - age
        self._parts.circuits.command(
            Command(
                selector=selector_of(said.selector),
                state=state,
                cause=said.reason or f"{said.subject or 'somebody'} said so",
                until=until if state is CircuitState.OPEN else None,
            )
        )

    def _configure(self, payload: bytes) -> None:
        revision = facts.CircuitBreakerPolicyUpdated.FromString(payload).revision
        try:
            rules = rules_of(revision)
        except PolicyError as error:
            _log.warning("a policy of circuit breakers is left aside", revision=revision.revision, why=str(error))
            return
        self._parts.circuits.configure(rules, revision.revision)

    def _degrade(self, payload: bytes) -> None:
        degradation = facts.DegradationChanged.FromString(payload).degradation
        number = int(degradation.level)
        if number not in set(Level):
            return
        before, level = self._parts.level.level, Level(number)
        self._parts.level.set(level, frozenset(degradation.suspended_services))
        if level < before:
            self._parts.circuits.try_again(f"the node is at level {level.name} again")

    def _back(self, process: str) -> None:
        self._parts.circuits.try_again(f"{process or 'the node'} is back")


async def _newest(events: EventLog, stream: str, kind: str, count: int) -> Sequence[Event]:
    """Return the newest *count* events of that *kind* in *stream*, the oldest first."""
    wanted = EventFilter(stream=stream, types=frozenset({kind}))
    page = await events.read(wanted, after=BEGINNING, limit=count, direction=Direction.BACKWARD)
    return page.events[::-1]
