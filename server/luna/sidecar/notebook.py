"""Remembers for a later sidecar, in a file, what a keeper would remember in its memory."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Notebook:
    """One page, replaced as a whole. Its age says when somebody was last alive to look after it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = _BOOT.read_text().strip() if _BOOT.exists() else ""

    def read(self) -> tuple[Mapping[str, Any], float]:
        """Return what is on the page, and how many seconds ago it was touched; nothing if it is of no use any more.

        After a start of the machine no process on it is what it was.
        """
        try:
            text, touched = self._path.read_text(), self._path.stat().st_mtime
            page = json.loads(text)
            if page["boot"] != self._boot or not isinstance(page["notes"], dict):
                return {}, 0.0
        except (OSError, ValueError, KeyError, TypeError):
            return {}, 0.0
        return page, max(0.0, time.time() - touched)

    def write(self, page: Mapping[str, object]) -> None:
        """Replace the page."""
        draft = self._path.with_suffix(".draft")
        # A full disk costs the memory of what was, and nothing else.
        with suppress(OSError):
            draft.write_text(json.dumps({**page, "boot": self._boot}))
            draft.rename(self._path)

    def touch(self) -> None:
        """Make the page as young as can be."""
        with suppress(OSError):
            os.utime(self._path)
