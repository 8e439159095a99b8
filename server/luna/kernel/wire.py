"""Spells large fields of messages without copying what is in them, as the library does for each message around it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_LENGTH_DELIMITED: Final = 2


def field(number: int, *parts: bytes) -> Iterator[bytes]:
    """Yield what spells a field of bytes, or of a message that *parts* spell together."""
    yield head(number, sum(map(len, parts)))
    yield from parts


@lru_cache(maxsize=4096)
def head(number: int, size: int) -> bytes:
    """Return what comes before the *size* bytes of such a field."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(size)


def _varint(number: int) -> bytes:
    spelled = bytearray()
    while number >> 7:
        spelled.append(number & 0x7F | 0x80)
        number >>= 7
    spelled.append(number)
    return bytes(spelled)
