"""Takes back the places of calls that hang, so that those that would not have to wait for them get in."""

import asyncio
import time
from typing import Final

from luna.resilience.gradient import SAMPLE_MAX
from luna.resilience.limiter_gate import LimiterGate
from luna.transport.call import Call

LATE_SECONDS: Final = 0.5
"""No call is late before that."""
LATE_SHARE_MAX: Final = 4
"""So many times the limit may hang. Beyond that they keep their places: each holds memory still."""
_LOOK_SECONDS: Final = 0.1


class LateCalls:
    """The calls that hold a place, and those that had theirs taken away because they hang.

    The limit is about work. A call that takes far longer than its method does
    waits for something else, and its place is of use to others. Nobody looks
    for such calls while there is room.
    """

    __slots__ = ("_gate", "_holding", "_late", "_next")

    def __init__(self, gate: LimiterGate) -> None:
        self._gate = gate
        self._holding: dict[Call, None] = {}
        """The oldest first."""
        self._late: set[Call] = set()
        self._next: asyncio.TimerHandle | None = None

    def hold(self, call: Call, since: float) -> None:
        """Take note that *call* has a place since that time, on the monotonic clock."""
        call.admitted = since
        self._holding[call] = None

    def end(self, call: Call) -> float | None:
        """Forget *call*, and return since when it has a place, if there is one to give back."""
        if call.admitted is None:
            self._late.discard(call)
            return None
        del self._holding[call]
        return call.admitted

    def look(self) -> None:
        """Take places back now if some calls hang, and look again while others wait for places."""
        if self._next is None:
            self._take_back()

    def _take_back(self) -> None:
        limiter, now = self._gate.limiter, time.monotonic()
        for call in [call for call in self._holding if self._is_late(call, now)]:
            if len(self._late) >= LATE_SHARE_MAX * limiter.limit:
                break
            del self._holding[call]
            self._late.add(call)
            call.admitted = None
            self._gate.leave()
        self._next = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._again)

    def _again(self) -> None:
        self._next = None
        if self._gate.limiter.queued:
            self._take_back()

    def _is_late(self, call: Call, now: float) -> bool:
        usual = self._gate.limiter.baseline_seconds(call.method) or 0.0
        return call.admitted is not None and now - call.admitted > max(LATE_SECONDS, SAMPLE_MAX * usual)
