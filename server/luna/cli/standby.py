"""Waits, with everything loaded, to take the place of a server process that fell.

Nothing is made before the role is known: no event loop, no thread, no channel.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from luna.sidecar.frugal import UNUSED, doing_without
from luna.topology import Topology

_NICE: Final = 5
_AUTOGROUP: Final = Path("/proc/self/autogroup")
"""Where the kernel weighs sessions against each other, the weight of one is here. Every process of a node is one."""
_TRIES: Final = 20
_TRY_SECONDS: Final = 0.05
_ROLE_BYTES_MAX: Final = 64 * 1024


def stand_by(path: Path, topology: Topology) -> Sequence[str]:
    """Load everything, wait at *path* for a role, and return it: the arguments of ``serve``."""
    _weigh(_NICE)
    loading = threading.Thread(target=_load, args=[topology])
    loading.start()
    loading.join()
    _weigh(0)
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


def _load(topology: Topology) -> None:
    # A thread may become nicer than its process, and there is no way back for either without privileges.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    with doing_without(*UNUSED):
        from luna.app import preload

    preload(topology)


def _weigh(nice: int) -> None:
    """Let other processes go first, or not any more."""
    for _ in range(_TRIES):
        try:
            _AUTOGROUP.write_text(str(nice))
        except BlockingIOError:
            # So often, and not more, may that be changed on a machine.
            time.sleep(_TRY_SECONDS)
        except OSError:
            return
        else:
            return


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
