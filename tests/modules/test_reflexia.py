"""The parts of reflexia that need neither a server nor a log."""

import pytest
from arkalia.reflexia.v1 import reflexia_event_pb2 as facts
from arkalia.reflexia.v1 import reflexia_pb2 as pb

from luna.kernel.events import Event
from luna.kernel.machine import Reading
from luna.kernel.times import timestamp
from luna.modules.reflexia.domain import Action, Level, Signal, Thresholds, assess
from luna.modules.reflexia.newest import NODES_MAX, Newest
from luna.modules.reflexia.samples import judge, machine_of, processes_of, sample_in, services_of, taken, values_of
from luna.modules.reflexia.vitals import PROCESSES_MAX, Heard, VitalsTable
from tests.fakes import FakeClock
from tests.machines import IDLE, vitals

SECOND = 1_000_000_000


class TestVitalsTable:
    def test_vitals_age_and_are_forgotten(self, clock: FakeClock) -> None:
        """
        What is older than the limit says nothing about now.
        """
        table = VitalsTable(clock, seconds_max=3.0)
        table.hear(vitals("log-0"), take_ns=clock.wall_ns())
        clock.advance(2.0)
        (heard,) = table.current()
        clock.advance(1.5)

        assert heard.age_seconds == pytest.approx(2.0)
        assert table.current() == []

    def test_the_same_report_twice_is_one_and_an_older_one_is_none(self, clock: FakeClock) -> None:
        """
        Reports may be repeated and may arrive in any order.
        """
        table = VitalsTable(clock, seconds_max=30.0)
        now = clock.wall_ns()
        table.hear(vitals("log-0", loop_lag_seconds=0.2), take_ns=now)
        table.hear(vitals("log-0", loop_lag_seconds=0.2), take_ns=now)
        table.hear(vitals("log-0", loop_lag_seconds=0.9), take_ns=now - SECOND)

        assert [one.vitals.loop_lag_seconds for one in table.current()] == [0.2]

    def test_a_report_that_travelled_is_as_old_as_its_figures(self, clock: FakeClock) -> None:
        """
        Age counts from when the figures were taken, not from when they arrived.
        """
        table = VitalsTable(clock, seconds_max=3.0)
        table.hear(vitals("log-0"), take_ns=clock.wall_ns() - 2 * SECOND)

        assert table.current()[0].age_seconds == pytest.approx(2.0)

    def test_the_table_does_not_grow_without_bound(self, clock: FakeClock) -> None:
        """
        More processes than a node can have push out the one heard of longest ago.
        """
        table = VitalsTable(clock, seconds_max=30.0)
        for index in range(PROCESSES_MAX + 10):
            table.hear(vitals(f"p-{index}"), take_ns=clock.wall_ns())
        names = {one.vitals.process for one in table.current()}

        assert len(names) == PROCESSES_MAX
        assert "p-0" not in names


class TestNewest:
    def test_an_older_sample_does_not_replace_a_newer_one(self) -> None:
        """
        Reports may arrive late.
        """
        newest = Newest()
        for second in (2, 1):
            newest.note(pb.Sample(node="a", sample_id=str(second), sample_time=timestamp(second * SECOND)))
        found = newest.of("a")

        assert found is not None
        assert found.sample_id == "2"

    def test_only_so_many_nodes_are_kept(self) -> None:
        """
        The node heard of longest ago makes room.
        """
        newest = Newest()
        for index in range(NODES_MAX + 1):
            newest.note(pb.Sample(node=f"n{index}", sample_time=timestamp(SECOND)))

        assert newest.of("n0") is None
        assert newest.of(f"n{NODES_MAX}") is not None


