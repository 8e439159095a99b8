"""Loads what server processes are made of, after everything that is more urgent."""

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
_LOOK_SECONDS: Final = 0.05
_GIVE_WAY_SECONDS: Final = 2.0
"""How long others may take before this process goes on beside them."""


def give_way(sockets: Sequence[Path]) -> None:
    """Wait, for a while at most, until there is somebody at each of *sockets*, if processors are few."""
    if len(os.sched_getaffinity(0)) > len(sockets):
        return
    until = time.monotonic() + _GIVE_WAY_SECONDS
    while not all(map(_answers, sockets)) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)


def load(topology: Topology) -> None:
    """Load what any process of *topology* is made of, while all others go first."""
    _weigh(_NICE)
    loading = threading.Thread(target=_load, args=[topology])
    loading.start()
    loading.join()
    _weigh(0)


def _load(topology: Topology) -> None:
    # A thread may become nicer than its process, and there is no way back for either without privileges.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    with doing_without(*UNUSED):
        from luna.app import preload

    preload(topology)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(str(path)) == 0


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
