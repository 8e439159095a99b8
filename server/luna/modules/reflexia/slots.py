"""The drift-free schedule of samples: numbered slots of equal length, aligned to the clock on the wall."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

_SECOND_NS: Final = 1_000_000_000
_NAMESPACE: Final = UUID("5f6d4b0e-6b0c-5d0e-9a55-7265666c6578")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One moment at which a sample is due. Replicas of a node agree on its number."""

    number: int
    due: float
    """On the monotonic clock."""


def next_slot(interval_ns: int, *, wall_ns: int, monotonic: float, after: Slot | None = None) -> Slot:
    """Return the first slot that is not over yet, past *after*.

    Slots that were missed are skipped. The monotonic clock keeps the beat;
    when the wall clock is set forward by more than half an interval, the
    numbers follow it; when it is set back they go on, so that no slot comes twice.
    """
    interval = interval_ns / _SECOND_NS
    if after is None:
        return _aligned(interval_ns, wall_ns, monotonic)
    expected_ns = after.number * interval_ns + (monotonic - after.due) * _SECOND_NS
    if wall_ns - expected_ns > interval_ns / 2:
        return _aligned(interval_ns, wall_ns, monotonic)
    steps = max(1, int((monotonic - after.due) // interval) + 1)
    return Slot(number=after.number + steps, due=after.due + steps * interval)


def sample_id(node: str, interval_ns: int, slot: Slot) -> str:
    """Return the id of the sample of *node* in *slot*: the same one on every replica."""
    return str(uuid5(_NAMESPACE, f"{node}/{interval_ns}/{slot.number}"))


def _aligned(interval_ns: int, wall_ns: int, monotonic: float) -> Slot:
    number = wall_ns // interval_ns + 1
    return Slot(number=number, due=monotonic + (number * interval_ns - wall_ns) / _SECOND_NS)
