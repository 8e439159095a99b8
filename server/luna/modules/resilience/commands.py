"""Tells processes what to do with their circuit breakers, and waits until they have done it."""

import asyncio
from dataclasses import dataclass
from typing import Final

from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import resilience_event_pb2 as facts
from google.protobuf.duration_pb2 import Duration

from luna.kernel.clock import Clock
from luna.kernel.context import current_call
from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, StreamWrite
from luna.kernel.times import timestamp
from luna.modules.resilience.errors import BreakerUnknownError
from luna.modules.resilience.record import Recorder
from luna.modules.resilience.table import BreakerTable
from luna.resilience.circuit_messages import selector_of

CONFIRM_SECONDS: Final = 2.0
SETTLED_SECONDS: Final = 3.0
"""So long after the start some process may not have reported yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody wants of some breakers."""

    selector: pb.CircuitSelector
    state: pb.CircuitState
    reason: str
    request_id: str
    duration: Duration | None = None


class CommandDesk:
    """Records commands, each once, and sees them done."""

    def __init__(self, events: EventLog, clock: Clock, recorder: Recorder, table: BreakerTable) -> None:
        self._events = events
        self._clock = clock
        self._recorder = recorder
        self._table = table
        self._settled = clock.monotonic() + SETTLED_SECONDS

    async def give(self, command: Command) -> list[pb.CircuitBreaker]:
        """Give *command*, and return the breakers that were seen to follow it in time.

        Raises:
            BreakerUnknownError: none is meant.

        """
        if not await self._any(command.selector):
            raise BreakerUnknownError(str(selector_of(command.selector)))
        given = await self._record(command)
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                while not all(_follows(breaker, given) for breaker in self._table.breakers(given.selector)):
                    await self._table.news()
        except TimeoutError:
            # Whoever has not said so yet is left out of the answer; the command holds.
            pass
        return [breaker for breaker in self._table.breakers(given.selector) if _follows(breaker, given)]

    async def _any(self, selector: pb.CircuitSelector) -> bool:
        """Tell whether *selector* means a breaker; what is not known yet is waited for."""
        try:
            async with asyncio.timeout(max(0.0, self._settled - self._clock.monotonic())):
                while not self._table.breakers(selector):
                    await self._table.news()
        except TimeoutError:
            return False
        return True

    async def _record(self, command: Command) -> facts.CircuitBreakerCommanded:
        """Record *command*, unless it was before; return what is on record."""
        stream = self._recorder.streams.breaker
        event_id = self._recorder.id_of(f"{stream}/{command.state}", command.request_id)
        given = facts.CircuitBreakerCommanded(
            request_id=command.request_id,
            selector=command.selector,
            state=command.state,
            duration=command.duration,
            reason=command.reason,
            subject=current_call().subject,
            command_time=timestamp(self._clock.wall_ns()),
        )
        fact = self._recorder.fact(given, event_id=event_id)
        try:
            await self._events.append(Append(writes=(StreamWrite(stream=stream, events=(fact,)),)))
        except EventIdReusedError:
            event = await self._events.find(event_id)
            return facts.CircuitBreakerCommanded.FromString(event.payload) if event is not None else given
        return given


def _follows(breaker: pb.CircuitBreaker, given: facts.CircuitBreakerCommanded) -> bool:
    """Tell whether *breaker* was seen in the state that was *given*, after it was."""
    # One that is open for a moment only may have moved on before anybody saw it.
    fits = breaker.state == given.state or (
        given.state == pb.CIRCUIT_STATE_OPEN and breaker.state == pb.CIRCUIT_STATE_HALF_OPEN
    )
    seen_ns = max(breaker.report_time.ToNanoseconds(), breaker.state_time.ToNanoseconds())
    return fits and seen_ns >= given.command_time.ToNanoseconds()
