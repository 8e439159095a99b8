"""Thins a stream of samples out to the newest of each interval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Generic[T]):
    """A sample, and what thinning must know of it."""

    sample: T
    position: int
    time_ns: int
    interval_ns: int
    """When the next one is expected, counted from this one."""


class Thinner(Generic[T]):
    """Lets the newest sample of each interval pass.

    Intervals are aligned to the epoch. A sample that is the last expected in
    its interval passes at once; another is held until the interval is over.
    The first sample always passes.
    """

    def __init__(self, interval_ns: int) -> None:
        self._interval_ns = interval_ns
        self._held: Taken[T] | None = None
        self._passed: int | None = None

    @property
    def holds(self) -> bool:
        """Whether a sample is held, so that the place in the stream must not move past it."""
        return self._held is not None

    def pass_through(self, taken: Iterable[Taken[T]]) -> Sequence[Taken[T]]:
        """Return those samples that may go on, oldest first."""
        if not self._interval_ns:
            return list(taken)
        passing: list[Taken[T]] = []
        for one in taken:
            passing += self._offer(one)
        return passing

    def _offer(self, one: Taken[T]) -> Sequence[Taken[T]]:
        bucket = one.time_ns // self._interval_ns
        held = self._held
        if (self._passed is not None and bucket <= self._passed) or (held is not None and bucket < self._bucket(held)):
            return ()
        over = (held,) if held is not None and self._bucket(held) < bucket else ()
        is_last = one.time_ns + one.interval_ns >= (bucket + 1) * self._interval_ns
        if self._passed is None or is_last:
            self._held, self._passed = None, bucket
            return (*over, one)
        self._held = one
        self._passed = self._bucket(held) if over and held is not None else self._passed
        return over

    def _bucket(self, one: Taken[T]) -> int:
        return one.time_ns // self._interval_ns
