"""Lets somebody hold the level of degradation for a while, on record in the log."""

from typing import Final

from arkalia.resilience.v1 import resilience_event_pb2 as facts
from arkalia.resilience.v1.degradation_service_pb2 import SetDegradationRequest

from luna.kernel.clock import Clock
from luna.kernel.context import current_call
from luna.kernel.event_errors import EventIdReusedError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Direction, Event, EventFilter, StreamWrite
from luna.kernel.times import seconds_of, timestamp
from luna.modules.resilience.degradation_policy import level_of
from luna.modules.resilience.keeper import LevelKeeper
from luna.modules.resilience.record import DEGRADATION_HELD, Recorder
from luna.resilience.degradation import Hold

HOLD_SECONDS_DEFAULT: Final = 600.0


class Holds:
    """Who holds the level, and until when."""

    def __init__(self, events: EventLog, clock: Clock, recorder: Recorder, keeper: LevelKeeper) -> None:
        self._events = events
        self._clock = clock
        self._recorder = recorder
        self._keeper = keeper
        self._stream = recorder.streams.degradation_hold
        self._position = 0
        """Of the newest that was applied."""

    async def load(self) -> None:
        """Take over what is on record."""
        wanted = EventFilter(stream=self._stream, types=frozenset({DEGRADATION_HELD}))
        page = await self._events.read(wanted, limit=1, direction=Direction.BACKWARD)
        for event in page.events:
            await self.apply(event)

    async def apply(self, event: Event) -> None:
        """Do what is on record, once."""
        if event.position <= self._position:
            return
        self._position = event.position
        await self._keep(facts.DegradationHeld.FromString(event.payload))

    async def hold(self, request: SetDegradationRequest) -> None:
        """Hold a level. The same request again does nothing more."""
        now_ns = self._clock.wall_ns()
        seconds = seconds_of(request.hold) if request.HasField("hold") else HOLD_SECONDS_DEFAULT
        await self._record(
            facts.DegradationHeld(
                request_id=request.request_id,
                level=request.level,
                hold_until_time=timestamp(now_ns + round(seconds * 1e9)),
                at_least=request.at_least,
                reason=request.reason,
                subject=current_call().subject,
                command_time=timestamp(now_ns),
            )
        )

    async def release(self, reason: str) -> None:
        """Let go of the level."""
        await self._record(
            facts.DegradationHeld(
                reason=reason,
                subject=current_call().subject,
                command_time=timestamp(self._clock.wall_ns()),
            )
        )

    async def _record(self, held: facts.DegradationHeld) -> None:
        event_id = self._recorder.id_of(self._stream, held.request_id)
        fact = self._recorder.fact(held, event_id=event_id)
        try:
            appended = await self._events.append(Append(writes=(StreamWrite(stream=self._stream, events=(fact,)),)))
        except EventIdReusedError:
            # The same request has been here before; its first answer may have been lost before it was done.
            if (event := await self._events.find(event_id)) is not None:
                await self.apply(event)
            return
        if (position := appended.events[0].position) > self._position:
            self._position = position
            await self._keep(held)

    async def _keep(self, held: facts.DegradationHeld) -> None:
        remaining = (held.hold_until_time.ToNanoseconds() - self._clock.wall_ns()) / 1e9
        if not held.level or remaining <= 0:
            await self._keeper.hold(None)
            return
        hold = Hold(
            level=level_of(held.level),
            until=self._clock.monotonic() + remaining,
            at_least=held.at_least,
            reason=f"{held.reason} (held by {held.subject})" if held.subject else held.reason,
        )
        await self._keeper.hold(hold)
