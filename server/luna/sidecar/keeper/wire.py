"""What the keeper and its sidecar say to each other: one JSON object a packet, with descriptors beside it."""

import json
import os
import socket
import sys

LINK = 3
"""The descriptor on which a sidecar finds its end of the link to the keeper."""
MESSAGE_BYTES_MAX = 128 * 1024
DESCRIPTORS_MAX = 128

_INT_BYTES = 4

Message = dict[str, object]


class MalformedError(Exception):
    """What arrived is not a message."""


class HungUpError(Exception):
    """There is nobody at the other end any more."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a new link."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one.settimeout(0)
    other.settimeout(0)
    return one, other


def send(link: socket.socket, message: Message, descriptors: list[int] | None = None) -> None:
    """Send one message, and a copy of each of *descriptors*.

    Raises:
        BlockingIOError: the other end has a lot to read first.
        HungUpError: there is nobody at the other end.
        MalformedError: it is too large.

    """
    packet = json.dumps(message).encode()
    if len(packet) > MESSAGE_BYTES_MAX or len(descriptors or ()) > DESCRIPTORS_MAX:
        raise MalformedError(f"a message of {len(packet)} bytes is too large")
    rights = b"".join(each.to_bytes(_INT_BYTES, sys.byteorder) for each in descriptors or ())
    try:
        link.sendmsg([packet], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if rights else [])
    except (BrokenPipeError, ConnectionResetError) as error:
        raise HungUpError from error


def receive(link: socket.socket) -> tuple[Message, list[int]]:
    """Take the next message, and the descriptors that came with it.

    Raises:
        BlockingIOError: there is none yet.
        HungUpError: there will be none.
        MalformedError: it is not a message. The next one may be.

    """
    room = socket.CMSG_SPACE(DESCRIPTORS_MAX * _INT_BYTES)
    try:
        packet, beside, flags, _ = link.recvmsg(MESSAGE_BYTES_MAX, room, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError as error:
        raise HungUpError from error
    if not packet:
        raise HungUpError
    try:
        return _parsed(packet, flags), _descriptors(beside)
    except MalformedError:
        close(_descriptors(beside))
        raise


def close(descriptors: list[int]) -> None:
    """Close descriptors that nobody wants."""
    for each in descriptors:
        socket.close(each)


def text(message: Message, name: str) -> str:
    """Return a field that must be text.

    Raises:
        MalformedError: it is not.

    """
    value = message.get(name)
    if not isinstance(value, str) or not _is_name(value):
        raise MalformedError(f"{name} must be text, it is {value!r:.100}")
    return value


def texts(message: Message, name: str) -> list[str]:
    """Return a field that must be a list of text, and not empty.

    Raises:
        MalformedError: it is not.

    """
    value = message.get(name)
    if not isinstance(value, list) or not value or not all(_is_name(each) for each in value):
        raise MalformedError(f"{name} must be a list of text, it is {value!r:.100}")
    return value


def table(message: Message, name: str) -> Message:
    """Return a field that must be an object; an empty one where there is none.

    Raises:
        MalformedError: it is not.

    """
    value = message.get(name, {})
    if not isinstance(value, dict):
        raise MalformedError(f"{name} must be an object, it is {value!r:.100}")
    return value


def _is_name(value: object) -> bool:
    """Tell whether *value* is text that the system can take."""
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def _parsed(packet: bytes, flags: int) -> Message:
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        raise MalformedError("it is too large")
    try:
        message = json.loads(packet)
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from error
    if not isinstance(message, dict):
        raise MalformedError("it is not an object")
    return message


def _descriptors(beside: list[tuple[int, int, bytes]]) -> list[int]:
    return [
        int.from_bytes(data[begin : begin + _INT_BYTES], sys.byteorder)
        for level, kind, data in beside
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        for begin in range(0, len(data) - len(data) % _INT_BYTES, _INT_BYTES)
    ]
