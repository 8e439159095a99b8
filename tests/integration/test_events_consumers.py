"""What a member of a consumer sees, and what people see of consumers."""

import asyncio
from collections.abc import Sequence
from typing import Self

import grpc.aio
import pytest
from arkalia.events.v1 import consumer_pb2 as pb
from arkalia.events.v1 import event_pb2
from arkalia.events.v1 import event_service_pb2 as rpc
from google.protobuf.duration_pb2 import Duration

from tests.integration.events_server import Stub, receive
from tests.integration.test_events_service import append, event, reason_of, stub

__all__ = ["stub"]


class Joined:
    """A member, as a client writes it."""

    def __init__(self, stub: Stub, consumer: str, member: str, prefetch: int = 64) -> None:
        self.call = stub.Consume()
        self._join = rpc.ConsumeJoin(consumer=consumer, member=member, prefetch=prefetch)

    async def __aenter__(self) -> Self:
        await self.call.write(rpc.ConsumeRequest(join=self._join))
        await self.call.read()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.call.done_writing()
        async with asyncio.timeout(5):
            while await self.call.read() is not grpc.aio.EOF:
                pass

    async def take(self, count: int) -> Sequence[pb.Delivery]:
        taken: list[pb.Delivery] = []
        async with asyncio.timeout(5):
            while len(taken) < count:
                taken += (await receive(self.call)).deliveries
        return taken

    async def ack(self, *positions: int) -> None:
        await self.call.write(rpc.ConsumeRequest(ack=rpc.ConsumeAck(positions=positions)))

    async def nack(self, position: int, action: pb.NackAction, reason: str = "") -> None:
        nack = rpc.ConsumeNack(positions=[position], action=action, reason=reason)
        await self.call.write(rpc.ConsumeRequest(nack=nack))

    async def settled(self, count: int) -> None:
        async with asyncio.timeout(5):
            while (await receive(self.call)).settled_count < count:
                pass


@pytest.fixture
async def five(stub: Stub) -> Stub:
    await stub.Append(append("a/b", *(event(n) for n in range(5))))
    policy = pb.ConsumerPolicy(backoff=[Duration(nanos=1_000_000)], deliveries_max=2)
    await stub.CreateConsumer(rpc.CreateConsumerRequest(name="c", policy=policy))
    return stub


async def _consumer(stub: Stub) -> pb.Consumer:
    return (await stub.GetConsumer(rpc.GetConsumerRequest(name="c"))).consumer


async def test_events_are_delivered_and_settled(five: Stub) -> None:
    """
    And the consumer says where it stands.
    """
    async with Joined(five, "c", "m") as member:
        taken = await member.take(5)
        before = await _consumer(five)
        await member.ack(1, 2, 3)
        await member.settled(1)
        after = await _consumer(five)

    assert [delivery.event.position for delivery in taken] == [1, 2, 3, 4, 5]
    assert {delivery.attempt for delivery in taken} == {1}
    assert (before.checkpoint, before.lag, before.in_flight_count, list(before.members)) == (0, 5, 5, ["m"])
    assert (after.checkpoint, after.lag, after.in_flight_count) == (3, 2, 2)
    assert not (await _consumer(five)).members


async def test_what_a_member_held_goes_to_the_next(five: Stub) -> None:
    """
    Nothing is lost when a member leaves.
    """
    async with Joined(five, "c", "first") as member:
        await member.take(5)
        await member.ack(1)
        await member.settled(1)
    async with Joined(five, "c", "second") as member:
        taken = await member.take(4)

    assert [delivery.event.position for delivery in taken] == [2, 3, 4, 5]


async def test_a_member_that_hangs_up_hands_back(five: Stub) -> None:
    """
    A cut connection is as good as a goodbye.
    """
    rude = await Joined(five, "c", "rude").__aenter__()
    await rude.take(5)
    rude.call.cancel()
    async with Joined(five, "c", "next") as member:
        taken = await member.take(5)

    assert [delivery.event.position for delivery in taken] == [1, 2, 3, 4, 5]


async def test_refused_events_are_tried_again_then_parked_then_replayed(five: Stub) -> None:
    """
    With the words of the member that gave up.
    """
    async with Joined(five, "c", "m") as member:
        await member.take(5)
        await member.ack(2, 3, 4, 5)
        await member.nack(1, pb.NACK_ACTION_RETRY, "not now")
        (again,) = await member.take(1)
        await member.nack(1, pb.NACK_ACTION_UNSPECIFIED, "not ever")
        await member.settled(3)
        parked = await five.ListParked(rpc.ListParkedRequest(consumer="c"))
        replayed = await five.ReplayParked(rpc.ReplayParkedRequest(consumer="c"))
        (fresh,) = await member.take(1)

    assert (again.event.position, again.attempt) == (1, 2)
    assert [(it.event.position, it.attempts, it.reason) for it in parked.events] == [(1, 2, "not ever")]
    assert parked.events[0].park_time.seconds > 0
    assert replayed.replayed_count == 1
    assert (fresh.event.position, fresh.attempt) == (1, 1)


