"""Keeps projections on the disk, so that a start need not fold the whole log."""

import asyncio
from pathlib import Path


class Snapshots:
    """One file for each projection of a process. Each is replaced as a whole."""

    def __init__(self, directory: Path | None, process: str) -> None:
        """Keep files in *directory*; ``None`` keeps nothing."""
        self._directory = directory
        self._process = process

    async def load(self, name: str) -> bytes | None:
        """Return what was saved last; ``None`` if nothing was."""
        if self._directory is None:
            return None
        return await asyncio.to_thread(_read, self._path(self._directory, name))

    async def save(self, name: str, snapshot: bytes) -> None:
        """Replace what was saved before."""
        if self._directory is not None:
            await asyncio.to_thread(_write, self._path(self._directory, name), snapshot)

    def _path(self, directory: Path, name: str) -> Path:
        return directory / f"{self._process}.{name.replace('/', '.')}"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, snapshot: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(snapshot)
    fresh.replace(path)
