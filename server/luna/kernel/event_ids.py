"""Event ids as text, as bytes, and as callers chose them."""

from typing import Final

from luna.kernel.events import Append

_ID_BYTES: Final = 16


def measured(append: Append) -> tuple[list[bytes], int]:
    """Return the ids that the caller chose, and the size of the payloads.

    Raises:
        ValueError: an id is not a lower-case UUID.

    """
    ids: list[bytes] = []
    size = 0
    for write in append.writes:
        for new in write.events:
            size += len(new.payload)
            if new.event_id:
                ids.append(id_bytes(new.event_id))
    return ids, size


def id_bytes(event_id: str) -> bytes:
    """Return the 16 bytes of a lower-case UUID.

    Raises:
        ValueError: it is none.

    """
    try:
        raw = bytes.fromhex(event_id.replace("-", ""))
    except ValueError:
        raw = b""
    if len(raw) != _ID_BYTES or id_text(raw) != event_id:
        raise ValueError(f"event_id {event_id!r} is not a lower-case UUID")
    return raw


def is_id(event_id: str) -> bool:
    """Tell whether *event_id* is a lower-case UUID."""
    try:
        id_bytes(event_id)
    except ValueError:
        return False
    return True


def id_text(raw: bytes) -> str:
    """Return the UUID of 16 bytes, in lower case."""
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
