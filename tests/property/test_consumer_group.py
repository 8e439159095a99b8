"""A consumer group loses nothing and doubles nothing, whatever its members do, also across restarts."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from luna.kernel.consumers import ConsumerPolicy, Nack
from luna.kernel.group import Group
from luna.kernel.group_parts import Retry

POLICY = ConsumerPolicy(ack_seconds=10, deliveries_max=3, backoff_seconds=(1.0, 4.0), in_flight_max=8)
NAMES = ("one", "two", "three")


class ConsumerGroupMachine(RuleBasedStateMachine):
    """Knows of every event only whether it is settled, and who has it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.group = Group(POLICY, checkpoint=0)
        self.read = 0
        self.wanted: list[int] = []
        self.settled: set[int] = set()
        self.parked: dict[int, int] = {}
        self.replaying: set[int] = set()
        self.holder: dict[int, tuple[str, float]] = {}
        self.attempts: dict[int, int] = {}
        self.firsts: dict[str, list[int]] = {}
        self.stored_checkpoint = 0
        self.stored: set[int] = set()
        self.waits: dict[int, Retry] = {}

    @rule(gaps=st.lists(st.integers(1, 3), max_size=6))
    def events_are_read(self, gaps: list[int]) -> None:
        positions = []
        for gap in gaps[: self.group.room]:
            self.read += gap
            positions.append(self.read)
        self.read += 1
        self.wanted += positions
        self.group.offer(positions, self.read, self.now)
        self.deliver()

    @rule(name=st.sampled_from(NAMES), prefetch=st.integers(1, 4))
    def a_member_joins(self, name: str, prefetch: int) -> None:
        if name not in self.group.members:
            self.group.join(name, prefetch)
            self.firsts[name] = []
            self.deliver()

    @rule(name=st.sampled_from(NAMES))
    def a_member_leaves(self, name: str) -> None:
        if name in self.group.members:
            self.group.leave(name, self.now)
            for position in [p for p, (holder, _) in self.holder.items() if holder == name]:
                self.fails(position)
            self.deliver()

    @precondition(lambda self: self.holder)
    @rule(choice=st.data())
    def an_event_is_acknowledged(self, choice: st.DataObject) -> None:
        position = choice.draw(st.sampled_from(sorted(self.holder)))
        self.group.ack([position])
        self.settles(position)
        self.deliver()

    @rule(position=st.integers(1, 60))
    def anything_is_acknowledged(self, position: int) -> None:
        """An effect was recorded with its checkpoint, by whoever had it, perhaps in an earlier life."""
        if position in self.wanted:
            known = position in self.settled and position not in self.replaying
            self.group.ack([position])
            if not known:
                self.settles(position)
            self.deliver()

    @precondition(lambda self: self.holder)
    @rule(choice=st.data(), action=st.sampled_from(Nack))
    def an_event_is_refused(self, choice: st.DataObject, action: Nack) -> None:
        position = choice.draw(st.sampled_from(sorted(self.holder)))
        name, _ = self.holder[position]
        self.group.nack(name, [position], action, "because", self.now)
        if action is Nack.RETRY:
            self.fails(position)
        elif action is Nack.PARK:
            self.parks(position)
        else:
            self.settles(position)
        self.deliver()

    @precondition(lambda self: self.holder)
    @rule(choice=st.data(), action=st.sampled_from(Nack))
    def a_stranger_refuses_an_event(self, choice: st.DataObject, action: Nack) -> None:
        """Nothing happens."""
        position = choice.draw(st.sampled_from(sorted(self.holder)))
        stranger = next(name for name in NAMES if name != self.holder[position][0])
        self.group.nack(stranger, [position], action, "not mine", self.now)

    @rule(seconds=st.floats(0, 12))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.group.tick(self.now)
        for position in [p for p, (_, due) in self.holder.items() if due <= self.now]:
            self.fails(position)
        self.deliver()

    @precondition(lambda self: self.parked)
    @rule(choice=st.data())
    def a_parked_event_is_replayed(self, choice: st.DataObject) -> None:
        position = choice.draw(st.sampled_from(sorted(self.parked)))
        if self.group.replay(position):
            self.replaying.add(position)
            self.attempts[position] = 0
            self.deliver()

    @rule()
    def everything_is_saved(self) -> None:
        changes = self.group.drain()
        if changes.checkpoint is not None:
            self.stored_checkpoint = changes.checkpoint
        self.stored = {p for p in self.stored | changes.settled if p > self.stored_checkpoint}
        self.waits.update(changes.waiting)
        self.waits = {p: w for p, w in self.waits.items() if p > self.stored_checkpoint and p not in self.stored}

        assert self.stored_checkpoint == self.group.checkpoint
        for position, given_up in changes.parked.items():
            assert self.parked[position] == given_up.attempts
        assert not changes.unparked & self.parked.keys()

    @rule()
    def the_process_restarts(self) -> None:
        """What was saved is all that is left; everything else is read again."""
        self.everything_is_saved()
        self.group = Group(POLICY, checkpoint=self.stored_checkpoint, settled=self.stored, waiting=self.waits)
        self.holder.clear()
        self.firsts.clear()
        self.replaying.clear()
        for position in self.wanted:
            if position not in self.settled:
                self.attempts[position] = self.waits[position].attempts if position in self.waits else 0
        # What the append path settled is stored by the append itself.
        self.group.offer([p for p in self.wanted if p > self.stored_checkpoint], self.read, self.now)
        self.deliver()

    @invariant()
    def the_checkpoint_is_just_below_the_first_unsettled(self) -> None:
        unsettled = [position for position in self.wanted if position not in self.settled]

        assert self.group.checkpoint == (unsettled[0] - 1 if unsettled else self.read)

    @invariant()
    def nothing_is_lost(self) -> None:
        for position in self.wanted:
            assert self.group.has(position) == (position not in self.settled or position in self.replaying)

    @invariant()
    def nobody_holds_more_than_allowed(self) -> None:
        assert self.group.in_flight == len(self.holder) <= POLICY.in_flight_max

    @invariant()
    def nothing_ready_waits_for_free_members(self) -> None:
        if self.group.members and not self.holder and self.group.waiting == 0:
            assert self.group.unsettled == 0

    def deliver(self) -> None:
        for name, assignments in self.group.deliver(self.now).items():
            for given in assignments:
                assert given.position not in self.holder
                assert given.position not in self.settled or given.position in self.replaying
                self.attempts[given.position] = self.attempts.get(given.position, 0) + 1
                assert given.attempt == self.attempts[given.position] <= POLICY.deliveries_max
                self.holder[given.position] = name, self.now + POLICY.ack_seconds
                if given.attempt == 1 and given.position not in self.replaying:
                    assert all(given.position > earlier for earlier in self.firsts[name])
                    self.firsts[name].append(given.position)

    def fails(self, position: int) -> None:
        del self.holder[position]
        if self.attempts[position] >= POLICY.deliveries_max:
            self.parks(position)

    def parks(self, position: int) -> None:
        self.holder.pop(position, None)
        self.replaying.discard(position)
        self.settled.add(position)
        self.parked[position] = self.attempts[position]

    def settles(self, position: int) -> None:
        self.holder.pop(position, None)
        if position in self.replaying or position not in self.settled:
            self.parked.pop(position, None)
        self.replaying.discard(position)
        self.settled.add(position)


TestConsumerGroup = ConsumerGroupMachine.TestCase
TestConsumerGroup.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
