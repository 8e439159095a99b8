"""Drops the connections of this process to another one, again and again: what a partition looks like from here."""

import asyncio
import os
import socket
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from luna.kernel.faults import Damage, FaultHooks, FaultKind, Undo

_EVERY_SECONDS: Final = 0.02
_DESCRIPTORS: Final = Path("/proc/self/fd")


def offer_partitions(faults: FaultHooks, links: Mapping[str, Path]) -> None:
    """Say that the connections to each of these processes can be dropped."""
    for process, link in links.items():
        faults.offer(FaultKind.PARTITION, process, _cutting(link))


def _cutting(link: Path) -> Damage:
    return lambda: sever(link)


def sever(link: Path) -> Undo:
    """Drop every connection to the servers behind *link*, those made later too, until this is undone."""
    # A server is bound to a path of its generation; the link has the name without it.
    stem = str(link).removesuffix(".sock") + "."
    loop = asyncio.get_running_loop()

    def cut() -> None:
        drop(stem)
        pending[0] = loop.call_later(_EVERY_SECONDS, cut)

    pending = [loop.call_soon(cut)]

    def mend() -> None:
        # Not the first of them: the one that is due next.
        pending[0].cancel()

    return mend


def drop(stem: str) -> int:
    """Shut down each Unix socket of this process that is connected to a path beginning with *stem*; return how many."""
    dropped = 0
    for entry in _DESCRIPTORS.iterdir():
        with suppress(OSError):
            dropped += _drop(int(entry.name), stem)
    return dropped


def _drop(descriptor: int, stem: str) -> bool:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return False
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        peer = connection.getpeername()
        if connection.family != socket.AF_UNIX or not isinstance(peer, str) or not peer.startswith(stem):
            return False
        connection.shutdown(socket.SHUT_RDWR)
        return True
