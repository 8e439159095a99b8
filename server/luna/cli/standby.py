"""Waits, with everything loaded, to take the place of a server process that fell.

Nothing is made before the role is known: no event loop, no thread, no channel.
"""

import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from luna.cli.loading import load
from luna.topology import Topology

_ROLE_BYTES_MAX: Final = 64 * 1024


def stand_by(path: Path, topology: Topology) -> Sequence[str]:
    """Load everything, wait at *path* for a role, and return it: the arguments of ``serve``."""
    load(topology)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        # For the node's own user, as every socket of it.
        before = os.umask(0o177)
        door.bind(str(path))
        os.umask(before)
        door.listen(1)
        role = None
        while role is None:
            role = _hear(door)
    arguments, log = role
    _write_to(log)
    path.unlink(missing_ok=True)
    return arguments


def _hear(door: socket.socket) -> tuple[list[str], str] | None:
    """Take a role from whoever comes, and say so. ``None``: it was none."""
    guest, _ = door.accept()
    with guest:
        guest.settimeout(1.0)
        try:
            told = json.loads(guest.recv(_ROLE_BYTES_MAX))
            role = [str(argument) for argument in told["arguments"]], str(told["log"])
            guest.sendall(b"ok")
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return role


def _write_to(log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
