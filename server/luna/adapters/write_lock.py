"""The right to write a log, or an index, held by one process at a time."""

import fcntl
import os
from pathlib import Path


class WriteLock:
    """A lock on a file beside what is written. The system releases it when its process ends, however it ends."""

    def __init__(self, written: Path) -> None:
        self.path = written.with_name(f"{written.name}.lock")
        """There once it was taken for the first time."""
        self._descriptor = -1

    def acquire(self) -> bool:
        """Take the lock if it is free, and tell whether it is ours now."""
        if self._descriptor >= 0:
            return True
        descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let another process have it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
