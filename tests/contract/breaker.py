"""What every engine behind a circuit breaker promises."""

from collections.abc import Callable, Iterable

import pytest

from luna.resilience.breaker import BreakerEngine
from luna.resilience.circuit import (
    CallWindow,
    CircuitKey,
    CircuitOpenError,
    CircuitPolicy,
    CircuitState,
    Side,
    Transition,
)

KEY = CircuitKey(process="kernel-0", side=Side.CLIENT, peer="log", method="a.Service/Call", priority=1)
POLICY = CircuitPolicy(slow_call_seconds=2.0)

Make = Callable[[CircuitPolicy], BreakerEngine]


def settle(engine: BreakerEngine, now: float, outcomes: Iterable[str], *, every: float = 0.0) -> float:
    """Make a call for each of *outcomes*: `.` succeeds, `x` fails, `s` is slow, `-` is given up. Return the time."""
    for outcome in outcomes:
        token = engine.enter(now)
        if outcome == "x":
            engine.fail(token, now, 0.1)
        elif outcome == "-":
            engine.abandon(token)
        else:
            engine.succeed(token, now, 2.0 if outcome == "s" else 0.1)
        now += every
    return now


def refuses(engine: BreakerEngine, now: float) -> bool:
    """Tell whether a call is refused; one that is not is given up at once."""
    try:
        engine.abandon(engine.enter(now))
    except CircuitOpenError:
        return True
    return False


def half_open(engine: BreakerEngine, now: float) -> float:
    """Open *engine* and let its time pass."""
    settle(engine, now, "xxxxx")
    return now + 60


