"""Resume tokens: an opaque place in one particular log."""

import base64
import binascii
import struct
import zlib
from typing import Final
from uuid import UUID

from luna.kernel.errors import DomainError

_LAYOUT: Final = struct.Struct(">B16sQ")
_CRC: Final = struct.Struct(">I")
_VERSION: Final = 1


class ResumeTokenError(DomainError):
    """The token does not name a place in this log."""

    domain = "events.arkalia.dev"
    reason = "EVENT_ERROR_REASON_RESUME_TOKEN"

    def __init__(self, why: str) -> None:
        super().__init__(f"resume_token {why}; send an empty one to start over")


def issue(log_id: str, position: int) -> str:
    """Return the token that resumes just after *position*."""
    body = _LAYOUT.pack(_VERSION, UUID(log_id).bytes, position)
    return base64.urlsafe_b64encode(body + _CRC.pack(zlib.crc32(body))).decode().rstrip("=")


def redeem(token: str, log_id: str) -> int:
    """Return the position that *token* stands for.

    Raises:
        ResumeTokenError: it is garbled, or was issued by another log.

    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        body, crc = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
        version, issuer, position = _LAYOUT.unpack(body)
    except (binascii.Error, struct.error, ValueError):
        raise ResumeTokenError("is garbled") from None
    if crc != _CRC.pack(zlib.crc32(body)) or version != _VERSION:
        raise ResumeTokenError("is garbled")
    if issuer != UUID(log_id).bytes:
        raise ResumeTokenError("was issued by another node")
    return int(position)
