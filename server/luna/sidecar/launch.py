"""Turns this process into the keeper of a node: what ``arkalia up`` ends with."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from luna.settings import Settings
from luna.sidecar.node_lock import node_lock
from luna.sidecar.places import clear_sockets, lock_path, prepare, run_directory
from luna.sidecar.ports import check_ports
from luna.sidecar.start_errors import StartError

STOP_MARGIN_SECONDS: Final = 5.0
"""How much longer than its drain a process may take to end."""
_KEEPER: Final = str(Path(__file__).with_name("keeper"))


def launch(settings: Settings, sidecar: Sequence[str], *, endpoint: str, mesh: bool = True) -> int:
    """Make sure that a node can run, and become the keeper that runs *sidecar*. Return only if it cannot.

    What is done here is done once in the life of a node, and not again when the sidecar is started again.
    """
    try:
        prepare(settings)
        lock = node_lock(lock_path(settings), endpoint=endpoint)
        if mesh:
            check_ports(settings)
    except StartError as error:
        sys.stderr.write(f"arkalia: {error}\n")
        return error.code
    clear_sockets(run_directory(settings))
    os.set_inheritable(lock, True)  # noqa: FBT003  its only way
    seconds = settings.drain_seconds + STOP_MARGIN_SECONDS
    command = keeper_command(str(lock), str(seconds), *sidecar)
    return os.execv(command[0], command)  # noqa: S606  there is nothing in it that a shell would read


def keeper_command(*arguments: str) -> list[str]:
    """Return the command line of a keeper."""
    # Without `site` and whatever the environment would have Python load: the keeper is as small as a process can be.
    return [sys.executable, "-S", "-I", "-E", _KEEPER, *arguments]
