"""Checks that a payload is what its type says, by the contracts that this process has loaded."""

from functools import lru_cache
from typing import Final

from google.protobuf import (  # noqa: F401  loading them makes the well-known types payloads
    any_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.message import DecodeError, Message

from luna.modules.events.errors import PayloadError

PACKAGES: Final = ("arkalia.", "google.protobuf.")
BYTES_MAX: Final = 3 * 1024 * 1024
"""Small enough that an event fits into one message on its way out as well."""


def check(type: str, payload: bytes) -> None:
    """Make sure that *payload* is a message of *type*.

    Raises:
        PayloadError: the type is unknown, the bytes are of another type, or there are too many.

    """
    if len(payload) > BYTES_MAX:
        raise PayloadError(type, f"has {len(payload)} bytes, more than {BYTES_MAX}; keep large things elsewhere")
    try:
        _class_of(type).FromString(payload)
    except KeyError:
        raise PayloadError(type, "is not known to this node; use a type of its contract") from None
    except DecodeError:
        raise PayloadError(type, "cannot be parsed as that type") from None


@lru_cache(maxsize=4096)
def _class_of(type: str) -> type[Message]:
    if not type.startswith(PACKAGES):
        raise KeyError(type)
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(type))
