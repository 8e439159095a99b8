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
from typing import Generic, TypeVar

from luna.kernel.clock import Clock
from luna.resilience.budget import RetryBudget
from luna.resilience.percentile import Percentile
from luna.resilience.violations import below, not_positive, not_shares, refuse

T = TypeVar("T")


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

    async def call(self, attempt: Callable[[int], Awaitable[T]], passes: Callable[[Exception], bool]) -> T:
        """Return the first success of *attempt*, which is given its number, 0 or 1.

        *passes* tells whether an error is one that another attempt may not
        meet. Other errors are answers.

        Raises:
            Exception: what the attempt raised that came to an end last.

        """
        started = self._clock.monotonic()
        race: Race[T] = Race(passes)
        try:
            race.begin(attempt)
            won = await race.winner(self.delay_seconds)
            if won is None and self._budget.take(self._clock.monotonic()):
                self.hedged += 1
                race.begin(attempt)
            won = won or await race.winner(None)
            return self._note(won, race, self._clock.monotonic() - started)
        finally:
            await race.end()

    def _note(self, won: "asyncio.Future[T] | None", race: "Race[T]", seconds: float) -> T:
        if won is None:
            raise race.error or AssertionError("nobody won, and nobody failed")
        self.won += race.tasks.index(won)
        result = won.result()
        self._usual.add(seconds)
        return result


class Race(Generic[T]):
    """Attempts under way at the same time."""

    def __init__(self, passes: Callable[[Exception], bool]) -> None:
        self.tasks: list[asyncio.Future[T]] = []
        self._passes = passes
        self._failed: list[asyncio.Future[T]] = []
        self.error: Exception | None = None
        """Of whoever failed last."""

    def begin(self, attempt: Callable[[int], Awaitable[T]]) -> None:
        """Let another attempt take part. One that cannot even begin has failed like any other."""
        task = asyncio.create_task(_attempted(attempt, len(self.tasks)))
        task.add_done_callback(_look)
        self.tasks.append(task)

    async def winner(self, seconds: float | None) -> "asyncio.Future[T] | None":
        """Return who is first with an answer; ``None`` if nobody is in time, or all have failed."""
        while waiting := [task for task in self.tasks if task not in self._failed]:
            done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in (task for task in self.tasks if task in done):
                if not self._has_failed(task):
                    return task
                self._failed.append(task)
            if not done:
                return None
        return None

    async def end(self) -> None:
        """Cancel whoever is under way, and wait until they have ended."""
        under_way = [task for task in self.tasks if not task.done()]
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)

    def _has_failed(self, task: "asyncio.Future[T]") -> bool:
        error = None if task.cancelled() else task.exception()
        if not isinstance(error, Exception) or not self._passes(error):
            return False
        self.error = error
        return True


async def _attempted(attempt: Callable[[int], Awaitable[T]], number: int) -> T:
    return await attempt(number)


def _look(task: "asyncio.Future[T]") -> None:
    """Look at the error of a task, so that nobody is told that nobody did."""
    if not task.cancelled():
        task.exception()
