"""What appending promises, as tests that every event log adapter must pass."""

import asyncio
import uuid

import pytest

from luna.kernel.event_errors import EventIdReusedError, UnknownConsumerError, VersionConflictError
from luna.kernel.event_log import EventLog
from luna.kernel.events import (
    Append,
    Appended,
    Checkpoint,
    EventFilter,
    Expect,
    Expected,
    NewEvent,
    StreamCheck,
    StreamWrite,
)
from luna.kernel.leaf import leaf_hash
from tests.contract.event_log_words import labels, new, read_all, uid, write


class AppendContract:
    """What appending promises. Subclass me and give me a ``log`` fixture."""

    async def test_positions_count_from_one_without_gaps(self, log: EventLog) -> None:
        """
        Positions are 1, 2, 3, ... across all streams; versions count within each.
        """
        await log.append(write("a/1", "1"))
        outcome = await log.append(
            Append(
                writes=[
                    StreamWrite(stream="b/1", events=[new("2"), new("3")]),
                    StreamWrite(stream="a/1", events=[new("4")]),
                ]
            )
        )
        events = await read_all(log)

        assert [event.position for event in events] == [1, 2, 3, 4]
        assert [(event.stream, event.stream_version) for event in events] == [
            ("a/1", 1),
            ("b/1", 1),
            ("b/1", 2),
            ("a/1", 2),
        ]
        assert [(r.position, r.stream, r.stream_version) for r in outcome.events] == [
            (2, "b/1", 1),
            (3, "b/1", 2),
            (4, "a/1", 2),
        ]
        assert await log.head() == 4

    async def test_an_event_comes_back_as_it_was_given(self, log: EventLog) -> None:
        """
        Every field survives, and the leaf hash covers them all.
        """
        given = new(
            "p",
            event_id=uid(),
            source="node/é-0",
            time_ns=123_456_789,
            correlation_id=uid(),
            causation_id="not-a-uuid",
            trace_id="0af7651916cd43dd8448eb211c80319c",
            schema_version=3,
        )
        await log.append(write("a/1", given))
        (event,) = await read_all(log)

        for name in NewEvent.__dataclass_fields__:
            assert getattr(event, name) == getattr(given, name)
        assert event.leaf_hash == leaf_hash(event)
        assert await log.find(event.event_id) == event

    async def test_what_is_left_out_is_assigned(self, log: EventLog) -> None:
        """
        An id that sorts by time, and the time of recording.
        """
        outcome = await log.append(write("a/1", "1", "2"))
        events = await read_all(log)

        assert [event.event_id for event in events] == [recorded.event_id for recorded in outcome.events]
        assert all(uuid.UUID(event.event_id).version == 7 for event in events)
        assert all(event.time_ns > 0 for event in events)

    @pytest.mark.parametrize(
        ("expected", "holds_at_0", "holds_at_2"),
        [
            (Expect.ANY, True, True),
            (Expect.NO_STREAM, True, False),
            (Expect.EXISTS, False, True),
            (2, False, True),
            (0, True, False),
        ],
    )
    async def test_an_expectation_decides(
        self, log: EventLog, *, expected: Expected, holds_at_0: bool, holds_at_2: bool
    ) -> None:
        """
        On a stream that is not there, and on one at version 2.
        """
        await log.append(write("two/1", "1", "2"))
        for stream, holds in (("new/1", holds_at_0), ("two/1", holds_at_2)):
            head = await log.head()
            if holds:
                await log.append(write(stream, "3", expected=expected))
            else:
                with pytest.raises(VersionConflictError):
                    await log.append(write(stream, "3", expected=expected))

            assert await log.head() == head + holds

    async def test_all_failing_checks_are_reported_and_nothing_is_recorded(self, log: EventLog) -> None:
        """
        Also those on streams that are not written.
        """
        await log.append(write("a/1", "1"))
        append = Append(
            writes=[
                StreamWrite(stream="a/1", events=[new()], expected=Expect.NO_STREAM),
                StreamWrite(stream="b/1", events=[new()], expected=Expect.NO_STREAM),
            ],
            checks=[StreamCheck(stream="c/1", expected=7)],
        )
        with pytest.raises(VersionConflictError) as caught:
            await log.append(append)

        assert [(f.stream, f.actual_version) for f in caught.value.failed] == [("a/1", 1), ("c/1", 0)]
        assert await log.head() == 1
        assert await read_all(log, EventFilter(stream="b/1")) == []

    async def test_only_one_of_many_racing_appends_creates_a_stream(self, log: EventLog) -> None:
        """
        Checked and written in one step.
        """
        attempts = [log.append(write("a/1", str(n), expected=Expect.NO_STREAM)) for n in range(20)]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)

        assert sum(isinstance(outcome, VersionConflictError) for outcome in outcomes) == 19
        assert await log.head() == 1

    async def test_the_same_append_again_is_one_append(self, log: EventLog) -> None:
        """
        Expectations are not looked at again; the trace of the attempt may differ.
        """
        first, second = uid(), uid()

        def attempt(trace: str) -> Append:
            events = [new("1", event_id=first, trace_id=trace), new("2", event_id=second, trace_id=trace)]
            return write("a/1", *events, expected=Expect.NO_STREAM)

        outcome = await log.append(attempt("one"))
        again = await log.append(attempt("two"))

        assert not outcome.duplicate
        assert again.duplicate
        assert again.events == outcome.events
        assert await log.head() == 2

    async def test_the_same_append_twice_at_once_is_one_append(self, log: EventLog) -> None:
        """
        A retry may overtake the answer.
        """
        append = write("a/1", new("1", event_id=uid()))
        outcomes = await asyncio.gather(*[log.append(append) for _ in range(5)])

        assert sum(not outcome.duplicate for outcome in outcomes) == 1
        assert await log.head() == 1

    @pytest.mark.parametrize(
        "other",
        [{"payload": b"other"}, {"type": "test.Other"}, {"source": "other"}, {"time_ns": 5}, {"schema_version": 2}],
    )
    async def test_an_id_stands_for_one_content(self, log: EventLog, other: dict[str, object]) -> None:
        """
        Another content under the same id is refused, and names where the id is.
        """
        id = uid()
        await log.append(write("a/1", new("1", event_id=id)))
        with pytest.raises(EventIdReusedError) as caught:
            await log.append(write("a/1", new("1", event_id=id, **other)))
        with pytest.raises(EventIdReusedError):
            await log.append(write("b/1", new("1", event_id=id)))
        with pytest.raises(EventIdReusedError):
            await log.append(write("a/1", new("1", event_id=id), new("2", event_id=uid())))

        assert caught.value.metadata["position"] == "1"
        assert await log.head() == 1

    async def test_an_append_may_not_use_an_id_twice(self, log: EventLog) -> None:
        """
        Two events cannot be one.
        """
        id = uid()
        with pytest.raises(EventIdReusedError):
            await log.append(write("a/1", new("1", event_id=id), new("1", event_id=id)))

        assert await log.head() == 0

    @pytest.mark.parametrize(
        "bad", ["nonsense", "0af76519-16cd-43dd-8448-EB211C80319C", "0af7651916cd43dd8448eb211c80319c"]
    )
    async def test_an_id_that_is_no_lower_case_uuid_is_refused(self, log: EventLog, bad: str) -> None:
        """
        Whatever was sent with it is not recorded, and the log goes on.
        """
        with pytest.raises(ValueError, match="lower-case UUID"):
            await log.append(write("a/1", new(event_id=bad)))
        await log.append(write("a/1", "1"))

        assert await log.head() == 1

    async def test_one_refused_append_does_not_touch_its_neighbours(self, log: EventLog) -> None:
        """
        The answer has each outcome at its index, and the order is kept.
        """
        appends = [write("a/1", str(n), expected=n if n != 3 else 77) for n in range(3)]
        appends += [write("a/1", "bad", expected=77), write("a/1", "3", expected=3)]
        outcomes = await log.append_many(appends)

        assert [isinstance(outcome, Appended) for outcome in outcomes] == [True, True, True, False, True]
        assert isinstance(outcomes[3], VersionConflictError)
        assert labels(await read_all(log)) == ["0", "1", "2", "3"]

    async def test_many_appends_are_recorded_in_order(self, log: EventLog) -> None:
        """
        More than fit into one transaction.
        """
        outcomes = await log.append_many([write(f"s/{n % 7}", str(n)) for n in range(3000)])

        assert [o.events[0].position for o in outcomes if isinstance(o, Appended)] == list(range(1, 3001))
        assert labels(await read_all(log)) == [str(n) for n in range(3000)]

    async def test_a_checkpoint_of_an_unknown_consumer_is_refused(self, log: EventLog) -> None:
        """
        Nothing is recorded then.
        """
        append = Append(writes=write("a/1", "1").writes, checkpoint=Checkpoint(consumer="nobody", position=1))
        with pytest.raises(UnknownConsumerError):
            await log.append(append)

        assert await log.head() == 0

    async def test_an_empty_append_records_nothing(self, log: EventLog) -> None:
        """
        It may still check.
        """
        assert (await log.append(Append(writes=[]))).events == []
        with pytest.raises(VersionConflictError):
            await log.append(Append(writes=[], checks=[StreamCheck(stream="a/1", expected=Expect.EXISTS)]))

        assert await log.head() == 0
