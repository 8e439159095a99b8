"""Manages the consumers of the log."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from arkalia.events.v1 import consumer_pb2 as pb
from arkalia.events.v1 import event_service_pb2 as rpc

from luna.kernel.consumers import ConsumerAdmin, ConsumerPolicy, ConsumerState, Parked
from luna.kernel.times import duration, seconds_of, timestamp
from luna.modules.events.errors import PageTokenError
from luna.modules.events.reading import cuts
from luna.modules.events.translate import fill, filter_from, filter_to

PAGE_SIZE: Final = 50
_DEFAULT: Final = ConsumerPolicy()


class ConsumerDesk:
    """Answers what people ask about consumers."""

    def __init__(self, consumers: ConsumerAdmin) -> None:
        self._consumers = consumers

    async def create(self, request: rpc.CreateConsumerRequest) -> rpc.CreateConsumerResponse:
        """Create a consumer, or return it as it is."""
        return rpc.CreateConsumerResponse(
            consumer=_consumer(await self._consumers.create(request.name, policy_from(request.policy)))
        )

    async def update(self, request: rpc.UpdateConsumerRequest) -> rpc.UpdateConsumerResponse:
        """Replace a policy."""
        return rpc.UpdateConsumerResponse(
            consumer=_consumer(await self._consumers.update(request.name, policy_from(request.policy)))
        )

    async def get(self, request: rpc.GetConsumerRequest) -> rpc.GetConsumerResponse:
        """Return a consumer."""
        return rpc.GetConsumerResponse(consumer=_consumer(await self._consumers.get(request.name)))

    async def delete(self, request: rpc.DeleteConsumerRequest) -> rpc.DeleteConsumerResponse:
        """Forget a consumer."""
        await self._consumers.delete(request.name)
        return rpc.DeleteConsumerResponse()

    async def page(self, request: rpc.ListConsumersRequest) -> rpc.ListConsumersResponse:
        """Return a page of consumers, in the order of their names."""
        after = _read_token("consumers", request.page_token)
        size = request.page_size or PAGE_SIZE
        found = [state for state in await self._consumers.list() if state.name > after]
        more = len(found) > size
        return rpc.ListConsumersResponse(
            consumers=[_consumer(state) for state in found[:size]],
            next_page_token=_token("consumers", found[size - 1].name) if more else "",
        )

    async def parked(self, request: rpc.ListParkedRequest) -> rpc.ListParkedResponse:
        """Return a page of parked events that fits into a message, oldest first."""
        kind = f"parked/{request.consumer}"
        after = _position(_read_token(kind, request.page_token))
        size = request.page_size or PAGE_SIZE
        found = await self._consumers.list_parked(request.consumer, after=after, limit=size + 1)
        shown = _fitting(found[:size])
        response = rpc.ListParkedResponse(
            next_page_token=_token(kind, str(shown[-1].event.position)) if len(shown) < len(found) else ""
        )
        for parked in shown:
            entry = response.events.add(
                attempts=parked.attempts, reason=parked.reason, park_time=timestamp(parked.parked_ns)
            )
            fill(entry.event, parked.event)
        return response

    async def replay(self, request: rpc.ReplayParkedRequest) -> rpc.ReplayParkedResponse:
        """Hand parked events out again."""
        count = await self._consumers.replay_parked(request.consumer, list(request.positions))
        return rpc.ReplayParkedResponse(replayed_count=count)


def policy_from(message: pb.ConsumerPolicy) -> ConsumerPolicy:
    """Read a policy, with defaults where it is silent."""
    return ConsumerPolicy(
        filter=filter_from(message.filter),
        after=message.after_position,
        ack_seconds=seconds_of(message.ack_timeout) if message.HasField("ack_timeout") else _DEFAULT.ack_seconds,
        deliveries_max=message.deliveries_max or _DEFAULT.deliveries_max,
        backoff_seconds=[seconds_of(wait) for wait in message.backoff] or _DEFAULT.backoff_seconds,
        in_flight_max=message.in_flight_max or _DEFAULT.in_flight_max,
    )


def _consumer(state: ConsumerState) -> pb.Consumer:
    policy = state.policy
    return pb.Consumer(
        name=state.name,
        policy=pb.ConsumerPolicy(
            filter=filter_to(policy.filter),
            after_position=policy.after,
            ack_timeout=duration(policy.ack_seconds),
            deliveries_max=policy.deliveries_max,
            backoff=[duration(wait) for wait in policy.backoff_seconds],
            in_flight_max=policy.in_flight_max,
        ),
        checkpoint=state.checkpoint,
        lag=state.lag,
        in_flight_count=state.in_flight,
        waiting_count=state.waiting,
        parked_count=state.parked,
        members=state.members,
    )


def _fitting(found: Sequence[Parked]) -> Sequence[Parked]:
    end = next(cuts([parked.event for parked in found], len(found)), len(found))
    return found[:end]


def _token(kind: str, last: str) -> str:
    return base64.urlsafe_b64encode(f"{kind}\n{last}".encode()).decode().rstrip("=")


def _read_token(kind: str, token: str) -> str:
    """Return what the last page ended with, empty for the first page.

    Raises:
        PageTokenError: the token is not one of this list.

    """
    if not token:
        return ""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise PageTokenError from None
    found, separator, last = text.partition("\n")
    if found != kind or not separator:
        raise PageTokenError
    return last


def _position(last: str) -> int:
    if last and not last.isdecimal():
        raise PageTokenError
    return int(last or "0")
