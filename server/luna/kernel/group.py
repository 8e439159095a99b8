"""The state machine of a consumer: which member gets which event, and what is settled. Pure: time is an argument."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from luna.kernel.consumers import ConsumerPolicy, Nack
from luna.kernel.group_parts import Above, Assignment, Changes, GivenUp, Retry, Roster, Slot

SETTLED_ABOVE_MAX: Final = 65_536
"""With more than this settled above the checkpoint, reading waits for the oldest event."""


class Group:
    """The members of a consumer, and the events between the checkpoint and what was read."""

    def __init__(
        self,
        policy: ConsumerPolicy,
        *,
        checkpoint: int,
        settled: Iterable[int] = (),
        waiting: Mapping[int, Retry] | None = None,
    ) -> None:
        self.policy = policy
        self.checkpoint = checkpoint
        self.frontier = checkpoint
        """Everything wanted up to here was offered."""
        self._known = dict(waiting or {})
        """Attempts from an earlier life, of events that were not offered yet."""
        self._above = Above(settled)
        self._slots: dict[int, Slot] = {}
        self._replayed: set[int] = set()
        self._ready: list[int] = []
        self._timers: list[tuple[float, int]] = []
        self._roster = Roster()
        self._changes = Changes()

    @property
    def members(self) -> Sequence[str]:
        """The names of the members."""
        return self._roster.names

    @property
    def in_flight(self) -> int:
        """How many events are with members."""
        return self._roster.held

    @property
    def waiting(self) -> int:
        """How many events wait for their next attempt."""
        return sum(slot.waiting for slot in self._slots.values())

    @property
    def room(self) -> int:
        """How many more events may be offered."""
        room = self.policy.in_flight_max - (len(self._slots) - len(self._replayed))
        return max(0, room) if len(self._above) < SETTLED_ABOVE_MAX else 0

    @property
    def replay_room(self) -> bool:
        """Whether another parked event may be tried again."""
        return len(self._replayed) < self.policy.in_flight_max

    @property
    def unsettled(self) -> int:
        """How many events were offered or replayed and are not settled."""
        return len(self._slots)

    @property
    def replayed(self) -> int:
        """How many parked events are being tried again."""
        return len(self._replayed)

    def has(self, position: int) -> bool:
        """Tell whether a position was offered or replayed and is not settled."""
        return position in self._slots

    def holds(self, name: str, assignment: Assignment) -> bool:
        """Tell whether what was assigned is still with that member."""
        slot = self._slots.get(assignment.position)
        return slot is not None and slot.holder == name and slot.attempts == assignment.attempt

    def join(self, name: str, prefetch: int) -> None:
        """Add a member that takes up to *prefetch* events at a time."""
        self._roster.add(name, prefetch)

    def leave(self, name: str, now: float) -> None:
        """Remove a member, and hand its events to others."""
        for position in self._roster.remove(name):
            self._release(position)
            self._again(position, now, 0.0, "its member left")
        self._advance()

    def offer(self, positions: Sequence[int], upto: int, now: float) -> None:
        """Take in wanted positions, ascending; nothing else up to *upto* is wanted."""
        for position in positions:
            known = self._known.pop(position, None)
            if position <= self.frontier or position in self._above:
                continue
            slot = self._slots[position] = Slot(attempts=known.attempts if known else 0)
            if known and known.due > now:
                self._wait(position, slot, known.due)
            else:
                heapq.heappush(self._ready, position)
        self.frontier = max(self.frontier, upto)
        self._advance()

    def replay(self, position: int) -> bool:
        """Try a parked event again, from its first attempt; tell whether that is news."""
        if position in self._slots:
            return False
        self._slots[position] = Slot(replayed=True)
        self._replayed.add(position)
        heapq.heappush(self._ready, position)
        return True

    def ack(self, positions: Iterable[int]) -> None:
        """Settle events, whoever holds them now: the work is done."""
        for position in positions:
            self._settle(position)
        self._advance()

    def nack(self, name: str, positions: Iterable[int], action: Nack, reason: str, now: float) -> None:
        """Settle events as not handled, or try them again. Only the member that holds an event decides."""
        for position in positions:
            slot = self._slots.get(position)
            if slot is None or slot.holder != name:
                continue
            self._release(position)
            if action is Nack.RETRY:
                waits = self.policy.backoff_seconds
                self._again(position, now, waits[min(slot.attempts, len(waits)) - 1], reason)
            elif action is Nack.PARK:
                self._park(position, reason)
            else:
                self._settle(position)
        self._advance()

    def tick(self, now: float) -> None:
        """Take back what members held too long, and make ready what has waited enough."""
        while self._timers and self._timers[0][0] <= now:
            due, position = heapq.heappop(self._timers)
            slot = self._slots.get(position)
            if slot is None or slot.due != due:
                continue
            if slot.waiting:
                slot.waiting = False
                slot.due = 0.0
                heapq.heappush(self._ready, position)
            elif slot.holder:
                self._release(position)
                self._again(position, now, 0.0, f"not acknowledged within {self.policy.ack_seconds} s")
        self._advance()

    def deliver(self, now: float) -> Mapping[str, Sequence[Assignment]]:
        """Give what is ready to members, the lowest positions first, to whoever has most room."""
        given: dict[str, list[Assignment]] = {}
        room = self.policy.in_flight_max - self.in_flight
        while self._ready and room > 0 and (name := self._roster.freest()):
            position = heapq.heappop(self._ready)
            slot = self._slots.get(position)
            if slot is None or slot.holder or slot.waiting:
                continue
            self._roster.give(name, position)
            slot.holder = name
            slot.attempts += 1
            slot.due = now + self.policy.ack_seconds
            heapq.heappush(self._timers, (slot.due, position))
            room -= 1
            given.setdefault(name, []).append(Assignment(position=position, attempt=slot.attempts))
        return given

    def next_due(self) -> float | None:
        """Return when `tick` will have something to do."""
        while self._timers and not self._is_due(*self._timers[0]):
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def drain(self) -> Changes:
        """Return what changed since the last call."""
        changes, self._changes = self._changes, Changes()
        return changes

    def _is_due(self, due: float, position: int) -> bool:
        slot = self._slots.get(position)
        return slot is not None and slot.due == due and bool(slot.holder or slot.waiting)

    def _release(self, position: int) -> None:
        slot = self._slots[position]
        self._roster.take_back(slot.holder, position)
        slot.holder = ""
        slot.due = 0.0

    def _again(self, position: int, now: float, delay: float, reason: str) -> None:
        """Try an event again after *delay*, unless it was tried often enough."""
        slot = self._slots[position]
        if slot.attempts >= self.policy.deliveries_max:
            self._park(position, reason)
            return
        if not slot.replayed:
            self._changes.waiting[position] = Retry(attempts=slot.attempts, due=now + delay)
        if delay:
            self._wait(position, slot, now + delay)
        else:
            heapq.heappush(self._ready, position)

    def _wait(self, position: int, slot: Slot, due: float) -> None:
        slot.waiting = True
        slot.due = due
        heapq.heappush(self._timers, (due, position))

    def _park(self, position: int, reason: str) -> None:
        slot = self._slots[position]
        self._changes.parked[position] = GivenUp(attempts=slot.attempts, reason=reason)
        self._changes.unparked.discard(position)
        self._close(position)

    def _settle(self, position: int) -> None:
        slot = self._slots.get(position)
        if slot is None:
            if position > self.frontier:
                # The effect of an event was recorded before the event was offered.
                self._close(position)
            return
        if slot.replayed:
            self._changes.unparked.add(position)
            self._changes.parked.pop(position, None)
        self._close(position)

    def _close(self, position: int) -> None:
        slot = self._slots.get(position)
        if slot:
            self._release(position)
            del self._slots[position]
            self._replayed.discard(position)
        self._changes.waiting.pop(position, None)
        if slot is None or not slot.replayed:
            self._above.add(position)
            self._changes.settled.add(position)

    def _advance(self) -> None:
        """Move the checkpoint up to the first event that is not settled."""
        first = next((position for position, slot in self._slots.items() if not slot.replayed), None)
        checkpoint = self.frontier if first is None else min(first - 1, self.frontier)
        if checkpoint > self.checkpoint:
            self._above.forget(self.checkpoint, checkpoint)
            self.checkpoint = self._changes.checkpoint = checkpoint
            self._changes.settled = {position for position in self._changes.settled if position > checkpoint}
            self._changes.waiting = {p: retry for p, retry in self._changes.waiting.items() if p > checkpoint}
