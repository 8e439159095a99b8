"""Decides how long to wait before a process that ended is started again.

::

              ends before healthy_seconds of health: exits + 1
    STEADY ─────────────────────────────────────────────────▶ QUICK(exits)
      ▲                                                          │ exits = crash_loop_exits
      │ had healthy_seconds of health                            ▼
      └──────────────────────────────────────────────────── CRASH LOOP

Rule 1: the wait is drawn evenly from 0 to a cap that doubles with each quick
exit, so that processes that fall together do not rise together.
Rule 2: nothing ever gives up. A crash loop is flagged and tried at the cap.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """How patient to be."""

    first_seconds: float = 0.1
    cap_seconds: float = 10.0
    healthy_seconds: float = 10.0
    """Having served this long, a process starts with a clean record."""
    crash_loop_exits: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.first_seconds <= self.cap_seconds or self.crash_loop_exits < 1:
            raise ValueError(f"not a restart policy: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """The quick exits in a row."""

    exits: int = 0

    def after(self, *, healthy_seconds: float, policy: RestartPolicy) -> "Streak":
        """Return the streak once the process has ended, having served for *healthy_seconds*."""
        return Streak(exits=1 if healthy_seconds >= policy.healthy_seconds else self.exits + 1)

    def crash_looping(self, policy: RestartPolicy) -> bool:
        """Tell whether the process keeps ending soon after each start."""
        return self.exits >= policy.crash_loop_exits

    def wait_seconds(self, policy: RestartPolicy, chance: float) -> float:
        """Return the wait before the next start, given a *chance* from 0 to 1."""
        if self.crash_looping(policy):
            # Half of the cap at least: a loop must not spin because the dice say so.
            return policy.cap_seconds * (1 + chance) / 2
        # The exponent is bounded, or a long streak would overflow.
        cap = policy.first_seconds * 2.0 ** min(self.exits - 1, 32)
        return min(policy.cap_seconds, cap) * chance
