"""Looks again and again until something holds, and whether it goes on to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from luna.kernel.clock import Clock
from luna.sidecar.recovery.case import Verdict

_SEEK_SECONDS: Final = 0.03
"""Between two looks at what does not hold yet."""
_KEEP_SECONDS: Final = 0.2
"""Between two looks at what does."""
_BACK_SECONDS: Final = 15.0
"""How long it may take to come back when something befalls it meanwhile."""
_BACK_SECONDS_MAX: Final = 120.0
"""For how long that is granted again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen at one moment."""

    ok: bool
    evidence: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    away: bool = False
    """Whether it could not be seen, for a reason that somebody else mends."""


Looking: TypeAlias = Callable[[], Awaitable[Look]]


async def holds(
    look: Looking,
    *,
    within_seconds: float,
    observe_seconds: float,
    clock: Clock,
    falls: Callable[[], int] = lambda: 0,
) -> Verdict:
    """Return whether *look* passes within a time, and then goes on to pass for as long as has to be observed.

    Time counts from the first look that passed. One that fails meanwhile
    starts it all over, as long as there is time left. There is more of it
    when *falls* counts one more, or when what has passed is away.
    """
    began, fallen = clock.monotonic(), falls()
    until = began + within_seconds
    since: tuple[float, int] | None = None
    looks = 0
    while True:
        seen = await look()
        now = clock.monotonic()
        if falls() > fallen or (since and seen.away):
            # What was seen before proves nothing any more.
            fallen, since, looks = falls(), None, 0
            until = max(until, min(now, began + _BACK_SECONDS_MAX) + _BACK_SECONDS)
        elif seen.ok:
            looks += 1
            since = since or (now, clock.wall_ns())
            if now - since[0] >= observe_seconds:
                held = {"looks": str(looks), "held_seconds": f"{now - since[0]:.2f}"}
                return Verdict(ok=True, held_ns=since[1], evidence={**seen.evidence, **held})
        elif now >= until:
            again = " again, after it had worked for a moment" if since else ""
            return Verdict(ok=False, evidence=seen.evidence, failure=f"{seen.failure}{again}")
        else:
            since, looks = None, 0
        await clock.sleep(min(_KEEP_SECONDS, max(observe_seconds / 4, 0.01)) if since else _SEEK_SECONDS)
