"""Finds the processes of one's own node, and signals no other."""

import os
import signal
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from arkalia.node.v1.node_pb2 import Node

SIDECAR: Final = "sidecar"


class ImpossibleError(Exception):
    """It cannot be done to this node. The message says why, and what to do."""


def pids(node: Node) -> Mapping[str, int]:
    """Return the process ids by name, such as ``kernel-0``; the sidecar is ``sidecar``."""
    running = {f"{it.process}-{it.replica}": it.pid for it in node.processes if it.HasField("pid")}
    return {**running, SIDECAR: node.pid}


def strike(pid: int, signum: signal.Signals, *, home: Path) -> None:
    """Send a signal to process *pid* of the node in *home*.

    Raises:
        ImpossibleError: it is not a process of that node, has ended, or that node does not allow it.

    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError as error:
        raise ImpossibleError(f"process {pid} has ended") from error
    with closing(_Descriptor(descriptor)):
        # Read after the descriptor was opened: both are about the same process.
        environment = _environment(pid)
        if environment.get("ARKALIA_HOME") != str(home):
            raise ImpossibleError(f"process {pid} is not one of the node in {home}")
        if environment.get("ARKALIA_CHAOS", "").lower() not in {"true", "1"}:
            raise ImpossibleError("the node was not started with ARKALIA_CHAOS=true, so nothing is done to it")
        signal.pidfd_send_signal(descriptor, signum)


class _Descriptor:
    def __init__(self, number: int) -> None:
        self._number = number

    def close(self) -> None:
        os.close(self._number)


def _environment(pid: int) -> Mapping[str, str]:
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError as error:
        raise ImpossibleError(f"process {pid} cannot be looked at: {error.strerror}") from error
    pairs = (entry.decode(errors="replace").partition("=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}
