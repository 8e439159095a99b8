"""The limiter loses nobody, lets nobody in for whom there is no room, and turns away who matters least."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from luna.resilience.gradient import GradientPolicy
from luna.resilience.limiter import CRITICAL, SHARES, Limiter, LimiterPolicy

QUEUE_MAX = 6
POLICY = LimiterPolicy(
    gradient=GradientPolicy(limit_initial=10, limit_min=4, limit_max=20, window_seconds=0.1, samples_min=3),
    queue_max=QUEUE_MAX,
)


class LimiterMachine(RuleBasedStateMachine):
    """Knows of every call only its priority, and whether it is under way or waits, in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.limiter = Limiter(POLICY)
        self.under_way: list[int] = []
        self.waiting: list[tuple[int, int]] = []
        self.capacity = 1.0
        self.tickets = 0
        self.admitted = 0
        self.shed = 0
        self.now = 0.0

    @rule(priority=st.integers(1, 5))
    def a_call_comes(self, priority: int) -> None:
        room = priority == CRITICAL or len(self.under_way) < self.room(priority)
        if self.limiter.admit(priority):
            assert room
            self.begins(priority)
        else:
            assert not room
            self.tickets += 1
            self.queues(self.tickets, priority)

    def queues(self, ticket: int, priority: int) -> None:
        queued = self.limiter.queue(ticket, priority)
        worst = max((rank for _, rank in self.waiting), default=0)
        if len(self.waiting) < QUEUE_MAX:
            assert queued is not None
            assert queued.shed is None
        elif worst > priority:
            newest = [entry for entry in self.waiting if entry[1] == worst][-1]
            assert queued is not None
            assert queued.shed == newest[0]
            self.waiting.remove(newest)
            self.shed += 1
        else:
            assert queued is None
            self.shed += 1
            return
        self.waiting.append((ticket, priority))

    @precondition(lambda self: self.under_way)
    @rule(seconds=st.none() | st.floats(0, 2), elapsed=st.floats(0, 0.2))
    def a_call_ends(self, seconds: float | None, elapsed: float) -> None:
        self.now += elapsed
        self.under_way.pop()
        self.go_on(list(self.limiter.release("a", seconds, self.now)))

    @precondition(lambda self: self.waiting)
    @rule(choice=st.data())
    def a_call_gives_up(self, choice: st.DataObject) -> None:
        entry = choice.draw(st.sampled_from(self.waiting))
        assert self.limiter.leave(entry[0])
        assert not self.limiter.leave(entry[0])
        self.waiting.remove(entry)
        self.shed += 1

    @rule(capacity=st.sampled_from([1.0, 0.95, 0.8, 0.6, 0.4, 0.2]))
    def the_node_does_less_or_more(self, capacity: float) -> None:
        self.capacity = capacity
        self.go_on(list(self.limiter.scale(capacity)))

    def go_on(self, tickets: list[object]) -> None:
        expected = []
        for entry in sorted(self.waiting, key=lambda entry: entry[1]):
            if len(self.under_way) < self.room(entry[1]):
                expected.append(entry[0])
                self.waiting.remove(entry)
                self.begins(entry[1])
        assert tickets == expected

    def begins(self, priority: int) -> None:
        self.under_way.append(priority)
        self.admitted += 1

    def room(self, priority: int) -> int:
        return max(1, int(SHARES[priority] * (self.limiter._gradient.limit * self.capacity)))

    @invariant()
    def everybody_is_somewhere(self) -> None:
        assert self.limiter.in_flight == len(self.under_way)
        assert self.limiter.queued == len(self.waiting) <= QUEUE_MAX
        assert (self.limiter.admitted, self.limiter.shed) == (self.admitted, self.shed)

    @invariant()
    def nobody_waits_for_whom_there_is_room(self) -> None:
        assert all(len(self.under_way) >= self.room(priority) for _, priority in self.waiting)
        assert all(priority != CRITICAL for _, priority in self.waiting)

    @invariant()
    def the_limit_stays_in_its_range(self) -> None:
        assert 4 <= self.limiter._gradient.limit <= 20


TestLimiter = LimiterMachine.TestCase
TestLimiter.settings = settings(stateful_step_count=60)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=200), st.integers(1, 200))
def test_nothing_makes_the_limit_leave_its_range(seconds: list[float], busy: int) -> None:
    """
    Whatever calls take, also nothing at all.
    """
    limiter = Limiter(POLICY)
    for _ in range(busy):
        limiter.admit(CRITICAL)
    for turn, took in enumerate(seconds):
        limiter.admit(CRITICAL)
        limiter.release("a", took, turn * 0.05)

        assert 4 <= limiter.limit <= 20
