"""How events of a consumer are handed out, as tests that every adapter must pass."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from luna.kernel.consumers import ConsumerAdmin, ConsumerPolicy, Nack
from luna.kernel.event_errors import UnknownConsumerError
from luna.kernel.event_log import EventLog
from luna.kernel.events import EventFilter
from tests.contract.consumers_words import NAME, POLICY, either, positions, working
from tests.contract.event_log_words import write
from tests.fakes import FakeClock


class DeliveryContract:
    """Subclass me and give me ``log``, ``consumers`` upon it, and the ``clock`` of both."""

    @pytest.fixture(autouse=True)
    async def five_events(self, log: EventLog, consumers: ConsumerAdmin) -> None:
        await log.append(write("a/1", *map(str, range(1, 6))))
        await consumers.create(NAME, POLICY)

    async def test_creating_again_changes_nothing(self, consumers: ConsumerAdmin) -> None:
        """
        The consumer is returned as it is.
        """
        state = await consumers.create(NAME, replace(POLICY, deliveries_max=9, after=3))

        assert state.policy == POLICY
        assert (state.checkpoint, state.lag) == (0, 5)

    async def test_a_policy_survives_being_stored(self, consumers: ConsumerAdmin) -> None:
        """
        With every field of its filter.
        """
        wanted = EventFilter(
            stream="a/1", category="a", types=frozenset({"x", "y"}), sources=frozenset({"s"}), since_ns=1, until_ns=9
        )
        policy = ConsumerPolicy(filter=wanted, after=2, ack_seconds=1.5, backoff_seconds=(0.1, 0.2), in_flight_max=7)
        await consumers.create("other", policy)
        state = await consumers.get("other")

        assert (state.policy, state.checkpoint) == (policy, 2)

    async def test_an_unknown_consumer_is_refused(self, consumers: ConsumerAdmin) -> None:
        """
        In every way of asking for it.
        """
        with pytest.raises(UnknownConsumerError):
            async with consumers.join("nobody", "m"):
                pass
        for asking in (
            consumers.get("nobody"),
            consumers.update("nobody", POLICY),
            consumers.delete("nobody"),
            consumers.list_parked("nobody"),
            consumers.replay_parked("nobody"),
        ):
            with pytest.raises(UnknownConsumerError):
                await asking

    async def test_acknowledging_moves_the_checkpoint(self, consumers: ConsumerAdmin) -> None:
        """
        As far as everything below is settled, and no further.
        """
        async with working(consumers) as worker:
            got = await worker.take(5)
            await worker.ack([1, 2, 4])
            state = await consumers.get(NAME)

        assert positions(got) == [1, 2, 3, 4, 5]
        assert {delivery.attempt for delivery in got} == {1}
        assert (state.checkpoint, state.in_flight, state.lag, state.members) == (2, 2, 3, ["m"])

    async def test_what_is_settled_is_not_delivered_again(self, consumers: ConsumerAdmin) -> None:
        """
        Neither below the checkpoint nor above it; the rest comes as a second attempt.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.ack([1, 2, 4])
        async with working(consumers) as worker:
            got = await worker.take(2)

        assert [(delivery.event.position, delivery.attempt) for delivery in got] == [(3, 2), (5, 2)]

    async def test_members_share_the_work(self, consumers: ConsumerAdmin) -> None:
        """
        No event is with two of them, and nobody holds more than asked for.
        """
        async with working(consumers, "one", prefetch=2) as one, working(consumers, "two", prefetch=2) as two:
            first, second = await one.take(2), await two.take(2)
            held = (await consumers.get(NAME)).in_flight
            await one.ack(positions(first))
            rest = await one.take(1)

        assert (len(first), len(second), held) == (2, 2, 4)
        assert sorted(positions(first + second + rest)) == [1, 2, 3, 4, 5]

    async def test_two_members_of_one_name_are_two_members(self, consumers: ConsumerAdmin) -> None:
        """
        One that reconnects may still be here.
        """
        async with working(consumers, "m", prefetch=1) as one, working(consumers, "m", prefetch=1) as two:
            got = positions(await one.take(1) + await two.take(1))
            members = (await consumers.get(NAME)).members

        assert sorted(got) == [1, 2]
        assert len(members) == 2

    async def test_leaving_hands_back(self, consumers: ConsumerAdmin) -> None:
        """
        To whoever else is there, at once.
        """
        async with AsyncExitStack() as leaving:
            goes = await leaving.enter_async_context(working(consumers, "goes", prefetch=3))
            async with working(consumers, "stays", prefetch=3) as stays:
                handed = await goes.take(1)
                kept = await stays.take(5 - len(handed))
                await leaving.aclose()
                await stays.ack(positions(kept))
                again = await stays.take(len(handed))
                state = await consumers.get(NAME)

        assert sorted(positions(handed + kept)) == [1, 2, 3, 4, 5]
        assert [(delivery.event, delivery.attempt) for delivery in again] == [(d.event, 2) for d in handed]
        assert (state.members, state.in_flight) == (["stays"], len(handed))

    async def test_an_event_that_is_not_acknowledged_goes_to_another(
        self, consumers: ConsumerAdmin, clock: FakeClock
    ) -> None:
        """
        Once its time is up, and not before.
        """
        async with working(consumers, "slow", prefetch=1) as slow, working(consumers, "fast", prefetch=5) as fast:
            (held,) = await slow.take(1)
            others = await fast.take(4)
            await fast.ack(positions(others))
            clock.advance(29)
            assert await fast.nothing()
            clock.advance(2)
            async with asyncio.timeout(5):
                again = await either(slow, fast)

        assert (again.event, again.attempt) == (held.event, 2)

    async def test_a_retry_waits(self, consumers: ConsumerAdmin, clock: FakeClock) -> None:
        """
        Longer each time.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.ack([2, 3, 4, 5])
            for attempt, wait in ((2, 1.0), (3, 5.0)):
                await worker.nack([1], Nack.RETRY, "not yet")
                assert (await consumers.get(NAME)).waiting == 1
                clock.advance(wait - 0.5)
                assert await worker.nothing()
                clock.advance(0.6)
                (again,) = await worker.take(1)

                assert (again.event.position, again.attempt) == (1, attempt)

    async def test_an_event_that_fails_too_often_is_parked(self, consumers: ConsumerAdmin, clock: FakeClock) -> None:
        """
        The rest goes on, and the checkpoint passes it.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.ack([2, 3, 4, 5])
            for _ in range(2):
                await worker.nack([1], Nack.RETRY, "broken")
                clock.advance(10)
                await worker.take(1)
            await worker.nack([1], Nack.RETRY, "broken for good")
            state = await consumers.get(NAME)
            (parked,) = await consumers.list_parked(NAME)

        assert (state.parked, state.checkpoint, state.lag) == (1, 5, 0)
        assert (parked.event.position, parked.attempts, parked.reason) == (1, 3, "broken for good")
        assert parked.parked_ns == clock.wall_ns()

    async def test_park_and_skip_settle_at_once(self, consumers: ConsumerAdmin) -> None:
        """
        One is kept aside, the other is not.
        """
        async with working(consumers) as worker:
            await worker.take(5)
            await worker.nack([1, 3], Nack.PARK, "strange")
            await worker.nack([2], Nack.SKIP, "boring")
            state = await consumers.get(NAME)
            first = await consumers.list_parked(NAME, limit=1)
            second = await consumers.list_parked(NAME, after=first[-1].event.position, limit=1)

        assert (state.checkpoint, state.parked) == (3, 2)
        assert [parked.event.position for parked in (*first, *second)] == [1, 3]
