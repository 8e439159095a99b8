"""Shows other processes that the event loop of this one turns."""

import asyncio
import mmap
import os
import struct
import time
from pathlib import Path
from typing import Final

BEAT_SECONDS: Final = 0.2
_MOMENT: Final = struct.Struct("<q")
"""Nanoseconds of the monotonic clock, which is the same for all processes of a machine."""


class Heartbeat:
    """Writes the time into a file, again and again. Its `run` is a background loop.

    A process that is overrun with calls still has a heartbeat; one that is stuck has none, nor has one that is stopped.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def run(self) -> None:
        """Write the time forever."""
        with _mapped(self._path) as page:
            try:
                while True:
                    _MOMENT.pack_into(page, 0, time.monotonic_ns())
                    await asyncio.sleep(BEAT_SECONDS)
            finally:
                self._path.unlink(missing_ok=True)


def beat_path(socket: Path) -> Path:
    """Return the file of the heartbeat of whoever listens on *socket*."""
    return socket.with_suffix(".beat")


def beat_age_seconds(path: Path) -> float | None:
    """Return how long ago the last beat was, ``None`` if there never was one."""
    try:
        (moment,) = _MOMENT.unpack(path.read_bytes())
    except (OSError, struct.error):
        return None
    return (time.monotonic_ns() - int(moment)) / 1e9


def _mapped(path: Path) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.truncate(descriptor, _MOMENT.size)
        return mmap.mmap(descriptor, _MOMENT.size)
    finally:
        os.close(descriptor)
