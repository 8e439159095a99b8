"""Makes sure that one node at a time uses a data folder."""

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from luna.sidecar.start_errors import HomeUnusableError, NodeRunningError


def node_lock(path: Path, *, endpoint: str, now: datetime | None = None) -> int:
    """Take the lock of the data folder that *path* is in, and return the descriptor that holds it.

    The kernel frees it with the process, and with what that turns into by `exec`, however it ends.

    Raises:
        NodeRunningError: another node holds it.
        HomeUnusableError: the file cannot be opened.

    """
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeUnusableError(path.parent, error.strerror or str(error)) from error
    try:
        _take(lock, path)
    except NodeRunningError:
        os.close(lock)
        raise
    since = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "since": since, "endpoint": endpoint}).encode(), 0)
    return lock


def _take(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid, since, endpoint = _holder(os.pread(lock, 4096, 0))
        raise NodeRunningError(path.parent, pid=pid, since=since, endpoint=endpoint) from None


def _holder(content: bytes) -> tuple[int, str, str]:
    try:
        found = json.loads(content)
        return int(found["pid"]), str(found["since"]), str(found["endpoint"])
    except (ValueError, KeyError, TypeError):
        # The holder has the lock and has not written yet.
        return 0, "this moment", "an unknown address"
