"""Keeps what the processes of a node write."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final

from luna.sidecar.keeper.slots import LOG_BYTES_MAX

_LOOK_SECONDS: Final = 30.0
_TAIL_BYTES: Final = 64 * 1024


async def keep_small(folder: Path) -> None:
    """Put aside what grows too large in *folder*, forever, so that each log takes twice the limit at most."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.to_thread(put_aside_large, folder)


def put_aside_large(folder: Path) -> None:
    """Copy each log that is too large to its ``.1``, and empty it for those who are writing it.

    Everybody appends, so they go on at its new end. A line written between
    the copy and the emptying is lost; no event ever is.
    """
    for path in folder.glob("*.log"):
        if path.stat().st_size > LOG_BYTES_MAX:
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)


def last_lines(path: Path, *, after: int = 0, limit: int = 8) -> list[str]:
    """Return up to *limit* last lines of *path* beyond the byte *after*. A line too long loses its beginning."""
    if limit < 1 or not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(after if after <= size else 0, size - _TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()[-limit:]


class Follower:
    """Reads what is new in a log file since the last time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = path.stat().st_size if path.exists() else 0

    def news(self) -> list[str]:
        """Return the whole lines written since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            if file.seek(0, os.SEEK_END) < self._read:
                self._read = 0
            file.seek(self._read)
            whole = file.read(_TAIL_BYTES).rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        return whole.decode(errors="replace").splitlines()
