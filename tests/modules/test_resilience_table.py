"""What is kept of the reports of processes, and what they say of the pressure on the node."""

from arkalia.resilience.v1 import circuit_breaker_pb2 as pb
from arkalia.resilience.v1 import circuit_breaker_service_pb2 as rpc
from arkalia.resilience.v1 import resilience_event_pb2 as facts

from luna.kernel.times import duration, timestamp
from luna.modules.resilience.signals import FRESH_SECONDS, Signals
from luna.modules.resilience.table import PROCESSES_MAX, SILENT_SECONDS, BreakerTable
from luna.resilience.failing import CALLS_MIN
from tests.fakes import FakeClock

METHOD = "arkalia.events.v1.EventService/Append"
KEY = pb.CircuitKey(process="log-0", side=pb.CIRCUIT_SIDE_SERVER, peer="log-0", method=METHOD)
NAME = f"log-0/server/log-0/{METHOD}"


def report(
    clock: FakeClock, *, age_seconds: float = 0.0, state_age_seconds: float = 60.0
) -> rpc.ReportCircuitBreakersRequest:
    taken_ns = clock.wall_ns() - round(age_seconds * 1e9)
    return rpc.ReportCircuitBreakersRequest(
        process="log-0",
        report_time_ns=taken_ns,
        circuit_breakers=[
            pb.CircuitBreaker(
                name=NAME,
                key=KEY,
                state=pb.CIRCUIT_STATE_CLOSED,
                state_time=timestamp(taken_ns - round(state_age_seconds * 1e9)),
            )
        ],
    )


def opened(clock: FakeClock) -> facts.CircuitTransition:
    return facts.CircuitTransition(
        name=NAME,
        key=KEY,
        previous_state=pb.CIRCUIT_STATE_CLOSED,
        state=pb.CIRCUIT_STATE_OPEN,
        window=pb.CallWindow(calls=5, failures=5),
        open=duration(60),
        change_time=timestamp(clock.wall_ns()),
    )


def test_a_report_that_a_transition_has_overtaken_does_not_undo_it() -> None:
    """
    The next one says what has become of it.
    """
    clock = FakeClock()
    table = BreakerTable(clock)
    table.hear(report(clock))
    clock.advance(1.0)
    table.change(opened(clock))
    table.hear(report(clock, age_seconds=0.1))
    [breaker] = table.breakers()
    assert breaker.state == pb.CIRCUIT_STATE_OPEN

    clock.advance(1.0)
    table.hear(report(clock, state_age_seconds=0.5))
    assert [one.state for one in table.breakers()] == [pb.CIRCUIT_STATE_CLOSED]


def test_a_transition_of_before_the_report_changes_nothing() -> None:
    """
    Nor does one of a process that nobody has heard of.
    """
    clock = FakeClock()
    table = BreakerTable(clock)
    table.change(opened(clock))
    assert not table.breakers()
    early = opened(clock)
    clock.advance(10.0)
    table.hear(report(clock, state_age_seconds=1.0))
    table.change(early)

    assert [one.state for one in table.breakers()] == [pb.CIRCUIT_STATE_CLOSED]


def test_a_clock_that_was_set_back_does_not_silence_a_process_for_ever() -> None:
    """
    Its earlier reports are forgotten like those of any process that is silent.
    """
    clock = FakeClock()
    table = BreakerTable(clock)
    assert table.hear(report(clock))
    assert not table.hear(report(clock, age_seconds=3600))
    clock.advance(SILENT_SECONDS + 1)
    assert not table.breakers()

    assert table.hear(report(clock, age_seconds=3600))
    assert len(table.breakers()) == 1


def test_who_is_heard_of_longest_ago_makes_room() -> None:
    """
    However many names are made up, the table stays small.
    """
    table = BreakerTable(FakeClock())
    for number in range(PROCESSES_MAX + 5):
        table.hear(rpc.ReportCircuitBreakersRequest(process=f"p-{number}", report_time_ns=1))

    assert [told.process for told in table.told()] == [f"p-{number}" for number in range(5, PROCESSES_MAX + 5)]


def test_a_breaker_that_is_not_of_its_process_is_left_out() -> None:
    """
    A process speaks for itself only.
    """
    clock = FakeClock()
    table = BreakerTable(clock)
    told = report(clock)
    told.process = "kernel-0"
    table.hear(told)

    assert not table.breakers()


def figures(admitted: int, shed: int) -> rpc.LimiterFigures:
    return rpc.LimiterFigures(admitted_calls=admitted, shed_calls=shed)


def test_the_share_of_calls_turned_away_is_that_since_the_report_before() -> None:
    """
    Of the process that turns most away; too old ones and too few calls say nothing.
    """
    clock = FakeClock()
    signals = Signals(clock, BreakerTable(clock))
    signals.limiter("log-0", figures(10_000, 10_000))
    assert signals.readings()["shed_ratio"] == 0.0
    clock.advance(1.0)
    signals.limiter("log-0", figures(10_030, 10_010))
    signals.limiter("kernel-0", figures(50, 0))
    assert signals.readings()["shed_ratio"] == 0.25
    clock.advance(0.1)
    signals.limiter("log-0", figures(10_030, 10_020))
    assert signals.readings()["shed_ratio"] == 0.25
    clock.advance(1.0)
    signals.limiter("log-0", figures(10_030, 10_010 + CALLS_MIN - 1))

    assert signals.readings()["shed_ratio"] == 0.0
    clock.advance(FRESH_SECONDS + 1)
    assert signals.readings()["shed_ratio"] is None


def test_a_process_that_was_started_again_counts_anew() -> None:
    """
    Its figures are smaller than before; nothing follows from that.
    """
    clock = FakeClock()
    signals = Signals(clock, BreakerTable(clock))
    signals.limiter("log-0", figures(1000, 1000))
    clock.advance(1.0)
    signals.limiter("log-0", figures(10, 0))
    assert signals.readings()["shed_ratio"] == 0.0
    clock.advance(1.0)
    signals.limiter("log-0", figures(20, 30))

    assert signals.readings()["shed_ratio"] == 0.75
