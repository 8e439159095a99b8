"""Translates consumers between the kernel and the contract, on the side that calls the log."""

from arkalia.events.v1 import consumer_pb2 as pb

from luna.kernel.consumers import ConsumerPolicy, ConsumerState
from luna.kernel.times import duration, seconds_of
from luna.transport.remote_log_messages import filter_from, filter_to


def policy_to(policy: ConsumerPolicy) -> pb.ConsumerPolicy:
    """Spell a policy."""
    return pb.ConsumerPolicy(
        filter=filter_to(policy.filter),
        after_position=policy.after,
        ack_timeout=duration(policy.ack_seconds),
        deliveries_max=policy.deliveries_max,
        backoff=[duration(wait) for wait in policy.backoff_seconds],
        in_flight_max=policy.in_flight_max,
    )


def policy_from(message: pb.ConsumerPolicy) -> ConsumerPolicy:
    """Read a policy."""
    return ConsumerPolicy(
        filter=filter_from(message.filter),
        after=message.after_position,
        ack_seconds=seconds_of(message.ack_timeout),
        deliveries_max=message.deliveries_max,
        backoff_seconds=tuple(seconds_of(wait) for wait in message.backoff),
        in_flight_max=message.in_flight_max,
    )


def state_from(message: pb.Consumer) -> ConsumerState:
    """Read where a consumer stands."""
    return ConsumerState(
        name=message.name,
        policy=policy_from(message.policy),
        checkpoint=message.checkpoint,
        lag=message.lag,
        in_flight=message.in_flight_count,
        waiting=message.waiting_count,
        parked=message.parked_count,
        members=list(message.members),
    )
