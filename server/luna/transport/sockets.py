"""Unix sockets that only the node's own user can reach."""

import os
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PATH_BYTES_MAX: Final = 107
"""What ``sockaddr_un`` has room for, the closing zero aside."""

URGENT_SOCKETS: Final = 8
"""A socket accepts one call in a few turns of the event loop, and under load there are few turns in a second: with
four, 300 urgent calls a second were as many as could be. Each costs Envoy two health checks a second."""


class AddressError(Exception):
    """A socket cannot be opened where it should be. The message says why, and what to do."""


def prepare(path: Path) -> None:
    """Make room for a socket at *path*: its folder exists and is private, and nothing is in the way.

    Raises:
        AddressError: the path is too long, taken by a file, or by a server that answers.

    """
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise AddressError(f"{path} is too long for a Unix socket; choose a folder with a shorter path")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise AddressError(f"{path} is in the way and is not a socket; move it")
        if _answers(path):
            raise AddressError(f"another server listens on {path}; stop it first")
        path.unlink()


@contextmanager
def private() -> Iterator[None]:
    """Create sockets with mode 0600 within this block. Nothing may be awaited in it."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)


def urgent_sockets(path: Path) -> Sequence[Path]:
    """Return where whoever listens at *path* takes calls that must not queue behind others."""
    return [path.with_suffix(f".urgent-{number}.sock") for number in range(URGENT_SOCKETS)]


def remove(path: Path) -> None:
    """Remove the socket at *path*, if it is still there."""
    path.unlink(missing_ok=True)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
        return True
