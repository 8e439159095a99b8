"""How events of a consumer are settled, as tests that every adapter must pass."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from luna.kernel.consumers import ConsumerAdmin, Nack
from luna.kernel.event_errors import AlreadyProcessedError, UnknownConsumerError
from luna.kernel.event_log import EventLog
from luna.kernel.events import Append, Checkpoint, EventFilter, StreamWrite
from tests.contract.consumers_words import NAME, POLICY, Worker, either, either_of, positions, until_settled, working
from tests.contract.event_log_words import new, uid, write


class SettlingContract:
    """Subclass me and give me ``log``, ``consumers`` upon it, and the ``clock`` of both."""

    @pytest.fixture(autouse=True)
    async def five_events(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        await log.append(write("a/1", *map(str, range(1, 6))))
        await consumers.create(NAME, POLICY)

    async def test_only_the_holder_can_refuse_an_event(self, consumers: ConsumerAdmin) -> None:
        """
        A late refusal does not disturb whoever has it now.
        """
        async with working(consumers, "one", prefetch=2) as one, working(consumers, "two", prefetch=2) as two:
            held = await one.take(2)
            await two.take(2)
            await two.nack([*positions(held), 99], Nack.PARK, "not mine")
            state = await consumers.get(NAME)

        assert (state.parked, state.in_flight) == (0, 4)

    @pytest.mark.parametrize("chosen", [(), (1, 3)])
    async def test_parked_events_can_be_replayed(self, consumers: ConsumerAdmin, chosen: Sequence[int]) -> None:
        """
        Once they are handled they are parked no more; refused again, they stay.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.nack([1, 2, 3], Nack.PARK, "strange")
            await worker.ack([4, 5])
            count = await consumers.replay_parked(NAME, chosen)
            again = await worker.take(count)
            await worker.ack([1])
            await worker.nack([3], Nack.PARK, "still strange")
            left = await consumers.list_parked(NAME)
            state = await consumers.get(NAME)

        assert count == (len(chosen) or 3)
        assert sorted(positions(again)) == sorted(chosen or (1, 2, 3))
        assert [(parked.event.position, parked.reason) for parked in left] == [(2, "strange"), (3, "still strange")]
        assert state.checkpoint == 5

    async def test_a_replay_without_members_waits_for_one(self, consumers: ConsumerAdmin) -> None:
        """
        The request is not lost.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.nack([2], Nack.PARK, "strange")
            await worker.ack([1, 3, 4, 5])
        count = await consumers.replay_parked(NAME)
        async with working(consumers) as worker:
            got = await worker.take(1)

        assert (count, positions(got)) == (1, [2])

    async def test_only_wanted_events_are_delivered(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        """
        Unwanted ones do not hold the checkpoint back.
        """
        await consumers.create("picky", replace(POLICY, filter=EventFilter(types=frozenset({"test.Rare"}))))
        await log.append(write("b/1", new("rare", type="test.Rare"), new("common")))
        async with consumers.join("picky", "m") as member:
            worker = Worker(member)
            got = await worker.take(1)
            await worker.ack([6])
            await worker.aclose()
        state = await consumers.get("picky")

        assert positions(got) == [6]
        assert (state.checkpoint, state.lag) == (7, 0)

    async def test_new_events_arrive_while_waiting(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        """
        Without a seam between past and present.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            assert await worker.nothing()
            await log.append(write("a/1", "6"))
            got = await worker.take(1)

        assert positions(got) == [6]

    async def test_what_is_out_is_bounded(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        """
        With all members together.
        """
        await consumers.update(NAME, replace(POLICY, in_flight_max=3))
        async with working(consumers, "one", prefetch=50) as one, working(consumers, "two", prefetch=50) as two:
            got = await either_of(one, two, count=3)
            assert await one.nothing()
            assert await two.nothing()
            held = (await consumers.get(NAME)).in_flight
            await one.ack([got[0].event.position])
            more = await either(one, two)

        assert (held, more.event.position) == (3, 4)

    async def test_an_effect_is_recorded_exactly_once(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        """
        The append that carries the checkpoint acknowledges; a second effect of the same event is refused.
        """

        def effect(position: int, label: str) -> Append:
            write = StreamWrite(stream="effects/1", events=[new(label, event_id=uid())])
            return Append(writes=[write], checkpoint=Checkpoint(consumer=NAME, position=position))

        await consumers.update(NAME, replace(POLICY, filter=EventFilter(category="a")))
        async with working(consumers) as worker:
            await worker.take(5)
            for position in (1, 2, 4):
                await log.append(effect(position, "once"))
            await until_settled(consumers, 2)
            for position in (1, 2, 4):
                with pytest.raises(AlreadyProcessedError):
                    await log.append(effect(position, "twice"))
        async with working(consumers) as worker:
            got = await worker.take(2)
        with pytest.raises(AlreadyProcessedError):
            await log.append(effect(4, "thrice"))

        assert positions(got) == [3, 5]
        assert (await log.stats()).event_count == 8

    async def test_an_append_that_is_repeated_keeps_its_checkpoint(
        self, log: EventLog, consumers: ConsumerAdmin
    ) -> None:
        """
        A retry with the same ids is answered as before, not refused as processed.
        """
        event = new("effect", event_id=uid())
        append = Append(
            writes=[StreamWrite(stream="b/1", events=[event])], checkpoint=Checkpoint(consumer=NAME, position=1)
        )
        first = await log.append(append)
        again = await log.append(append)

        assert (again.events, again.duplicate) == (first.events, True)

    async def test_a_refused_append_acknowledges_nothing(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        """
        All of an append or nothing.
        """
        append = Append(
            writes=[StreamWrite(stream="a/1", events=[new()], expected=99)],
            checkpoint=Checkpoint(consumer=NAME, position=1),
        )
        (refused,) = await log.append_many([append])
        async with working(consumers) as worker:
            got = await worker.take(5)

        assert isinstance(refused, Exception)
        assert positions(got) == [1, 2, 3, 4, 5]

    async def test_a_parked_event_may_have_its_effect_later(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        """
        Being parked is not being processed.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.nack([1], Nack.PARK, "later")
            await worker.ack([2, 3, 4, 5])
            await log.append(Append(writes=[], checkpoint=Checkpoint(consumer=NAME, position=1)))

        assert await consumers.list_parked(NAME) == []

    async def test_a_deleted_consumer_sends_its_members_away(self, consumers: ConsumerAdmin) -> None:
        """
        With an error that says why; a new one of that name begins anew.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.nack([1], Nack.PARK, "strange")
            await consumers.delete(NAME)
            with pytest.raises(UnknownConsumerError):
                await worker.take(1)
        state = await consumers.create(NAME, POLICY)

        assert (state.checkpoint, state.parked) == (0, 0)

    async def test_consumers_are_listed_by_name(self, consumers: ConsumerAdmin) -> None:
        """
        All of them.
        """
        await consumers.create("alpha", POLICY)

        assert [state.name for state in await consumers.list()] == ["alpha", NAME]
