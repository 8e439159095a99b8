"""The failures of the events module that the kernel does not know, one class per ``EventErrorReason`` value."""

from luna.kernel.event_errors import EventLogError


class EventUnknownError(EventLogError):
    """There is no event of that id."""

    reason = "EVENT_ERROR_REASON_EVENT_UNKNOWN"

    def __init__(self, event_id: str) -> None:
        super().__init__(
            f"there is no event {event_id}; its id may be wrong, or retention forgot it", event_id=event_id
        )


class PayloadError(EventLogError):
    """The payload is not what its type says, or its type is unknown."""

    reason = "EVENT_ERROR_REASON_PAYLOAD"

    def __init__(self, type: str, why: str) -> None:
        super().__init__(f"the payload of type {type!r} {why}", type=type)


class ConsumeProtocolError(EventLogError):
    """A member of a consumer spoke out of turn."""

    reason = "EVENT_ERROR_REASON_CONSUME_PROTOCOL"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; send `join` once, as the first message, then only `ack` and `nack`")


class PageTokenError(EventLogError):
    """The page token belongs to another list."""

    reason = "EVENT_ERROR_REASON_PAGE_TOKEN"

    def __init__(self) -> None:
        super().__init__("page_token was not issued for this list; send an empty one for the first page")


class EtagError(EventLogError):
    """The retention policy is no longer the one that was read."""

    reason = "EVENT_ERROR_REASON_ETAG"

    def __init__(self, etag: str) -> None:
        super().__init__(
            f"the retention policy has etag {etag!r} now; read it again and apply the change to what it says", etag=etag
        )


class LeafHashError(EventLogError):
    """An imported event is not the one that was exported."""

    reason = "EVENT_ERROR_REASON_LEAF_HASH"

    def __init__(self, event_id: str) -> None:
        super().__init__(
            f"event {event_id} does not match its leaf hash; it was changed or damaged since it was exported",
            event_id=event_id,
        )
