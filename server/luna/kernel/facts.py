"""Makes events of the messages in which modules spell their facts."""

from collections.abc import Iterable

from google.protobuf.message import Message

from luna.kernel.context import current_call
from luna.kernel.events import NewEvent


def event_of(
    message: Message, *, source: str, time_ns: int, event_id: str = "", more: Iterable[bytes] = ()
) -> NewEvent:
    """Return the event that records *message*, and what spells *more* of its fields, on behalf of the present call."""
    call = current_call()
    return NewEvent(
        type=message.DESCRIPTOR.full_name,
        payload=b"".join((message.SerializeToString(deterministic=True), *more)),
        event_id=event_id,
        source=source,
        time_ns=time_ns,
        correlation_id=call.correlation_id,
        trace_id=call.trace_id,
    )
