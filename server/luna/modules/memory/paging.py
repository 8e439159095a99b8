"""Page tokens of lists by id."""

import base64
import binascii
import zlib

from luna.modules.memory.errors import PageTokenError


def page_to(id: str, namespace: str) -> str:
    """Return the token of the page after *id*."""
    return base64.urlsafe_b64encode(_sum(id, namespace) + id.encode()).decode().rstrip("=")


def page_from(token: str, namespace: str) -> str:
    """Return the id after which a page begins, empty for the first.

    Raises:
        PageTokenError: the token was not issued for this namespace.

    """
    if not token:
        return ""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        id = raw[4:].decode()
    except (binascii.Error, ValueError):
        raise PageTokenError from None
    if raw[:4] != _sum(id, namespace):
        raise PageTokenError
    return id


def _sum(id: str, namespace: str) -> bytes:
    return zlib.crc32(f"{namespace}/{id}".encode()).to_bytes(4)
