"""Sorts out what a sidecar finds that comes after another: which processes are in service, and which are left over."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from luna.sidecar.places import socket_link, socket_path
from luna.sidecar.spawner import Found, Spawner, slot_of
from luna.sidecar.standby import is_standby
from luna.sidecar.state import Key
from luna.sidecar.waiting import first_of

_PATIENCE_SECONDS: Final = 15.0


def sort_out(found: Sequence[Found], run: Path) -> tuple[Mapping[Key, Found], Sequence[Found]]:
    """Return what is in service by replica, and the rest, a spare aside.

    An earlier sidecar may have been replacing a replica, so that there are two
    generations of it. The one in service is the one that its link in *run*
    leads to; where there is no link, the newest.
    """
    service: dict[Key, Found] = {}
    for each in sorted(found, key=lambda each: _rank(each, run)):
        if (slot := slot_of(each.key)) and each.keep:
            process, replica, _ = slot
            service[process, replica] = each
    chosen = {each.key for each in service.values()}
    return service, [each for each in found if each.key not in chosen and not is_standby(each)]


def generation_of(found: Found) -> int:
    """Return the generation of a replica that was found."""
    slot = slot_of(found.key)
    return slot[2] if slot else 1


async def end_leftovers(leftovers: Sequence[Found], spawner: Spawner, *, hurry: asyncio.Event) -> None:
    """End what is not in service any more, or not yet: an earlier sidecar was about to do something with it."""
    for each in leftovers:
        spawner.let_go(each.key)
        if each.child:
            each.child.send(signal.SIGTERM)
    await first_of(hurry, seconds=_PATIENCE_SECONDS)
    for each in leftovers:
        if each.child:
            each.child.send(signal.SIGKILL)


def _rank(found: Found, run: Path) -> tuple[bool, int]:
    slot = slot_of(found.key)
    if slot is None:
        return False, 0
    process, replica, generation = slot
    linked = False
    with suppress(OSError):
        linked = (
            socket_link(run, process, replica).readlink().name == socket_path(run, process, replica, generation).name
        )
    return linked, generation