class TestSample:
    def test_a_typical_sample_is_small(self) -> None:
        """
        Three processes with six services each take less than 1.5 KB in the log.
        """
        heard = [Heard(vitals=vitals(name, services=3), age_seconds=0.7) for name in ("log-0", "kernel-0", "mind-0")]
        sample = _sample(IDLE, IDLE, heard)

        assert len(taken(sample, source="node/kernel-0").payload) < 1536

    def test_a_reading_that_was_not_taken_stays_unset(self) -> None:
        """
        Unknown is not zero, neither in the readings nor in the levels.
        """
        sample = _sample(Reading(time_ns=5), None, [])

        assert sample.machine == pb.MachineReading()
        assert list(sample.levels) == []
        assert sample.recommended_action == pb.RECOMMENDED_ACTION_UNSPECIFIED
        assert sample.reason == "no signal has a reading"

    def test_rates_come_from_the_reading_before(self) -> None:
        """
        Bytes per second; none where the counter started over.
        """
        before = Reading(time_ns=0, network_received_bytes=1000, network_sent_bytes=9000)
        after = Reading(time_ns=2 * SECOND, network_received_bytes=5000, network_sent_bytes=10)
        machine = machine_of(after, before)

        assert machine.network_received_rate == 2000
        assert not machine.HasField("network_sent_rate")

    def test_a_service_without_calls_has_no_entry(self) -> None:
        """
        The busiest comes first, errors are a share of calls.
        """
        found = services_of([Heard(vitals=vitals(services=3), age_seconds=0.0)])

        assert [one.calls for one in found] == [102, 101, 100]
        assert found[0].error_ratio == pytest.approx(2 / 102)

    def test_the_worst_process_and_service_are_the_signals(self) -> None:
        """
        One slow loop is enough to say so, with the reason in words.
        """
        heard = [
            Heard(vitals=vitals("log-0", loop_lag_seconds=0.300), age_seconds=0.1),
            Heard(vitals=vitals("kernel-0"), age_seconds=0.1),
        ]
        sample = _sample(IDLE, IDLE, heard)

        assert values_of(sample)[Signal.LOOP_LAG] == pytest.approx(0.3)
        assert sample.recommended_action == pb.RECOMMENDED_ACTION_REDUCE_LOAD
        assert sample.reason == "loop lag 300 ms is high (from 250 ms)"

    def test_nonsense_in_the_log_is_not_a_sample(self) -> None:
        """
        Neither bytes that do not parse nor a sample of another node than the stream's.
        """
        sample = pb.Sample(node="a")
        payload = facts.SampleTaken(sample=sample).SerializeToString()

        assert sample_in(_event("reflexia/a", b"\xff\xff")) is None
        assert sample_in(_event("reflexia/b", payload)) is None
        assert sample_in(_event("reflexia/a", payload)) == sample


def test_a_held_level_says_why() -> None:
    """
    The reason tells a level that was entered from one that is only not left yet.
    """
    held = assess({Signal.CPU: 0.78}, previous={Signal.CPU: Level.HIGH})

    assert held.action is Action.REDUCE_LOAD
    assert held.reason == "cpu 78.0 % is high (held until below 75.0 %)"


def test_thresholds_must_rise() -> None:
    """
    A policy that cannot be meant cannot be made.
    """
    with pytest.raises(ValueError, match="must rise"):
        Thresholds(elevated=0.8, high=0.7)
    with pytest.raises(ValueError, match="must not be negative"):
        Thresholds(elevated=0.8, leave_margin=-0.1)


def _sample(reading: Reading, before: Reading | None, heard: list[Heard]) -> pb.Sample:
    sample = pb.Sample(
        sample_id="0" * 36,
        node="arkalia-node",
        sample_time=timestamp(reading.time_ns),
        machine=machine_of(reading, before),
        processes=processes_of(heard),
        services=services_of(heard),
    )
    judge(sample)
    return sample


def _event(stream: str, payload: bytes) -> Event:
    return Event(
        position=1,
        stream=stream,
        stream_version=1,
        event_id="",
        type="",
        payload=payload,
        source="",
        time_ns=0,
        correlation_id="",
        causation_id="",
        trace_id="",
        schema_version=1,
        leaf_hash=b"",
    )
