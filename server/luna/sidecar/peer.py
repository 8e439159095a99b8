"""Finds out which process listens on a Unix socket, and gets hold of that very process.

A pid alone is no hold: the kernel may give it to somebody else at any moment.
A pidfd is, once it is known whose it is:

Rule 1: the kernel says who listens (SO_PEERCRED). Only what runs as the same user, and is not this process, is ours.
Rule 2: where it can, the kernel gives the pidfd of that process itself (SO_PEERPIDFD, Linux 6.5). Where it cannot, one
is opened by pid, and then the process must be seen to hold that socket open.
Rule 3: with the pidfd in hand, the socket is asked again. It must name the same process, and that must still run.
"""

import os
import select
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

_SO_PEERPIDFD: Final = 77
"""Which Python does not know by name yet."""
_CREDENTIALS: Final = struct.Struct("3i")
_DESCRIPTOR: Final = struct.Struct("i")
_LISTENS: Final = 0x10000
"""The flag of a socket that listens, in ``/proc/net/unix``."""
_SOCKETS: Final = Path("/proc/net/unix")


class NobodyError(Exception):
    """Nobody listens there, or not any more."""


class StrangerError(Exception):
    """Whoever listens there is not ours to signal. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A process, and the hold of it, which the caller closes."""

    pid: int
    pidfd: int


Hold: TypeAlias = Callable[[socket.socket, int, Path], int]
"""Returns the pidfd of a process, given a connection to it, its pid, and where it listens."""


def listener(path: Path, *, hold: Hold | None = None) -> Peer:
    """Return the process that listens on *path*.

    Raises:
        NobodyError: there is none at the moment.
        StrangerError: it is not ours.

    """
    with _connected(path) as door:
        pid = _credentials(door)
        pidfd = (hold or by_socket)(door, pid, path)
    try:
        _ask_again(path, pid, pidfd)
    except (NobodyError, StrangerError):
        os.close(pidfd)
        raise
    return Peer(pid=pid, pidfd=pidfd)


def by_socket(door: socket.socket, pid: int, path: Path) -> int:
    """Have the kernel say which process it is.

    Raises:
        NobodyError: it is gone.
        StrangerError: that cannot be told.

    """
    try:
        said = door.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD, _DESCRIPTOR.size)
    except ProcessLookupError as error:
        raise NobodyError from error
    except OSError:
        return by_pid(door, pid, path)
    return int(_DESCRIPTOR.unpack(said)[0])


def by_pid(door: socket.socket, pid: int, path: Path) -> int:
    """Take the process with that pid, if it is the one that listens.

    Raises:
        NobodyError: it is gone.
        StrangerError: it is another one.

    """
    del door
    try:
        pidfd = os.pidfd_open(pid)
    except OSError as error:
        raise NobodyError from error
    if not _holds(pid, path):
        os.close(pidfd)
        raise StrangerError(f"process {pid} does not hold {path}")
    return pidfd


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(0)
        try:
            door.connect(str(path))
        except OSError as error:
            raise NobodyError from error
        yield door


def _credentials(door: socket.socket) -> int:
    said = door.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(said)
    if pid <= 0:
        raise StrangerError("its pid cannot be seen from here; on Kubernetes that takes shareProcessNamespace: true")
    if uid != os.getuid():
        raise StrangerError(f"process {pid} runs as user {uid}, and this one as user {os.getuid()}")
    if pid == os.getpid():
        raise StrangerError(f"process {pid} is the sidecar itself")
    return int(pid)


def _ask_again(path: Path, pid: int, pidfd: int) -> None:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    with _connected(path) as door:
        # What has ended can be read from.
        if _credentials(door) != pid or poll.poll(0):
            raise NobodyError


def _holds(pid: int, path: Path) -> bool:
    """Tell whether a process has the socket open that listens on *path*."""
    try:
        rows = [line.split() for line in _SOCKETS.read_text().splitlines()[1:]]
        inodes = {row[6] for row in rows if row[7:] == [str(path)] and int(row[3], 16) & _LISTENS}
        held = {os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()}  # noqa: PTH115  not a path
    except OSError:
        return False
    return any(f"socket:[{inode}]" in held for inode in inodes)
