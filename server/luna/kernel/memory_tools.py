"""What memory is made of besides the log."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from luna.kernel.embedding import Embedder
from luna.kernel.memory_index import MemoryIndexes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTools:
    """How texts become vectors, and where vectors are kept. Making either takes a while, so the module does it."""

    embedder: Callable[[], AbstractAsyncContextManager[Embedder]]
    indexes: MemoryIndexes
