"""Keeps a local LanceDB table readable across power cuts."""

import ctypes
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from luna.adapters.write_lock import WriteLock
from luna.kernel.memory_errors import IndexUnavailableError

TABLE = "memories"
ALONE_SECONDS_MAX: Final = 10.0
"""For how long it is waited for a process that still adds rows: one whose parent died ends at once."""
_POLL_SECONDS: Final = 0.01

_MAGIC = b"LANC"
_SEAL = "sealed.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# From this length on a manifest's name counts down, so that the newest is listed first.
_DIGITS = 20


class LanceFolder:
    """The folder of one table, for what LanceDB leaves to others.

    LanceDB does not wait for the disk. After a power cut the newest manifests
    may be torn, or whole while the rows that they name are not. So the last
    version that is on the disk for certain is written down, with the boot it
    belongs to, and whatever came after it in an earlier boot is taken away:
    the log has it. A manifest that is torn is taken away in any case.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._table = home / f"{TABLE}.lance"
        self._gone = home / f"{TABLE}.gone"
        self._seal = home / _SEAL
        self._adding = WriteLock(home / "rows")

    def take(self) -> None:
        """Be the process that adds rows, until it ends, once no other is."""
        while not self._adding.acquire():
            time.sleep(_POLL_SECONDS)

    def mend(self) -> list[int]:
        """Take away what cannot be trusted, and return the versions that were.

        Raises:
            IndexUnavailableError: another process adds rows, which belongs to an index that was open before.

        """
        self._wait_until_alone()
        self._drop_gone()
        gone = [version for version, path in self._manifests() if not _whole(path)]
        sealed = self._read()
        if sealed and sealed["boot"] != _boot():
            gone += [version for version, _ in self._manifests() if version > sealed["version"]]
        for version, path in self._manifests():
            if version in gone:
                path.unlink()
        return sorted(set(gone))

    def seal(self, version: int) -> None:
        """Wait until all that is written is on the disk, and note that *version* is."""
        _sync(self.home)
        beside = self._seal.with_suffix(".new")
        with beside.open("w") as file:
            json.dump({"boot": _boot(), "version": version}, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._seal)

    def clear(self) -> None:
        """Take the table away, and what was noted of it: all at once, whenever the process is killed.

        Raises:
            IndexUnavailableError: as for `mend`.

        """
        self._wait_until_alone()
        self._drop_gone()
        self._seal.unlink(missing_ok=True)
        if self._table.exists():
            self._table.rename(self._gone)
            self._drop_gone()

    def size(self) -> int:
        """Return how many bytes it takes. What goes meanwhile does not count."""
        total = 0
        for folder, _, names in os.walk(self._table):
            for name in names:
                try:
                    total += (Path(folder) / name).stat().st_size
                except FileNotFoundError:
                    continue
        return total

    def _wait_until_alone(self) -> None:
        end = time.monotonic() + ALONE_SECONDS_MAX
        while self._adding.path.exists() and not self._adding.acquire():
            if time.monotonic() > end:
                raise IndexUnavailableError(f"another process adds rows to {self.home}; end it")
            time.sleep(_POLL_SECONDS)
        self._adding.release()

    def _drop_gone(self) -> None:
        if self._gone.exists():
            shutil.rmtree(self._gone)

    def _manifests(self) -> Iterator[tuple[int, Path]]:
        for path in sorted((self._table / "_versions").glob("*.manifest")):
            if path.stem.isdecimal():
                number = int(path.stem)
                yield (2**64 - 1 - number if len(path.stem) == _DIGITS else number), path

    def _read(self) -> dict[str, Any] | None:
        try:
            found = json.loads(self._seal.read_text())
            return {"boot": found["boot"], "version": int(found["version"])}
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _whole(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_MAGIC)))
        return file.read() == _MAGIC


def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _sync(folder: Path) -> None:
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(held):
            raise OSError(ctypes.get_errno(), f"cannot write {folder} to the disk")
    finally:
        os.close(held)
