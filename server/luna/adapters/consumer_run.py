"""A consumer at work: carries events from the log to its members, and what they say to the storage."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

from luna.adapters.consumer_changes import changes_of, group_of
from luna.adapters.consumer_member import GroupMember
from luna.adapters.waits import cancel, first
from luna.kernel.clock import Clock
from luna.kernel.consumers import ConsumerPolicy, Delivery, Nack
from luna.kernel.event_errors import EventLogError, LogReadOnlyError, UnknownConsumerError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Event, Page
from luna.kernel.group_parts import Assignment
from luna.kernel.log_admin import ConsumerChanges, ConsumerStorage, StoredConsumer

_SAVE_SECONDS: Final = 0.25
"""How long changes nobody waits for may stay unsaved: a crash only means that they happen again."""
_EVENTS_SPARE: Final = 256


class GroupRun:
    """The group of one consumer, with the tasks that keep it going."""

    def __init__(self, log: EventLog, storage: ConsumerStorage, clock: Clock, stored: StoredConsumer) -> None:
        self._log = log
        self._storage = storage
        self._clock = clock
        self._name = stored.name
        self._group = group_of(stored, clock)
        self._events: dict[int, Event] = {}
        self._members: dict[str, GroupMember] = {}
        self._replays: deque[int] = deque()
        self._unsaved = ConsumerChanges()
        self._saving = asyncio.Lock()
        self._changed = asyncio.Event()
        self._roomy = asyncio.Event()
        self._sooner = asyncio.Event()
        self._until: float | None = None
        """When the next thing is due, as far as the task that waits for it knows."""
        self._tasks: list[asyncio.Task[None]] = []
        self._failure: Exception | None = None
        self.users = 0
        """How many callers need it to run."""

    @property
    def checkpoint(self) -> int:
        """Where the group stands, perhaps further than what is stored."""
        return self._group.checkpoint

    @property
    def in_flight(self) -> int:
        """How many events are with members."""
        return self._group.in_flight

    @property
    def waiting(self) -> int:
        """How many events wait for their next attempt."""
        return self._group.waiting

    @property
    def members(self) -> Sequence[str]:
        """The names of the members."""
        return self._group.members

    @property
    def idle(self) -> bool:
        """Whether nobody needs it, and nothing would be lost by stopping."""
        return self.users == 0 and not self._replays and not self._group.replayed

    def start(self) -> None:
        """Begin to read."""
        self._stop_listening = self._storage.listen(self._settled)
        self._tasks = [asyncio.create_task(self._guard(loop)) for loop in (self._read, self._keep, self._settle_up)]

    async def aclose(self) -> None:
        """Stop, and save what is not saved."""
        await self._stop(LogReadOnlyError(self._name, "the node is stopping"))
        with suppress(EventLogError):
            await self._save()

    async def delete(self) -> None:
        """Stop, and send the members away."""
        await self._stop(UnknownConsumerError(self._name))

    async def update(self, policy: ConsumerPolicy) -> None:
        """Go on by another policy."""
        refilter = policy.filter != self._group.policy.filter
        self._group.policy = policy
        if refilter:
            await cancel(self._tasks[:1])
            self._tasks[0] = asyncio.create_task(self._guard(self._read))
        self._on_change()

    @asynccontextmanager
    async def joined(self, name: str, prefetch: int) -> AsyncIterator[GroupMember]:
        """Make a member, under a name of its own."""
        number = 1
        unique = name
        while unique in self._members:
            number += 1
            unique = f"{name}#{number}"
        member = self._members[unique] = GroupMember(self, unique, max(1, prefetch))
        self.enter(member)
        try:
            yield member
        finally:
            self.leave(member)
            del self._members[unique]

    def enter(self, member: GroupMember) -> None:
        """Count *member* in."""
        if member.name not in self._group.members:
            self._group.join(member.name, member.prefetch)
            self._on_change()

    def leave(self, member: GroupMember) -> None:
        """Hand what *member* holds to others."""
        if member.name in self._group.members:
            self._group.leave(member.name, self._clock.monotonic())
            self._on_change()

    def collect(self, name: str, assigned: Iterable[Assignment]) -> Sequence[Delivery]:
        """Return what of *assigned* the member still holds."""
        return [
            Delivery(event=self._events[a.position], attempt=a.attempt) for a in assigned if self._group.holds(name, a)
        ]

    def check(self) -> None:
        """Raise what has ended the run."""
        if self._failure:
            raise self._failure

    async def ack(self, positions: Sequence[int]) -> None:
        """Settle events as handled."""
        self._group.ack(positions)
        self._on_change()
        await self._save()

    async def nack(self, name: str, positions: Sequence[int], action: Nack, reason: str) -> None:
        """Settle events as not handled."""
        self._group.nack(name, positions, action, reason, self._clock.monotonic())
        self._on_change()
        await self._save()

    async def replay(self, positions: Sequence[int]) -> int:
        """Try parked events again; return how many were not being tried already."""
        fresh = [p for p in positions if not self._group.has(p) and p not in self._replays]
        self._replays += fresh
        await self._feed_replays()
        return len(fresh)

    def _settled(self, name: str, positions: Sequence[int]) -> None:
        """Hear that appends settled events."""
        if name == self._name:
            self._group.ack(positions)
            self._on_change()

    def _on_change(self) -> None:
        """Hand out what became ready, and let the tasks look."""
        now = self._clock.monotonic()
        for name, assignments in self._group.deliver(now).items():
            self._members[name].assign(assignments)
        if len(self._events) > self._group.unsettled + _EVENTS_SPARE:
            self._events = {position: event for position, event in self._events.items() if self._group.has(position)}
        if self._group.room:
            self._roomy.set()
        due = self._group.next_due()
        if self._replays or (due is not None and (self._until is None or due < self._until)):
            self._sooner.set()
        self._changed.set()

    async def _read(self) -> None:
        async with aclosing(self._log.follow(self._group.policy.filter, after=self._group.frontier)) as pages:
            async for page in pages:
                await self._offer(page)
        raise LogReadOnlyError(self._name, "the log was closed")

    async def _offer(self, page: Page) -> None:
        events = page.events
        while True:
            while not self._group.room:
                self._roomy.clear()
                await self._roomy.wait()
            taken, events = events[: self._group.room], events[self._group.room :]
            upto = taken[-1].position if events else page.position
            self._group.offer([event.position for event in taken], upto, self._clock.monotonic())
            self._events.update({event.position: event for event in taken if self._group.has(event.position)})
            self._on_change()
            if not events:
                return

    async def _keep(self) -> None:
        """Act when time is up."""
        while True:
            self._sooner.clear()
            self._group.tick(self._clock.monotonic())
            self._on_change()
            await self._feed_replays()
            self._until = self._group.next_due()
            if self._until is None:
                await self._sooner.wait()
            else:
                left = max(0.0, self._until - self._clock.monotonic())
                await first(self._sooner.wait(), self._clock.sleep(left))

    async def _settle_up(self) -> None:
        """Save what nobody waits for."""
        while True:
            await self._changed.wait()
            await self._clock.sleep(_SAVE_SECONDS)
            self._changed.clear()
            with suppress(EventLogError):
                await self._save()

    async def _feed_replays(self) -> None:
        while self._replays and self._group.replay_room:
            position = self._replays.popleft()
            page = await self._log.read(after=position - 1, limit=1)
            if page.events and page.events[0].position == position:
                self._events[position] = page.events[0]
                self._group.replay(position)
                self._on_change()

    async def _save(self) -> None:
        async with self._saving:
            self._unsaved = self._unsaved.then(changes_of(self._group.drain(), self._clock))
            if self._unsaved:
                await self._storage.save(self._name, self._unsaved)
                self._unsaved = ConsumerChanges()

    async def _guard(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a task; what ends it, ends the run for all members."""
        try:
            await loop()
        except Exception as error:  # noqa: BLE001  members raise it
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        for member in self._members.values():
            member.wake()

    async def _stop(self, error: Exception) -> None:
        self._stop_listening()
        await cancel(self._tasks)
        self._fail(error)
