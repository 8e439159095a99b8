"""Asks a second time when the first answer is late, and takes whichever comes first.

::

    first ───────── delay ──────▶ second too, if the budget allows it
      │ fails in a way that       │
      │ another may not ──────────┤
      ▼                           ▼
    the first success wins; an answer that says no is an answer; the rest is
    cancelled, and has ended before the caller goes on

Rule 1: only for calls that may be made twice. Whoever calls knows.
Rule 2: the delay is what 95 of 100 calls of the method take: so at most about
one in twenty is made twice, and the budget holds when all are slow.
Rule 3: two attempts at most, and no task outlives the call.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from luna.kernel.clock import Clock
from luna.resilience.budget import RetryBudget
from luna.resilience.percentile import Percentile
from luna.resilience.violations import below, not_positive, not_shares, refuse

T = TypeVar("T")
Attempt: TypeAlias = Callable[[int], Awaitable[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePolicy:
    """When to ask a second time."""

    share: float = 0.95
    """So many calls are not asked a second time."""
    delay_min_seconds: float = 0.01
    delay_max_seconds: float = 1.0
    """Also the delay while it is not known how long calls take."""

    def __post_init__(self) -> None:
        refuse(
            not_shares({"share": self.share}, zero=False)
            | not_positive({"delay_min_seconds": self.delay_min_seconds})
            | below({"delay_max_seconds": self.delay_max_seconds}, self.delay_min_seconds)
        )


class Hedge:
    """The calls of one method that may be made twice."""

    def __init__(self, policy: HedgePolicy, budget: RetryBudget, clock: Clock) -> None:
        self.policy = policy
        self.hedged = 0
        """The calls that were made twice so far."""
        self.won = 0
        """Those of them that the second attempt answered."""
        self._budget = budget
        self._clock = clock
        self._usual = Percentile(policy.share)

    @property
    def delay_seconds(self) -> float:
        """How long the first answer may take before the second is asked for."""
        usual = self._usual.value
        if usual is None:
            return self.policy.delay_max_seconds
        return min(self.policy.delay_max_seconds, max(self.policy.delay_min_seconds, usual))

    @property
    def known(self) -> bool:
        """Whether enough calls were seen to say when an answer is late."""
        return self._usual.value is not None

    def saw(self, seconds: float) -> None:
        """Take in how long a call took that was made without asking twice."""
        self._usual.add(seconds)

    async def call(self, attempt: Attempt[T], passes: Callable[[Exception], bool]) -> T:
        """Return the first success of *attempt*, which is given its number, 0 or 1.

        *passes* tells whether an error is one that another attempt may not
        meet. Other errors are answers.

        Raises:
            Exception: what the attempt raised that came to an end last.

        """
        started = self._clock.monotonic()
        race = Race(attempt, passes, self._allows)
        timer = asyncio.get_running_loop().call_later(self.delay_seconds, race.ask_again)
        try:
            result = await race.run()
        finally:
            timer.cancel()
            await race.end()
        self.won += race.second_won
        self._usual.add(self._clock.monotonic() - started)
        return result

    def _allows(self) -> bool:
        allowed = self._budget.take(self._clock.monotonic())
        self.hedged += allowed
        return allowed


class Race(Generic[T]):
    """Two attempts. The first runs in the task of the caller, as it would without all this."""

    def __init__(self, attempt: Attempt[T], passes: Callable[[Exception], bool], allows: Callable[[], bool]) -> None:
        self.second_won = False
        self._attempt = attempt
        self._passes = passes
        self._allows = allows
        self._second: asyncio.Task[T] | None = None
        self._first: asyncio.Timeout | None = None

    async def run(self) -> T:
        """Return the result of whoever has an answer first."""
        try:
            async with asyncio.timeout(None) as self._first:
                return await self._attempt(0)
        except Exception as error:  # noqa: BLE001  raised again unless the other attempt helps
            if not self.second_won:
                await self._wait_for_second(error)
        finally:
            self._first = None
        assert self._second  # noqa: S101  it has won
        return self._second.result()

    def ask_again(self) -> None:
        """Begin the second attempt, if that is allowed."""
        if self._second is None and self._allows():
            self._second = asyncio.create_task(_attempted(self._attempt))
            self._second.add_done_callback(self._second_ends)

    async def end(self) -> None:
        """Cancel the second attempt if it is under way, and wait until it has ended."""
        if self._second:
            self._second.cancel()
            await asyncio.wait([self._second])

    async def _wait_for_second(self, error: Exception) -> None:
        """Go on with the second attempt when the first has failed."""
        if not self._passes(error):
            raise error
        self._first = None
        self.ask_again()
        if self._second is None or self._second.done():
            # One that is done has failed before: this is the last error.
            raise error
        await asyncio.wait([self._second])
        if self._second.cancelled():
            raise error
        self.second_won = self._second.exception() is None

    def _second_ends(self, second: "asyncio.Task[T]") -> None:
        if second.cancelled():
            return
        error = second.exception()
        if self._first and not (isinstance(error, Exception) and self._passes(error)):
            self.second_won = True
            self._first.reschedule(0)


async def _attempted(attempt: Attempt[T]) -> T:
    return await attempt(1)
