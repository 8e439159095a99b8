"""Keeps the index of a node's memories in LanceDB, in a folder or in an object store."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType

from luna.adapters.lance_folder import LanceFolder
from luna.kernel.memory_index import MemoryIndex

KEEP = timedelta(hours=24)
"""For how long past versions can be read, unless they have a tag."""
COPIED_MAX = 8192
"""Up to how many memories are kept in memory too, and found there."""


class LanceIndexes:
    """Where one index is. LanceDB is loaded with the first use, in a thread: that takes seconds."""

    def __init__(
        self,
        place: Path | str,
        *,
        options: Mapping[str, str] | None = None,
        keep: timedelta = KEEP,
        copied_max: int = COPIED_MAX,
    ) -> None:
        remote = isinstance(place, str) and "://" in place
        self._uri = str(place) if remote else str(Path(place).absolute())
        self._folder = None if remote else LanceFolder(Path(self._uri))
        self._options = dict(options or {})
        self._keep = keep
        self._copied_max = copied_max

    async def open(self, model_id: str, dimension: int) -> MemoryIndex:
        """Return what is stored, or an empty index if nothing is. What a crash has torn is mended."""
        if self._folder is not None:
            await asyncio.to_thread(self._folder.mend)
        return await self._opened(model_id, dimension, anew=False)

    async def create(self, model_id: str, dimension: int) -> MemoryIndex:
        """Throw away what is stored, and return an empty index."""
        if self._folder is not None:
            await asyncio.to_thread(self._folder.clear)
        return await self._opened(model_id, dimension, anew=True)

    async def _opened(self, model_id: str, dimension: int, *, anew: bool) -> MemoryIndex:
        lance = await asyncio.to_thread(_loaded)
        index: MemoryIndex = await lance.opened(
            self._uri,
            self._options,
            model_id,
            dimension,
            anew=anew,
            folder=self._folder,
            keep=self._keep,
            copied_max=self._copied_max,
        )
        return index


def _loaded() -> ModuleType:
    return import_module("luna.adapters.lance_opening")
