"""The step that decides whether there is room for a call."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from arkalia.options.v1 import method_pb2

from luna.resilience.limiter import CRITICAL, OPTIONAL, Limiter, LimiterPolicy
from luna.resilience.limiter_gate import LimiterGate, ShedError
from luna.transport.call import Call
from luna.transport.late_calls import LateCalls
from luna.transport.levels import CurrentLevel
from luna.transport.on_behalf import PRIORITY
from luna.transport.pacing import Pacing
from luna.transport.request_errors import DegradedError, OverloadedError
from luna.transport.rpc import Rpc
from luna.transport.step import End, Start, Step

Admit: TypeAlias = Callable[[Call, int], None]
"""Takes a call and the priority of its rpc, and raises if there is no room for it."""
RETRY_SECONDS: Final = 5.0
"""What those are told to wait whose work is not done at the present level."""
_PREFIX: Final = "PRIORITY_"
_SPELLED: Final = {str(number): number for number in method_pb2.Priority.values() if number}


class Admission(Step):
    """Asks its gates about each call, by the priority that the contract gives the rpc. Without a gate, all pass.

    A call from a process of the node has the priority of the work that it is
    part of: whoever was let in is not turned away halfway, and what the node
    does by itself, such as leaving a level, is never turned away.

    First the level of degradation, then the limiter, which may make the call
    wait for a place, then the pace, which may make it wait for its turn, then
    whatever else. Rpcs that steer the node, health and reflection pass all
    three, whatever they say.

    A unary call keeps the place that the limiter gives it until it ends, or
    until it hangs. A stream gives it back as soon as it has begun: it may live
    for days, and most of the time it does nothing.
    """

    name = "admission"
    inside = frozenset({"errors", "deadline", "identity"})

    def __init__(
        self,
        *gates: Admit,
        level: CurrentLevel | None = None,
        limiter: Limiter | None = None,
        pacing: Pacing | None = None,
    ) -> None:
        self._gates = gates
        self._level = level or CurrentLevel()
        self._limiter = LimiterGate(limiter or Limiter(LimiterPolicy()))
        self._late = LateCalls(self._limiter)
        self._pacing = pacing or Pacing()
        self._level.listen(lambda _: self._limiter.scale(self._level.capacity))

    def on_start(self, rpc: Rpc) -> Start | None:
        """Ask the gates."""
        gates, priority = self._gates, rpc.priority
        admit = None if rpc.control else self._admit(rpc)
        if not gates:
            return admit

        def start(call: Call) -> None:
            for gate in gates:
                gate(call, priority)
            if admit is not None:
                admit(call)

        return start

    def on_end(self, rpc: Rpc) -> End | None:
        """Give the place back, and tell the limiter how long the call took if it did what was asked."""
        if rpc.control or not rpc.unary:
            return None
        gate, limiter, release, method = self._limiter, self._limiter.limiter, self._limiter.limiter.release, rpc.method
        ended = self._late.end

        def end(call: Call, code: int) -> None:
            since = ended(call)
            if since is None:
                return
            now = time.monotonic()
            seconds = None if code else now - since
            if limiter.queued:
                gate.leave(method, seconds, now)
            else:
                release(method, seconds, now)

        return end

    def _admit(self, rpc: Rpc) -> Start:
        level, limiter, late, pacing, declared = self._level, self._limiter, self._late, self._pacing, rpc.priority
        enter, admit, hold, begin, unary = limiter.enter, limiter.limiter.admit, late.hold, self._begin, rpc.unary

        def start(call: Call) -> None:
            headers = call.headers
            within = PRIORITY in headers
            priority = _SPELLED.get(headers[PRIORITY], declared) if within else declared
            call.priority = priority
            if priority >= level.refused_from:
                raise DegradedError(level=level.level.name, priority=_name(priority), retry_after_seconds=RETRY_SECONDS)
            asked = OPTIONAL if priority in level.limited else priority
            # Who waits for a part of something has waited for his turn before.
            paced = priority > CRITICAL and not within
            pacing.urgent += priority == CRITICAL and not within
            if unary and admit(asked):
                # As `enter` would, with one call less for each request.
                if paced:
                    call.waiting = begin(call, asked, paced=True)
                else:
                    hold(call, call.started)
                return
            late.look()
            try:
                waiting = enter(asked)
            except ShedError as error:
                raise _overloaded(error, _name(priority)) from None
            self._place(call, waiting, asked, paced=paced)

        return start

    def _place(self, call: Call, waiting: Coroutine[Any, Any, None] | None, asked: int, *, paced: bool) -> None:
        """Keep the place that *call* has, or waits for, until it ends; a stream needs it only to be let in."""
        if waiting is not None:
            call.waiting = self._wait(call, waiting, asked, paced=paced)
        elif call.rpc.unary:
            call.waiting = self._begin(call, asked, paced=paced)
        else:
            self._limiter.leave()

    async def _wait(self, call: Call, waiting: Coroutine[Any, Any, None], asked: int, *, paced: bool) -> None:
        """Wait for a place, and for the call's turn if it has one answer; else give the place back."""
        try:
            await waiting
        except ShedError as error:
            raise _overloaded(error, _name(call.priority)) from None
        if not call.rpc.unary:
            self._limiter.leave()
        elif (turn := self._begin(call, asked, paced=paced)) is not None:
            await turn

    def _begin(self, call: Call, asked: int, *, paced: bool) -> Coroutine[Any, Any, None] | None:
        """Let a call that was given a place begin, or return what has to be awaited before it may."""
        turn = self._pacing.begin(asked) if paced else None
        if turn is not None:
            return self._take_turn(call, turn)
        self._late.hold(call, time.monotonic())
        return None

    async def _take_turn(self, call: Call, turn: asyncio.Future[None]) -> None:
        limiter = self._limiter.limiter
        try:
            async with asyncio.timeout(limiter.policy.queue_seconds):
                await turn
        except BaseException as error:
            self._limiter.leave()
            if isinstance(error, TimeoutError):
                raise _overloaded(ShedError(limiter), _name(call.priority)) from None
            raise
        self._late.hold(call, time.monotonic())


def _overloaded(error: ShedError, priority: str) -> OverloadedError:
    return OverloadedError(priority=priority, limit=error.limit, retry_after_seconds=error.retry_after_seconds)


def _name(priority: int) -> str:
    return method_pb2.Priority.DESCRIPTOR.values_by_number[priority].name.removeprefix(_PREFIX)
