"""Where a node keeps its sockets, logs and lock.

Every server process listens on a socket of its own, whose name says which
generation of it this is: ``<run>/<process>-<replica>.<generation>.sock``.
A link without the generation, ``<run>/<process>-<replica>.sock``, always
leads to the one in service. Peers use the link, for connect(2) follows it and
a rolling restart turns it in one step; Envoy is told the real paths. Beside
it are those for urgent calls, which only Envoy uses.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from luna.settings import Settings
from luna.sidecar.start_errors import HomeUnusableError
from luna.topology import SIDECAR

SOCKET_PATH_BYTES_MAX: Final = 107
"""What ``sockaddr_un`` has room for, the closing zero aside."""
_NAME_BYTES: Final = 32
"""The room kept for the longest name of a socket, and the slash before it."""


def run_directory(settings: Settings) -> Path:
    """Return the folder of the node's sockets, whether or not it exists.

    It is ``<home>/run``, or a short one under the system's folder for
    temporary files where that would make socket paths too long.
    """
    run = settings.home.absolute() / "run"
    if len(os.fsencode(run)) + _NAME_BYTES <= SOCKET_PATH_BYTES_MAX:
        return run
    digest = hashlib.blake2b(os.fsencode(settings.home.absolute()), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"arkalia-{os.getuid()}-{digest}"


def log_directory(settings: Settings) -> Path:
    """Return the folder of what the processes write."""
    return settings.home.absolute() / "log"


def lock_path(settings: Settings) -> Path:
    """Return the file that a running node holds locked."""
    return settings.home.absolute() / "node.lock"


def socket_link(run: Path, process: str, replica: int) -> Path:
    """Return the path under which peers find *process*, whatever its generation."""
    return run / f"{process}-{replica}.sock"


def socket_path(run: Path, process: str, replica: int, generation: int) -> Path:
    """Return the socket that one generation of *process* listens on."""
    return run / f"{process}-{replica}.{generation}.sock"


def sidecar_socket(settings: Settings) -> Path:
    """Return the socket of ``NodeService``."""
    return socket_link(run_directory(settings), SIDECAR, 0)


def point(link: Path, target: Path) -> None:
    """Make *link* lead to *target*, its neighbour, in one step."""
    fresh = link.with_suffix(".next")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.name)
    fresh.replace(link)


def prepare(settings: Settings) -> None:
    """Create the folders of the node, for its user alone.

    Raises:
        HomeUnusableError: one cannot be created or written.

    """
    home = settings.home.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (run_directory(settings), log_directory(settings)):
            _private(folder)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise HomeUnusableError(home, error.strerror or str(error)) from error


def furnish(settings: Settings) -> None:
    """Create the folders of a node whose processes somebody else starts.

    They may be mounts that belong to the system: who may enter them is then for whoever mounted them to say.

    Raises:
        HomeUnusableError: one cannot be created or written.

    """
    home = settings.home.absolute()
    try:
        for folder in (home, run_directory(settings), log_directory(settings)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise HomeUnusableError(home, error.strerror or str(error)) from error


def clear_sockets(run: Path) -> None:
    """Remove what an earlier run left behind. Only whoever holds the lock may do that."""
    for pattern in ("*.sock", "*.next", "*.beat"):
        for path in run.glob(pattern):
            with suppress(FileNotFoundError):
                path.unlink()


def _private(folder: Path) -> None:
    folder.mkdir(exist_ok=True, mode=0o700)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid():
        raise PermissionError(0, f"{folder} belongs to somebody else")
    folder.chmod(0o700)
