"""What a consumer group is made of: events on their way, members, and what became of the events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A position given to a member."""

    position: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A position that waits for its next attempt."""

    attempts: int
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A position that is parked."""

    attempts: int
    reason: str


@dataclass(slots=True, kw_only=True)
class Changes:
    """What became of positions since it was last asked for."""

    checkpoint: int | None = None
    settled: set[int] = field(default_factory=set)
    waiting: dict[int, Retry] = field(default_factory=dict)
    parked: dict[int, GivenUp] = field(default_factory=dict)
    unparked: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Slot:
    """An unsettled event."""

    attempts: int = 0
    replayed: bool = False
    """Was parked before: the checkpoint has passed it."""
    holder: str = ""
    due: float = 0.0
    """When its holder must have settled it, or when its next attempt begins."""
    waiting: bool = False


class Above:
    """The positions above the checkpoint that are settled already."""

    def __init__(self, settled: Iterable[int]) -> None:
        self._settled = set(settled)

    def __len__(self) -> int:
        return len(self._settled)

    def __contains__(self, position: int) -> bool:
        return position in self._settled

    def add(self, position: int) -> None:
        """Note that *position* is settled."""
        self._settled.add(position)

    def forget(self, passed: int, checkpoint: int) -> None:
        """Drop what was settled one by one, now that *checkpoint* covers it; *passed* is where it stood before."""
        if checkpoint - passed < len(self._settled):
            self._settled.difference_update(range(passed + 1, checkpoint + 1))
        elif self._settled:
            self._settled = {position for position in self._settled if position > checkpoint}


@dataclass(slots=True, kw_only=True)
class _Seat:
    prefetch: int
    turn: int
    """When it was last given something."""
    held: set[int] = field(default_factory=set)


class Roster:
    """The members, and what each of them holds."""

    def __init__(self) -> None:
        self._seats: dict[str, _Seat] = {}
        self._turn = 0

    @property
    def names(self) -> Sequence[str]:
        """The names of the members."""
        return sorted(self._seats)

    @property
    def held(self) -> int:
        """How many events are with members."""
        return sum(len(seat.held) for seat in self._seats.values())

    def add(self, name: str, prefetch: int) -> None:
        """Seat a member that takes up to *prefetch* events at a time."""
        self._turn += 1
        self._seats[name] = _Seat(prefetch=prefetch, turn=self._turn)

    def remove(self, name: str) -> Sequence[int]:
        """Remove a member, and return what it held."""
        return sorted(self._seats.pop(name).held)

    def give(self, name: str, position: int) -> None:
        """Let a member hold an event."""
        self._turn += 1
        self._seats[name].turn = self._turn
        self._seats[name].held.add(position)

    def take_back(self, name: str, position: int) -> None:
        """Let a member, if it is still here, not hold an event any more."""
        if seat := self._seats.get(name):
            seat.held.discard(position)

    def freest(self) -> str:
        """Return the member with the most room, the one that waits longest among equals; empty if none has room."""
        return min(self._free(), default=(0, 0, ""))[2]

    def _free(self) -> Iterator[tuple[int, int, str]]:
        for name, seat in self._seats.items():
            if len(seat.held) < seat.prefetch:
                yield len(seat.held) - seat.prefetch, seat.turn, name