class BreakerEngineContract:
    """Subclass me and give me ``make``, whose engines append to ``transitions``; their chance is always 0."""

    def test_it_begins_closed(self, make: Make) -> None:
        """
        A closed engine lets calls through, and says what it is for.
        """
        engine = make(POLICY)

        assert engine.state is CircuitState.CLOSED
        assert (engine.key, engine.policy) == (KEY, POLICY)
        assert (engine.since, engine.refused, engine.transitions) == (0.0, 0, 0)
        assert not refuses(engine, 0.0)
        assert engine.retry_after(0.0) is None
        assert engine.window(0.0) == CallWindow(seconds=30.0)

    @pytest.mark.parametrize(
        ("outcomes", "cause"),
        [
            ("xxxxx", "5 failures in a row"),
            ("x.x.x.x.x.", "failure ratio 0.50 of 10 calls"),
            (".x.x.x.x.x", "failure ratio 0.50 of 10 calls"),
            ("s.s.s.s.s.", "slow ratio 0.50 of 10 calls"),
        ],
    )
    def test_it_opens(self, make: Make, transitions: list[Transition], outcomes: str, cause: str) -> None:
        """
        At failures in a row, at a ratio of failures and at a ratio of slow calls, and not one call sooner.
        """
        engine = make(POLICY)
        settle(engine, 0.0, outcomes[:-1])
        before = engine.state
        settle(engine, 0.0, outcomes[-1])

        assert before is CircuitState.CLOSED
        assert engine.state is CircuitState.OPEN
        assert [(change.before, change.after, change.cause) for change in transitions] == [
            (CircuitState.CLOSED, CircuitState.OPEN, cause)
        ]

    def test_a_transition_carries_the_window_that_caused_it(self, make: Make, transitions: list[Transition]) -> None:
        """
        With it anybody can check the cause.
        """
        engine = make(POLICY)
        settle(engine, 7.0, ".s.xxxxx")

        (change,) = transitions
        assert change.window == CallWindow(calls=8, failures=5, slow=1, consecutive_failures=5, seconds=30.0)
        assert (change.time, change.open_seconds) == (7.0, 60.0)
        assert (engine.since, engine.transitions) == (7.0, 1)

    @pytest.mark.parametrize("outcomes", ["xxxx.xxxx", "x.x.x.x.x", "...x..x..x..x", "s.s.s.s.s"])
    def test_it_stays_closed(self, make: Make, outcomes: str) -> None:
        """
        Below each of the limits.
        """
        engine = make(POLICY)
        settle(engine, 0.0, outcomes)

        assert engine.state is CircuitState.CLOSED

    def test_what_is_older_than_the_window_does_not_count(self, make: Make) -> None:
        """
        Four failures a minute ago and four now are no ratio of eight.
        """
        engine = make(CircuitPolicy(consecutive_failures=100, calls_min=8))
        settle(engine, 0.0, "xxxx")
        settle(engine, 31.0, "xxxx")

        assert engine.window(31.0).calls == 4
        assert engine.window(62.0).calls == 0
        assert engine.state is CircuitState.CLOSED

    def test_a_window_of_calls_keeps_the_newest(self, make: Make) -> None:
        """
        Older calls are forgotten, however short ago they were.
        """
        engine = make(CircuitPolicy(window_calls=10, calls_min=10))
        settle(engine, 0.0, "xxxx" + 10 * ".")

        assert engine.window(0.0) == CallWindow(calls=10, seconds=30.0)
        settle(engine, 0.0, "xxxx")
        assert engine.window(0.0).failures == 4
        assert engine.window(31.0).calls == 0

    def test_an_open_engine_refuses_and_says_for_how_long(self, make: Make) -> None:
        """
        The error names the breaker and the rest of the time.
        """
        engine = make(POLICY)
        settle(engine, 0.0, "xxxxx")
        with pytest.raises(CircuitOpenError) as caught:
            engine.enter(20.0)

        assert caught.value.metadata == {"breaker": "kernel-0/client/log/a.Service/Call"}
        assert caught.value.retry_after_seconds == 40.0
        assert engine.retry_after(20.0) == 40.0
        assert refuses(engine, 59.9)
        assert engine.refused == 2

    def test_it_tries_one_call_at_a_time(self, make: Make, transitions: list[Transition]) -> None:
        """
        Of many that come at once when the time has passed, one is let through.
        """
        engine = make(POLICY)
        now = half_open(engine, 0.0)
        token = engine.enter(now)
        refused = [refuses(engine, now) for _ in range(50)]
        engine.succeed(token, now, 0.1)

        assert all(refused)
        assert transitions[-1].after is engine.state is CircuitState.HALF_OPEN
        assert not refuses(engine, now)

    def test_as_many_probes_as_the_policy_says(self, make: Make) -> None:
        """
        And one more when one of them has ended.
        """
        engine = make(CircuitPolicy(probes_max=3, probe_successes=9))
        now = half_open(engine, 0.0)
        tokens = [engine.enter(now) for _ in range(3)]
        full = refuses(engine, now)
        engine.succeed(tokens[1], now, 0.1)

        assert full
        assert not refuses(engine, now)

    def test_it_closes_when_enough_probes_succeed(self, make: Make, transitions: list[Transition]) -> None:
        """
        It then begins to count anew.
        """
        engine = make(POLICY)
        now = half_open(engine, 0.0)
        settle(engine, now, ".")
        before = engine.state
        settle(engine, now, ".")

        assert before is CircuitState.HALF_OPEN
        assert engine.state is CircuitState.CLOSED
        assert transitions[-1].cause == "2 probes succeeded"
        assert transitions[-1].window.calls == 2
        assert engine.window(now) == CallWindow(seconds=30.0)

    @pytest.mark.parametrize(("outcome", "cause"), [("x", "a probe failed"), ("s", "a probe was slow")])
    def test_it_opens_again(self, make: Make, transitions: list[Transition], outcome: str, cause: str) -> None:
        """
        At a probe that fails or is slow.
        """
        engine = make(POLICY)
        now = half_open(engine, 0.0)
        settle(engine, now, f".{outcome}")

        assert engine.state is CircuitState.OPEN
        assert (transitions[-1].cause, transitions[-1].window.calls) == (cause, 2)

    def test_it_stays_open_longer_each_time(self, make: Make, transitions: list[Transition]) -> None:
        """
        Twice as long up to the longest; once closed, it begins with the first time again.
        """
        engine = make(POLICY)
        now = half_open(engine, 0.0)
        for _ in range(5):
            settle(engine, now, "x")
            now += transitions[-1].open_seconds or 0.0
        settle(engine, now, "..")
        settle(engine, now, "xxxxx")

        opened = [change.open_seconds for change in transitions if change.after is CircuitState.OPEN]
        assert opened == [60.0, 120.0, 240.0, 480.0, 600.0, 600.0, 60.0]

    def test_a_late_answer_counts_for_nothing(self, make: Make) -> None:
        """
        Neither a failure nor a success of a call that began in an earlier state.
        """
        engine = make(POLICY)
        early = [engine.enter(0.0) for _ in range(4)]
        now = half_open(engine, 0.0)
        probe = engine.enter(now)
        engine.succeed(early[0], now, 0.1)
        engine.succeed(early[1], now, 0.1)
        engine.fail(early[2], now, 0.1)
        engine.abandon(early[3])

        assert engine.state is CircuitState.HALF_OPEN
        assert refuses(engine, now)
        engine.succeed(probe, now, 0.1)
        settle(engine, now, ".")
        engine.fail(probe, now, 0.1)
        assert {engine.state} == {CircuitState.CLOSED}
        assert engine.window(now).calls == 0

    def test_who_gives_up_has_no_verdict(self, make: Make) -> None:
        """
        A call that was given up counts nowhere, and makes room for another probe.
        """
        engine = make(POLICY)
        settle(engine, 0.0, "xxxx-")
        closed = engine.state
        settle(engine, 0.0, "x")
        now = 60.0
        settle(engine, now, "-")

        assert closed is CircuitState.CLOSED
        assert engine.state is CircuitState.HALF_OPEN
        assert not refuses(engine, now)
        assert engine.window(now).calls == 0

    def test_a_probe_that_never_ends_does_not_block(self, make: Make) -> None:
        """
        Its slot is free after a while; its answer counts if it comes at all.
        """
        engine = make(POLICY)
        now = half_open(engine, 0.0)
        lost = engine.enter(now)
        blocked = refuses(engine, now + 9.0)
        settle(engine, now + 11.0, ".")
        engine.fail(lost, now + 12.0, 12.0)

        assert blocked
        assert engine.state is CircuitState.OPEN

    def test_a_stream_that_begins_has_shown_that_it_works(self, make: Make) -> None:
        """
        Its first response settles the probe; how it ends later counts in no other state.
        """
        engine = make(POLICY)
        now = half_open(engine, 0.0)
        streams = []
        for _ in range(2):
            streams.append(engine.enter(now))
            engine.answered(streams[-1], now)
        engine.fail(streams[0], now, 100.0)

        assert engine.state is CircuitState.CLOSED
        assert engine.window(now).calls == 0
        closed = engine.enter(now)
        engine.answered(closed, now)
        assert engine.window(now).calls == 0

    def test_forced_open_lasts_until_it_is_reset(self, make: Make, transitions: list[Transition]) -> None:
        """
        No time opens it, and nothing that ends meanwhile.
        """
        engine = make(POLICY)
        engine.force(CircuitState.FORCED_OPEN, 0.0, cause="maintenance")
        refused = refuses(engine, 100_000.0)
        engine.tick(100_000.0)
        engine.try_again(100_000.0, "it is back")

        assert refused
        assert engine.state is CircuitState.FORCED_OPEN
        assert engine.retry_after(0.0) is None
        assert transitions[-1].cause == "maintenance"
        engine.force(CircuitState.CLOSED, 100_000.0, cause="done")
        assert not refuses(engine, 100_000.0)

    def test_disabled_lets_all_through(self, make: Make) -> None:
        """
        Whatever becomes of them; they are counted all the same.
        """
        engine = make(POLICY)
        engine.force(CircuitState.DISABLED, 0.0)
        settle(engine, 0.0, 20 * "x")

        assert engine.state is CircuitState.DISABLED
        assert engine.window(0.0).failures == 20

    def test_it_can_be_opened_for_a_while(self, make: Make, transitions: list[Transition]) -> None:
        """
        Then it tries again by itself.
        """
        engine = make(POLICY)
        engine.force(CircuitState.OPEN, 0.0, seconds=5.0, cause="tripped")

        assert transitions[-1].open_seconds == 5.0
        assert refuses(engine, 4.9)
        assert not refuses(engine, 5.0)
        assert engine.state is CircuitState.HALF_OPEN

    def test_a_reset_forgets(self, make: Make, transitions: list[Transition]) -> None:
        """
        What was counted is gone, and what is under way counts for nothing. A closed engine has not changed.
        """
        engine = make(POLICY)
        early = engine.enter(0.0)
        settle(engine, 0.0, "xxxx")
        engine.force(CircuitState.CLOSED, 0.0)
        engine.fail(early, 0.0, 0.1)

        assert engine.window(0.0).calls == 0
        assert engine.state is CircuitState.CLOSED
        assert transitions == []

    def test_it_tries_again_at_once_when_told(self, make: Make, transitions: list[Transition]) -> None:
        """
        Only if it is open: nothing else waits.
        """
        engine = make(POLICY)
        engine.try_again(0.0, "it is back")
        closed = engine.state
        settle(engine, 0.0, "xxxxx")
        engine.try_again(1.0, "it is back")
        engine.force(CircuitState.HALF_OPEN, 1.0)

        assert closed is CircuitState.CLOSED
        assert engine.state is CircuitState.HALF_OPEN
        assert [change.cause for change in transitions] == ["5 failures in a row", "it is back"]
        assert not refuses(engine, 1.0)

    def test_time_opens_it_also_if_nobody_calls(self, make: Make) -> None:
        """
        A tick is enough, not before it is time.
        """
        engine = make(POLICY)
        settle(engine, 0.0, "xxxxx")
        engine.tick(59.9)
        before = engine.state
        engine.tick(60.0)

        assert before is CircuitState.OPEN
        assert engine.state is CircuitState.HALF_OPEN

    def test_a_new_policy_holds_from_the_next_call_on(self, make: Make) -> None:
        """
        What was counted is kept, unless the window is another.
        """
        engine = make(POLICY)
        settle(engine, 0.0, "xx")
        engine.configure(CircuitPolicy(consecutive_failures=3))
        kept = engine.window(0.0).failures
        settle(engine, 0.0, "x")
        opened = engine.state
        engine.configure(CircuitPolicy(window_seconds=10))

        assert kept == 2
        assert opened is CircuitState.OPEN
        assert engine.window(0.0) == CallWindow(seconds=10)
        assert engine.policy.window_seconds == 10
