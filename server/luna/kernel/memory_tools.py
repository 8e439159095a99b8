"""What memory is made of besides the log."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from luna.kernel.embedding import Embedder
from luna.kernel.memory_index import MemoryIndexes
from luna.kernel.memory_keys import MemoryKeys


class WriteRight(Protocol):
    """The right to write the index, which one process has at a time."""

    def acquire(self) -> bool:
        """Take it if it is free, and tell whether it is ours now."""
        ...

    def release(self) -> None:
        """Let another process have it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTools:
    """How texts become vectors, and where vectors and keys are kept. Opening takes a while, so the module does it."""

    embedder: Callable[[], AbstractAsyncContextManager[Embedder]]
    indexes: MemoryIndexes
    keys: MemoryKeys
    """What seals memories in the log."""
    right: WriteRight | None = None
    """``None``: there is nobody else."""
