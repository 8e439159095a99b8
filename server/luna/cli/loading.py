"""Loads what server processes are made of, after everything that is more urgent."""

import os
import threading
import time
from pathlib import Path
from typing import Final

from luna.sidecar.frugal import UNUSED, doing_without
from luna.topology import Topology

_NICE: Final = 5
_AUTOGROUP: Final = Path("/proc/self/autogroup")
"""Where the kernel weighs sessions against each other, the weight of one is here. Every process of a node is one."""
_TRIES: Final = 20
_TRY_SECONDS: Final = 0.05


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