async def test_lists_come_in_pages(five: Stub) -> None:
    """
    And a token works only for the list that it came from.
    """
    for name in ("a", "b", "d"):
        await five.CreateConsumer(rpc.CreateConsumerRequest(name=name))
    async with Joined(five, "c", "m") as member:
        await member.take(5)
        for position in range(1, 6):
            await member.nack(position, pb.NACK_ACTION_PARK)
        await member.settled(5)
    first = await five.ListConsumers(rpc.ListConsumersRequest(page_size=3))
    second = await five.ListConsumers(rpc.ListConsumersRequest(page_size=3, page_token=first.next_page_token))
    parked = await five.ListParked(rpc.ListParkedRequest(consumer="c", page_size=3))
    rest = await five.ListParked(rpc.ListParkedRequest(consumer="c", page_size=3, page_token=parked.next_page_token))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await five.ListConsumers(rpc.ListConsumersRequest(page_token=parked.next_page_token))

    assert [consumer.name for consumer in first.consumers] == ["a", "b", "c"]
    assert [consumer.name for consumer in second.consumers] == ["d"]
    assert not second.next_page_token
    assert [it.event.position for it in parked.events] == [1, 2, 3]
    assert [it.event.position for it in rest.events] == [4, 5]
    assert not rest.next_page_token
    assert reason_of(caught.value).reason == "EVENT_ERROR_REASON_PAGE_TOKEN"


async def test_a_policy_is_kept_and_can_be_replaced(five: Stub) -> None:
    """
    What was left out has its default.
    """
    created = await _consumer(five)
    policy = pb.ConsumerPolicy(filter=event_pb2.EventFilter(category="x"), ack_timeout=Duration(seconds=3))
    updated = (await five.UpdateConsumer(rpc.UpdateConsumerRequest(name="c", policy=policy))).consumer

    assert created.policy.deliveries_max == 2
    assert created.policy.ack_timeout.seconds == 30
    assert updated.policy.filter.category == "x"
    assert updated.policy.ack_timeout.seconds == 3
    assert updated.policy.deliveries_max == 10


@pytest.mark.parametrize("join", [rpc.ConsumeJoin(consumer="nobody", member="m")])
async def test_an_unknown_consumer_cannot_be_joined(stub: Stub, join: rpc.ConsumeJoin) -> None:
    """
    The error says how to create it.
    """
    call = stub.Consume()
    await call.write(rpc.ConsumeRequest(join=join))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert reason_of(caught.value).reason == "EVENT_ERROR_REASON_CONSUMER_UNKNOWN"


async def test_a_deleted_consumer_sends_its_members_away(five: Stub) -> None:
    """
    They learn why.
    """
    async with asyncio.timeout(5):
        member = await Joined(five, "c", "m").__aenter__()
        await member.take(5)
        await five.DeleteConsumer(rpc.DeleteConsumerRequest(name="c"))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await _end_of(member.call)

    assert reason_of(caught.value).reason == "EVENT_ERROR_REASON_CONSUMER_UNKNOWN"


@pytest.mark.parametrize("_round", range(5))
async def test_members_join_once_and_first(five: Stub, _round: int) -> None:
    """
    Whoever does not is told what to send, every time.
    """
    join = rpc.ConsumeRequest(join=rpc.ConsumeJoin(consumer="c", member="m"))
    early = five.Consume()
    await early.write(rpc.ConsumeRequest(ack=rpc.ConsumeAck(positions=[1])))
    with pytest.raises(grpc.aio.AioRpcError) as too_early:
        await early.read()
    twice = five.Consume()
    await twice.write(join)
    await twice.read()
    await twice.write(join)
    with pytest.raises(grpc.aio.AioRpcError) as again:
        await _end_of(twice)

    assert reason_of(too_early.value).reason == "EVENT_ERROR_REASON_CONSUME_PROTOCOL"
    assert reason_of(again.value).reason == "EVENT_ERROR_REASON_CONSUME_PROTOCOL"


async def _end_of(call: "grpc.aio.StreamStreamCall[rpc.ConsumeRequest, rpc.ConsumeResponse]") -> None:
    while await call.read() is not grpc.aio.EOF:
        pass
